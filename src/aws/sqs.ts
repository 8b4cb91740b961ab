import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { AwsError, type AwsErrorCode, type FailureClass } from '../action/failure.ts';
import type { SqsMessage, SqsPort } from '../alert/source-queue.ts';

/** SQS hands out 1 MiB at most; the margin on top of the long poll is for a slow network. */
const POLL_MARGIN_MS = 10_000;
const REQUEST_TIMEOUT_MS = 10_000;

const receivedSchema = z.object({
  MessageId: z.string().min(1),
  ReceiptHandle: z.string().min(1),
  // Attacker-controlled, as far as the queue's policy lets somebody send.
  Body: z.string(),
  Attributes: z.object({ ApproximateReceiveCount: z.string().regex(/^[0-9]{1,9}$/) }),
});

/** The alert queue behind `queueUrl`. Its calls throw `AwsError`s, none of them `unknown`: each may be repeated. */
export function createSqsPort(client: SQSClient, queueUrl: string): SqsPort {
  return {
    async receive({ maxMessages, waitSeconds, visibilitySeconds, signal }) {
      const answer = await call('sqs:ReceiveMessage', signal, () =>
        client.send(
          new ReceiveMessageCommand({
            QueueUrl: queueUrl,
            MaxNumberOfMessages: maxMessages,
            WaitTimeSeconds: waitSeconds,
            VisibilityTimeout: visibilitySeconds,
            MessageSystemAttributeNames: ['ApproximateReceiveCount'],
          }),
          { abortSignal: signal, requestTimeout: waitSeconds * 1000 + POLL_MARGIN_MS },
        ),
      );
      return (answer?.Messages ?? []).map(toMessage);
    },
    async delete(receiptHandle) {
      await call('sqs:DeleteMessage', undefined, () =>
        client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle }), {
          requestTimeout: REQUEST_TIMEOUT_MS,
        }),
      );
    },
    async extendVisibility(receiptHandle, visibilitySeconds) {
      await call('sqs:ChangeMessageVisibility', undefined, () =>
        client.send(
          new ChangeMessageVisibilityCommand({
            QueueUrl: queueUrl,
            ReceiptHandle: receiptHandle,
            VisibilityTimeout: visibilitySeconds,
          }),
          { requestTimeout: REQUEST_TIMEOUT_MS },
        ),
      );
    },
  };
}

function toMessage(received: unknown): SqsMessage {
  const parsed = receivedSchema.safeParse(received);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.map(String).join('.') ?? 'the message';
    throw new AwsError(
      'cordon_aws_bad_response',
      'sqs:ReceiveMessage',
      `expected a message with id, receipt handle, body and receive count; the field ${field} does not fit`,
      { classification: 'retryable' },
    );
  }
  const { MessageId, ReceiptHandle, Body, Attributes } = parsed.data;
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    receiveCount: Number(Attributes.ApproximateReceiveCount),
  };
}

/** Makes one call; undefined when the caller's own signal ended it. */
async function call<Output>(
  name: string,
  signal: AbortSignal | undefined,
  send: () => Promise<Output>,
): Promise<Output | undefined> {
  const stopped = () => signal?.aborted === true;
  if (stopped()) return undefined;
  try {
    return await send();
  } catch (cause) {
    if (stopped()) return undefined;
    const { code, classification, message } = failureOf(nameOf(cause));
    throw new AwsError(code, name, message, { classification, cause });
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** The SDK's error names, in the JSON protocol and in the older query protocol. */
function failureOf(name: string): {
  readonly code: AwsErrorCode;
  readonly classification: FailureClass;
  readonly message: string;
} {
  switch (name) {
    case 'RequestThrottled':
    case 'ThrottlingException':
    case 'KmsThrottled':
    case 'OverLimit':
      return {
        code: 'cordon_aws_throttled',
        classification: 'retryable',
        message: 'throttled; it is tried again',
      };
    case 'AccessDenied':
    case 'AccessDeniedException':
    case 'KmsAccessDenied':
    case 'InvalidClientTokenId':
    case 'UnrecognizedClientException':
    case 'SignatureDoesNotMatch':
    case 'InvalidSecurity':
      return {
        code: 'cordon_aws_access_denied',
        classification: 'terminal',
        message: `refused (${name}); allow sqs:ReceiveMessage, DeleteMessage and ChangeMessageVisibility on the queue`,
      };
    case 'QueueDoesNotExist':
    case 'AWS.SimpleQueueService.NonExistentQueue':
    case 'InvalidAddress':
      return {
        code: 'cordon_aws_not_found',
        classification: 'terminal',
        message: 'there is no such queue; check its URL, account and Region',
      };
    case 'ReceiptHandleIsInvalid':
    case 'MessageNotInflight':
    case 'InvalidParameterValue':
      return {
        code: 'cordon_aws_invalid_request',
        classification: 'terminal',
        message: `refused (${name}); the message is not ours any more and is delivered again`,
      };
    default:
      return {
        code: 'cordon_aws_unavailable',
        classification: 'retryable',
        message: `no answer (${name === '' ? 'unknown error' : name}); it is tried again`,
      };
  }
}
