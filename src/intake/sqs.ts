import type { SqsMessage, SqsPort } from '../alert/source-queue.ts';
import type { Clock } from '../clock.ts';
import { codeOf } from '../error.ts';
import type { Log } from '../log.ts';
import type { AlertIntake, RefusalRecorder } from './port.ts';
import { digest } from './refusals.ts';

/**
 * Takes alerts off an SQS queue. A message's life here:
 *
 *   received -> committed -> deleted            taken or refused by the engine, either is in its timeline
 *   received -> engine failed -> hidden a while -> received again
 *   received -> engine failed for the n-th time -> recorded as poisoned, with its content -> deleted
 *   received too often to be tried at all       -> recorded as poisoned, with its content -> deleted
 *
 * Nothing is deleted before a commit that holds it, so a crash anywhere means one more delivery, which
 * the engine recognises as a duplicate. A failing database cannot record the poisoned message either:
 * then it stays in the queue.
 */
export interface SqsConsumerOptions {
  readonly queue: SqsPort;
  readonly intake: AlertIntake;
  readonly refusals: RefusalRecorder;
  /**
   * True when the engine can commit; a rejection counts as false. While it is false nothing is
   * received: an outage of the database must not use up the receive counts of good messages.
   */
  readonly ready: () => Promise<boolean>;
  /** Identity of the sender as the timeline shows it: the queue's name. */
  readonly source: string;
  readonly clock: Clock;
  /** Uniform in [0, 1): spreads the retries. */
  readonly random: () => number;
  readonly log: Log;
  readonly settings?: Partial<SqsSettings>;
}

export interface SqsSettings {
  /** Messages worked on at once. */
  readonly concurrency: number;
  /** How long SQS waits for a message before it answers with none; 0 to 20 s. */
  readonly waitSeconds: number;
  /** How long a message stays hidden without a heartbeat; three heartbeats fit in. */
  readonly visibilitySeconds: number;
  /** After this long a hung message gets no more heartbeats: another process may have it. */
  readonly maxHoldSeconds: number;
  /** A message whose delivery fails when it was received this often is poisoned. */
  readonly maxReceives: number;
  /** A message received this often is poisoned untried: it may be what kills the process. */
  readonly maxReceivesUntried: number;
}

const SQS_SETTINGS: SqsSettings = {
  concurrency: 8,
  waitSeconds: 20,
  visibilitySeconds: 30,
  maxHoldSeconds: 300,
  maxReceives: 10,
  maxReceivesUntried: 30,
};

/** How long a failed message stays hidden: 2 s, 4 s, 8 s … up to this. */
const MAX_BACKOFF_SECONDS = 300;
const READY_CHECK_MS = 1_000;
const RECEIVE_BACKOFF_MS = 1_000;
const MAX_RECEIVE_BACKOFF_MS = 30_000;
/** The most that SQS hands out at once. */
const MAX_BATCH = 10;

export interface SqsConsumer {
  /** Receives no more and waits at most `drainMs` for what is being worked on; the rest SQS delivers again. */
  stop(drainMs: number): Promise<void>;
}

/** Starts to consume; failures of the queue are logged and tried again, so that nothing is thrown. */
export function startSqsConsumer(options: SqsConsumerOptions): SqsConsumer {
  const { queue, clock, log } = options;
  const settings = { ...SQS_SETTINGS, ...options.settings };
  const stopping = new AbortController();
  const working = new Set<Promise<void>>();

  const polling = poll();
  return {
    async stop(drainMs) {
      stopping.abort();
      const drained = new AbortController();
      const finished = polling.then(() => Promise.all(working)).then(() => drained.abort());
      await Promise.race([finished, clock.sleep(drainMs, drained.signal)]);
      if (working.size > 0) log.warn({ messages: working.size }, 'stopped before every message was finished');
    },
  };

  async function poll(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      if (working.size >= settings.concurrency) {
        await Promise.race(working);
        continue;
      }
      if (!(await options.ready().catch(() => false))) {
        await clock.sleep(READY_CHECK_MS, stopping.signal);
        continue;
      }
      try {
        const messages = await queue.receive({
          maxMessages: Math.min(MAX_BATCH, settings.concurrency - working.size),
          waitSeconds: settings.waitSeconds,
          visibilitySeconds: settings.visibilitySeconds,
          signal: stopping.signal,
        });
        failures = 0;
        for (const message of messages) work(message);
      } catch (error) {
        failures += 1;
        log.error({ code: codeOf(error), source: options.source, failures }, 'the queue could not be read');
        const backoffMs = Math.min(
          MAX_RECEIVE_BACKOFF_MS,
          RECEIVE_BACKOFF_MS * 2 ** Math.min(failures - 1, 10),
        );
        await clock.sleep(backoffMs * (0.5 + options.random() / 2), stopping.signal);
      }
    }
  }

  function work(message: SqsMessage): void {
    const done: Promise<void> = hold(message).finally(() => {
      working.delete(done);
    });
    working.add(done);
  }

  /** Handles a message while a heartbeat keeps it hidden from others. Never rejects. */
  async function hold(message: SqsMessage): Promise<void> {
    const held = new AbortController();
    const heartbeat = beat(message, held.signal);
    try {
      await handle(message);
    } catch (error) {
      log.error({ code: codeOf(error), messageId: message.messageId }, 'a message could not be finished');
    }
    held.abort();
    await heartbeat;
  }

  async function handle(message: SqsMessage): Promise<void> {
    const bytes = new TextEncoder().encode(message.body);
    if (message.receiveCount > settings.maxReceivesUntried) {
      await setAside(message, bytes);
      return;
    }
    try {
      // The engine records what it refuses in the same commit, so a bad message is finished here too.
      await options.intake.submit({ bytes, via: 'sqs', source: options.source, receivedAt: clock.now() });
    } catch (error) {
      log.error(
        { code: codeOf(error), messageId: message.messageId, receives: message.receiveCount },
        'a message could not be committed',
      );
      if (message.receiveCount >= settings.maxReceives && (await setAside(message, bytes))) return;
      await retryLater(message);
      return;
    }
    await queue.delete(message.receiptHandle);
  }

  /** Records a poisoned message with its content, then deletes it; false when it could not be recorded. */
  async function setAside(message: SqsMessage, bytes: Uint8Array): Promise<boolean> {
    try {
      await options.refusals.recordRefusal({
        code: 'cordon_intake_poisoned',
        message: `Expected the message ${message.messageId} to be taken within ${settings.maxReceives} deliveries; it failed ${message.receiveCount} times. Find the cause in the log, then submit its content again.`,
        via: 'sqs',
        source: options.source,
        ...digest(bytes),
        receivedAt: clock.now().toISOString(),
        unrecorded: 0,
        contentBase64: Buffer.from(bytes).toString('base64'),
      });
    } catch (error) {
      log.error(
        { code: codeOf(error), messageId: message.messageId },
        'a poisoned message could not be recorded',
      );
      return false;
    }
    await queue.delete(message.receiptHandle);
    return true;
  }

  async function retryLater(message: SqsMessage): Promise<void> {
    const ceiling = Math.min(MAX_BACKOFF_SECONDS, 2 ** Math.min(message.receiveCount, 10));
    await queue.extendVisibility(message.receiptHandle, Math.ceil(ceiling * (0.5 + options.random() / 2)));
  }

  async function beat(message: SqsMessage, held: AbortSignal): Promise<void> {
    const everyMs = (settings.visibilitySeconds * 1000) / 3;
    const beats = Math.floor((settings.maxHoldSeconds * 1000) / everyMs);
    for (let count = 0; count < beats; count += 1) {
      await clock.sleep(everyMs, held);
      if (held.aborted) return;
      try {
        await queue.extendVisibility(message.receiptHandle, settings.visibilitySeconds);
      } catch (error) {
        // At worst the message is delivered twice, which the engine recognises.
        log.warn({ code: codeOf(error), messageId: message.messageId }, 'a heartbeat failed');
      }
    }
  }
}
