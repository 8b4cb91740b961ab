import type { PgPool, PgQueryable } from 'bullmq';
import { createPostgresBackend, Queue, runMigrations, Worker, withBackend } from 'bullmq';
import { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { z } from 'zod';
import { describeError } from '../error.ts';
import type { Wake, WakeLane, WakeQueue } from '../incident/wake.ts';
import type { Log } from '../log.ts';
import { assertOutsideTransaction } from '../store/sql.ts';

/** Where BullMQ keeps its jobs. A pool is ours to close, not BullMQ's. */
export type QueueBackend =
  | { readonly kind: 'redis'; readonly url: string; readonly prefix?: string }
  | { readonly kind: 'postgres'; readonly pool: PgPool };

const LANES: readonly WakeLane[] = ['attempt', 'delivery', 'timer'];

// Evidence attempts are what this bounds: containment does not wait in a queue.
const CONCURRENCY: Readonly<Record<WakeLane, number>> = { attempt: 4, delivery: 4, timer: 8 };

// A wake-up is a hint: it is never tried again by the queue, and its row is not worth keeping.
const JOB_OPTIONS = { attempts: 1, removeOnComplete: true, removeOnFail: true } as const;

const wakeSchema = z.strictObject({
  lane: z.enum(['attempt', 'delivery', 'timer']),
  incident: z.string().regex(/^inc-/),
  subject: z.string().min(1),
});

/** Brings BullMQ's own tables up to date, in their own schema; once per start, on one connection. */
export async function migrateQueue(backend: { readonly client: PgQueryable }): Promise<void> {
  await runMigrations(backend.client);
}

/** As above on a PostgreSQL server's pool. */
export async function migrateQueueOnServer(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await runMigrations(client);
  } finally {
    client.release();
  }
}

/** Opens the wake-up queues on BullMQ. Errors of the connection are logged; the sweep covers the gap. */
export function createBullQueue(options: { readonly backend: QueueBackend; readonly log: Log }): WakeQueue {
  const { backend, log } = options;
  const onError = (error: Error) => log.warn({ reason: describeError(error) }, 'the queue reports an error');
  const connection = connectionOf(backend, onError);
  const queues = new Map(LANES.map((lane) => [lane, connection.queue(`cordon-${lane}`)]));
  const workers: BullWorker[] = [];

  return {
    async add(wakes) {
      assertOutsideTransaction('queue.add');
      // One by one: on PostgreSQL `addBulk` makes two temporary tables a call, nine times the cost of `add` and a
      // trail of dead rows in the catalogue, which nobody clears away in an embedded database.
      await Promise.all(
        wakes.map(({ wake, delayMs }) =>
          queues
            .get(wake.lane)
            ?.add(wake.lane, wake, { ...JOB_OPTIONS, delay: Math.max(0, Math.ceil(delayMs)) }),
        ),
      );
    },
    async consume(lanes, handle) {
      for (const lane of lanes) {
        const worker = connection.worker(
          `cordon-${lane}`,
          async (job) => {
            const wake = wakeSchema.safeParse(job.data);
            if (!wake.success) {
              log.warn({ lane }, 'a job in the queue is not a wake-up of this version and is dropped');
              return;
            }
            await handle(wake.data as Wake); // the pattern above is what brands an incident id
          },
          CONCURRENCY[lane],
        );
        worker.on('failed', (_job, error) =>
          log.warn({ lane, reason: describeError(error) }, 'a wake-up failed'),
        );
        workers.push(worker);
      }
      await Promise.all(workers.map((worker) => worker.waitUntilReady()));
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      await connection.close();
    },
  };
}

type Processor = (job: { readonly data: unknown }) => Promise<void>;

/** What both backends' classes have in common, as far as it is used here. */
interface BullQueue {
  add(name: string, data: Wake, options: typeof JOB_OPTIONS & { readonly delay: number }): Promise<unknown>;
  close(): Promise<void>;
}

interface BullWorker {
  on(event: 'failed', listener: (job: unknown, error: Error) => void): unknown;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

interface BullConnection {
  queue(name: string): BullQueue;
  worker(name: string, processor: Processor, concurrency: number): BullWorker;
  close(): Promise<void>;
}

function connectionOf(backend: QueueBackend, onError: (error: Error) => void): BullConnection {
  switch (backend.kind) {
    case 'redis': {
      // BullMQ's blocking calls must wait for as long as it takes for Redis to come back.
      const redis = new Redis(backend.url, { maxRetriesPerRequest: null, lazyConnect: false });
      redis.on('error', onError);
      const options = { connection: redis, prefix: backend.prefix ?? 'cordon' };
      return {
        queue: (name) => watched(new Queue(name, options), onError),
        worker: (name, processor, concurrency) =>
          watched(new Worker(name, processor, { ...options, concurrency }), onError),
        close: async () => {
          await redis.quit().catch(() => redis.disconnect());
        },
      };
    }
    case 'postgres': {
      const postgres = withBackend(createPostgresBackend);
      const options = { connection: backend.pool };
      return {
        queue: (name) => watched(new postgres.Queue(name, options), onError),
        worker: (name, processor, concurrency) =>
          watched(new postgres.Worker(name, processor, { ...options, concurrency }), onError),
        close: async () => {},
      };
    }
  }
}

function watched<Emitter extends { on(event: 'error', listener: (error: Error) => void): unknown }>(
  emitter: Emitter,
  onError: (error: Error) => void,
): Emitter {
  emitter.on('error', onError);
  return emitter;
}
