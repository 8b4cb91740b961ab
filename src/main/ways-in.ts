import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Ids } from '../id.ts';
import type { Accept } from '../incident/accept.ts';
import type { AlertIntake, NonceStore, RefusalRecorder } from '../intake/port.ts';
import type { Log } from '../log.ts';
import type { PageAcknowledged } from '../paging/back.ts';
import { rememberNonce } from '../store/alert.ts';
import { keepRefusedContent } from '../store/refusals.ts';
import type { Sql } from '../store/sql.ts';
import type { Closing } from './closing.ts';

export interface WaysIn {
  /** Where the webhook listens. */
  readonly webhook: string;
  /** The queue's name; `null` when none is configured. */
  readonly queue: string | null;
}

/** Opens the ways in that are configured: the webhook and the queue. Each hands over to the engine. */
export async function openWaysIn(
  config: Config,
  options: {
    readonly accept: Accept;
    /** Takes an acknowledged page on its way back; without it there is no such way: an exercise pages nobody. */
    readonly acknowledged?: (page: PageAcknowledged) => Promise<void>;
    readonly sql: Sql;
    readonly clock: Clock;
    readonly ids: Ids;
    readonly log: Log;
    readonly closing: Closing;
    readonly stopping: () => boolean;
    /** Milliseconds that are left of the drain. */
    readonly drainLeftMs: () => number;
  },
): Promise<WaysIn> {
  const { accept, sql, clock, ids, log, closing, stopping, drainLeftMs } = options;
  const intake: AlertIntake = { submit: (submission) => accept.submit(submission) };
  const recorder = refusalRecorder(accept, sql, clock);
  const ready = async () => {
    await sql.query('select 1');
    return true;
  };
  const { checkSenders } = await import('../intake/senders.ts');
  const senders = checkSenders(config.webhookSecrets);
  const { createWebhook } = await import('../intake/webhook.ts');
  const { createRefusals } = await import('../intake/refusals.ts');
  const { serveHttp } = await import('../intake/serve.ts');
  const nonces: NonceStore = {
    rememberNonce: (sender, nonce, expiresAt) => rememberNonce(sql, sender, nonce, expiresAt, clock.now()),
  };
  const app = createWebhook({
    senders,
    intake,
    nonces,
    refusals: createRefusals({ recorder, clock, log }),
    ready,
    clock,
    log,
    stopping,
  });
  if (options.acknowledged !== undefined) {
    const { createPagesBack } = await import('../paging/back.ts');
    const { pagerdutyWebhookSecret, webhookSecret } = config.paging;
    const back = createPagesBack({
      pagerdutySecrets: pagerdutyWebhookSecret === undefined ? [] : [pagerdutyWebhookSecret],
      webhookSecrets: webhookSecret === undefined ? [] : [webhookSecret],
      rememberNonce: nonces.rememberNonce,
      acknowledged: options.acknowledged,
      clock,
      log,
    });
    app.route('/', back);
  }
  const service = await serveHttp({
    app,
    host: config.httpHost,
    port: config.httpPort,
    clock,
  });
  closing.add(() => service.close(drainLeftMs()));
  // It listens without senders too, for the health checks; then every alert is refused.
  const webhook = service.url;

  if (config.sqsQueueUrl === undefined) return { webhook, queue: null };
  const { openSqsQueue } = await import('../aws/sqs-queue.ts');
  const { startSqsConsumer } = await import('../intake/sqs.ts');
  const queue = openSqsQueue(config.sqsQueueUrl);
  const consumer = startSqsConsumer({
    queue: queue.port,
    intake,
    refusals: recorder,
    ready,
    source: queue.name,
    clock,
    random: () => ids.random(),
    log,
  });
  closing.add(async () => {
    await consumer.stop(drainLeftMs());
    queue.close();
  });
  return { webhook, queue: queue.name };
}

/** Records refusals at the door; the bytes of a message that is about to be deleted are kept first. */
export function refusalRecorder(accept: Accept, sql: Sql, clock: Clock): RefusalRecorder {
  return {
    async recordRefusal({ contentBase64, ...refusal }) {
      if (contentBase64 !== undefined) {
        // Before the entry: bytes without an entry harm nobody, an entry that names lost bytes would.
        await keepRefusedContent(sql, { sha256: refusal.bytesSha256, base64: contentBase64 }, clock.now());
      }
      await accept.recordRefusal(refusal);
    },
  };
}
