import type { SqsMessage, SqsPort } from '../../src/alert/source-queue.ts';
import type { Clock } from '../../src/clock.ts';

/**
 * A standard SQS queue in memory: a received message is hidden until its visibility timeout, then it
 * is delivered again with a new receipt handle and a higher count; an old handle no longer works; a
 * long poll ends at the first message, at its wait time, or when it is aborted.
 */
export function memoryQueue(clock: Clock) {
  const stored: Stored[] = [];
  const waiting = new Set<() => void>();
  const calls = { receive: 0, delete: 0, extend: 0 };
  let handles = 0;

  const nowMs = () => clock.monotonicMs();
  const wake = () => {
    for (const resolve of waiting) resolve();
  };
  const find = (receiptHandle: string) => {
    const message = stored.find((candidate) => candidate.receiptHandle === receiptHandle);
    if (message === undefined) throw new Error('ReceiptHandleIsInvalid');
    return message;
  };

  const port: SqsPort = {
    async receive({ maxMessages, waitSeconds, visibilitySeconds, signal }) {
      calls.receive += 1;
      const untilMs = nowMs() + waitSeconds * 1000;
      for (;;) {
        if (signal.aborted) return [];
        const batch = stored.filter((message) => message.visibleAtMs <= nowMs()).slice(0, maxMessages);
        if (batch.length > 0) return batch.map((message) => deliver(message, visibilitySeconds));
        const nextMs = Math.min(untilMs, ...stored.map((message) => message.visibleAtMs));
        if (untilMs <= nowMs()) return [];
        await waitFor(Math.max(1, nextMs - nowMs()), signal);
      }
    },
    async delete(receiptHandle) {
      calls.delete += 1;
      stored.splice(stored.indexOf(find(receiptHandle)), 1);
    },
    async extendVisibility(receiptHandle, visibilitySeconds) {
      calls.extend += 1;
      find(receiptHandle).visibleAtMs = nowMs() + visibilitySeconds * 1000;
    },
  };

  async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const end = () => ended.abort();
    waiting.add(end);
    signal.addEventListener('abort', end, { once: true });
    await clock.sleep(ms, ended.signal);
    waiting.delete(end);
    signal.removeEventListener('abort', end);
  }

  function deliver(message: Stored, visibilitySeconds: number): SqsMessage {
    message.receiveCount += 1;
    message.visibleAtMs = nowMs() + visibilitySeconds * 1000;
    message.receiptHandle = `handle-${++handles}`;
    const { messageId, receiptHandle, body, receiveCount } = message;
    return { messageId, receiptHandle, body, receiveCount };
  }

  return {
    port,
    calls,
    send(body: string, receiveCount = 0) {
      const messageId = `message-${stored.length + 1}`;
      stored.push({ messageId, body, receiveCount, visibleAtMs: 0, receiptHandle: '' });
      wake();
    },
    /** Bodies of what is still in the queue, hidden or not. */
    bodies: () => stored.map((message) => message.body),
    /** How long until the first message is visible; milliseconds, negative when it is. */
    hiddenMs: () => Math.min(...stored.map((message) => message.visibleAtMs)) - nowMs(),
  };
}

interface Stored {
  readonly messageId: string;
  readonly body: string;
  receiveCount: number;
  visibleAtMs: number;
  receiptHandle: string;
}
