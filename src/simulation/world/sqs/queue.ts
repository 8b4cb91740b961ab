import type { JsonObject } from '../../../json.ts';
import { queueArn } from '../arns.ts';
import type { Core, Input, Operation } from '../call.ts';
import type { Queue, QueueMessage } from '../state.ts';
import { AwsRefusal } from '../world-error.ts';

/** Puts a message into a queue, visible at once or after `delaySeconds`. */
export function enqueue(
  core: Core,
  queue: Queue,
  body: string,
  attributes: JsonObject,
  delaySeconds = 0,
): QueueMessage {
  const nowMs = core.clock.now().getTime();
  const message: QueueMessage = {
    id: core.names.uuid(),
    body,
    attributes,
    sentMs: nowMs,
    firstReceivedMs: undefined,
    receiveCount: 0,
    visibleAtMs: nowMs + delaySeconds * 1000,
    receiptHandle: undefined,
  };
  queue.messages.push(message);
  return message;
}

/**
 * Receives up to `most` visible messages. What has been received `maxReceiveCount` times moves to the
 * redrive target instead; what is older than the retention is gone.
 */
export function receive(
  core: Core,
  queue: Queue,
  most: number,
  visibilitySeconds = queue.visibilityTimeoutSeconds,
): readonly QueueMessage[] {
  const nowMs = core.clock.now().getTime();
  const received: QueueMessage[] = [];
  const kept: QueueMessage[] = [];
  const target = queue.redrive === undefined ? undefined : core.state.queues.get(queue.redrive.targetArn);
  for (const message of queue.messages) {
    if (nowMs - message.sentMs > queue.retentionSeconds * 1000) continue;
    const visible = message.visibleAtMs <= nowMs && received.length < most;
    if (visible && target !== undefined && message.receiveCount >= (queue.redrive?.maxReceiveCount ?? 0)) {
      target.messages.push({ ...message, visibleAtMs: nowMs, receiptHandle: undefined });
      continue;
    }
    kept.push(message);
    if (!visible) continue;
    message.receiveCount += 1;
    message.firstReceivedMs ??= nowMs;
    message.visibleAtMs = nowMs + visibilitySeconds * 1000;
    message.receiptHandle = core.names.hex(64);
    received.push(message);
  }
  queue.messages = kept;
  return received;
}

export function nonExistent(): AwsRefusal {
  // The query-compatible name stays in a header for older clients.
  return new AwsRefusal('com.amazonaws.sqs#QueueDoesNotExist', 400, 'The specified queue does not exist.', {
    headers: { 'x-amzn-query-error': 'AWS.SimpleQueueService.NonExistentQueue;Sender' },
  });
}

/** The name at the end of a queue's URL or ARN. */
export function queueName(input: Input): string {
  const named = input.body.QueueUrl ?? input.body.QueueName;
  return typeof named === 'string' ? (named.split(/[/:]/).at(-1) ?? '') : '';
}

export function queueOf(core: Core, input: Input): Queue {
  const queue = core.state.queues.get(queueArn(core.state, input.region, queueName(input)));
  if (queue === undefined) throw nonExistent();
  return queue;
}

export function queueAccess(action: string): Operation['access'] {
  return (core, input) => {
    const resource = queueArn(core.state, input.region, queueName(input));
    return [{ action, resource, resourcePolicy: core.state.queues.get(resource)?.policy?.parsed }];
  };
}
