import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import { queueArn } from '../arns.ts';
import type { Core, Input, Operation } from '../call.ts';
import { readMembers } from '../read-members.ts';
import type { Queue, QueueMessage } from '../state.ts';
import { AwsRefusal } from '../world-error.ts';
import { enqueue, queueAccess, queueName, queueOf, receive } from './queue.ts';

const attribute = z.object({
  DataType: z.string(),
  StringValue: z.string().optional(),
  BinaryValue: z.string().optional(),
});
const send = z.object({
  QueueUrl: z.string(),
  MessageBody: z.string().min(1).max(1_048_576),
  DelaySeconds: z.number().int().min(0).max(900).optional(),
  MessageAttributes: z.record(z.string(), attribute).optional(),
});
const receiveMembers = z.object({
  QueueUrl: z.string(),
  MaxNumberOfMessages: z.number().int().min(1).max(10).optional(),
  VisibilityTimeout: z.number().int().min(0).max(43_200).optional(),
  WaitTimeSeconds: z.number().int().min(0).max(20).optional(),
  AttributeNames: z.array(z.string()).optional(),
  MessageSystemAttributeNames: z.array(z.string()).optional(),
  MessageAttributeNames: z.array(z.string()).optional(),
});
const remove = z.object({ QueueUrl: z.string(), ReceiptHandle: z.string() });
const visibility = remove.extend({ VisibilityTimeout: z.number().int().min(0).max(43_200) });
const getAttributes = z.object({ QueueUrl: z.string(), AttributeNames: z.array(z.string()).optional() });
const getUrl = z.object({ QueueName: z.string() });

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

/** Length-prefixed name, type and value of each attribute in order of name (SQS developer guide). */
function md5OfAttributes(attributes: JsonObject): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash('md5');
  const put = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of names) {
    const { DataType: type, StringValue: text, BinaryValue: binary } = attribute.parse(attributes[name]);
    put(Buffer.from(name));
    put(Buffer.from(type));
    hash.update(Buffer.from([type.startsWith('Binary') ? 2 : 1]));
    put(type.startsWith('Binary') ? Buffer.from(binary ?? '', 'base64') : Buffer.from(text ?? ''));
  }
  return hash.digest('hex');
}

function systemAttributes(message: QueueMessage, asked: readonly string[]): JsonObject {
  const all: Record<string, string> = {
    SenderId: 'AIDAWORLD',
    SentTimestamp: String(message.sentMs),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedMs ?? message.sentMs),
  };
  return asked.includes('All')
    ? all
    : Object.fromEntries(Object.entries(all).filter(([name]) => asked.includes(name)));
}

function held(
  core: Core,
  input: Input,
  handle: string,
): { readonly queue: Queue; readonly message: QueueMessage | undefined } {
  const queue = queueOf(core, input);
  return { queue, message: queue.messages.find((one) => one.receiptHandle === handle) };
}

/** SendMessage, ReceiveMessage, DeleteMessage, ChangeMessageVisibility, GetQueueAttributes, GetQueueUrl. */
export const sqsOperations: Readonly<Record<string, Operation>> = {
  SendMessage: {
    service: 'sqs',
    name: 'SendMessage',
    write: true,
    access: queueAccess('sqs:SendMessage'),
    run(core, input) {
      const wanted = readMembers(send, input.body);
      const attributes: JsonObject = wanted.MessageAttributes ?? {};
      const message = enqueue(
        core,
        queueOf(core, input),
        wanted.MessageBody,
        attributes,
        wanted.DelaySeconds,
      );
      const digest = md5OfAttributes(attributes);
      return {
        body: {
          MessageId: message.id,
          MD5OfMessageBody: md5(message.body),
          ...(digest === undefined ? {} : { MD5OfMessageAttributes: digest }),
        },
      };
    },
  },
  ReceiveMessage: {
    service: 'sqs',
    name: 'ReceiveMessage',
    write: true,
    access: queueAccess('sqs:ReceiveMessage'),
    // Long polling: a consumer that was answered at once when there is nothing would spin.
    awaits(core, input) {
      const seconds = receiveMembers.safeParse(input.body).data?.WaitTimeSeconds ?? 0;
      const queue = core.state.queues.get(queueArn(core.state, input.region, queueName(input)));
      const nowMs = core.clock.now().getTime();
      const ready = queue === undefined || queue.messages.some((message) => message.visibleAtMs <= nowMs);
      return ready ? 0 : seconds * 1000;
    },
    run(core, input) {
      const wanted = readMembers(receiveMembers, input.body);
      const asked = [...(wanted.AttributeNames ?? []), ...(wanted.MessageSystemAttributeNames ?? [])];
      const named = wanted.MessageAttributeNames ?? [];
      const messages = receive(
        core,
        queueOf(core, input),
        wanted.MaxNumberOfMessages ?? 1,
        wanted.VisibilityTimeout,
      );
      if (messages.length === 0) return { body: {} };
      return {
        body: {
          Messages: messages.map((message) => {
            const attributes: JsonObject = Object.fromEntries(
              Object.entries(message.attributes).filter(
                ([name]) => named.includes('All') || named.includes(name),
              ),
            );
            const digest = md5OfAttributes(attributes);
            return {
              MessageId: message.id,
              ReceiptHandle: message.receiptHandle,
              MD5OfBody: md5(message.body),
              Body: message.body,
              ...(asked.length === 0 ? {} : { Attributes: systemAttributes(message, asked) }),
              ...(digest === undefined
                ? {}
                : { MD5OfMessageAttributes: digest, MessageAttributes: attributes }),
            };
          }),
        },
      };
    },
  },
  DeleteMessage: {
    service: 'sqs',
    name: 'DeleteMessage',
    write: true,
    access: queueAccess('sqs:DeleteMessage'),
    run(core, input) {
      const { ReceiptHandle } = readMembers(remove, input.body);
      const { queue, message } = held(core, input, ReceiptHandle);
      // A handle that has been superseded deletes nothing and is no error (SQS API reference).
      if (message !== undefined) queue.messages = queue.messages.filter((one) => one !== message);
      return { body: {} };
    },
  },
  ChangeMessageVisibility: {
    service: 'sqs',
    name: 'ChangeMessageVisibility',
    write: true,
    access: queueAccess('sqs:ChangeMessageVisibility'),
    run(core, input) {
      const wanted = readMembers(visibility, input.body);
      const { message } = held(core, input, wanted.ReceiptHandle);
      if (message === undefined) {
        throw new AwsRefusal(
          'com.amazonaws.sqs#ReceiptHandleIsInvalid',
          400,
          'The input receipt handle is invalid.',
        );
      }
      message.visibleAtMs = core.clock.now().getTime() + wanted.VisibilityTimeout * 1000;
      return { body: {} };
    },
  },
  GetQueueAttributes: {
    service: 'sqs',
    name: 'GetQueueAttributes',
    write: false,
    access: queueAccess('sqs:GetQueueAttributes'),
    run(core, input) {
      const wanted = readMembers(getAttributes, input.body).AttributeNames ?? [];
      const queue = queueOf(core, input);
      const nowMs = core.clock.now().getTime();
      const alive = queue.messages.filter(
        (message) => nowMs - message.sentMs <= queue.retentionSeconds * 1000,
      );
      const received = alive.filter((message) => message.visibleAtMs > nowMs && message.receiveCount > 0);
      const delayed = alive.filter((message) => message.visibleAtMs > nowMs && message.receiveCount === 0);
      const all: Record<string, string> = {
        ApproximateNumberOfMessages: String(alive.length - received.length - delayed.length),
        ApproximateNumberOfMessagesNotVisible: String(received.length),
        ApproximateNumberOfMessagesDelayed: String(delayed.length),
        CreatedTimestamp: String(Math.floor(queue.createdMs / 1000)),
        VisibilityTimeout: String(queue.visibilityTimeoutSeconds),
        MessageRetentionPeriod: String(queue.retentionSeconds),
        QueueArn: queue.arn,
        ...(queue.redrive === undefined
          ? {}
          : {
              RedrivePolicy: JSON.stringify({
                deadLetterTargetArn: queue.redrive.targetArn,
                maxReceiveCount: queue.redrive.maxReceiveCount,
              }),
            }),
        ...(queue.policy === undefined ? {} : { Policy: JSON.stringify(queue.policy.json) }),
      };
      const chosen = Object.entries(all).filter(([name]) => wanted.includes('All') || wanted.includes(name));
      return { body: chosen.length === 0 ? {} : { Attributes: Object.fromEntries(chosen) } };
    },
  },
  GetQueueUrl: {
    service: 'sqs',
    name: 'GetQueueUrl',
    write: false,
    access: queueAccess('sqs:GetQueueUrl'),
    run(core, input) {
      readMembers(getUrl, input.body);
      const queue = queueOf(core, input);
      return { body: { QueueUrl: `${input.origin}/${core.state.account}/${queue.name}` } };
    },
  },
};
