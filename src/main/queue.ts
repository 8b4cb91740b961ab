import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { describeError } from '../error.ts';
import type { WakeQueue } from '../incident/wake.ts';
import type { Log } from '../log.ts';
import type { Closing } from './closing.ts';
import type { Database } from './database.ts';

export type QueueKind = 'redis' | 'postgres' | 'embedded';

/**
 * Opens the queue of a process that works, or that hands work to one: on Redis when there is one, else on the
 * database. Throws `cordon_queue_unreachable`.
 */
export async function openQueue(
  config: Config,
  database: Database,
  options: { readonly log: Log; readonly closing: Closing },
): Promise<{ readonly kind: QueueKind; readonly queue: WakeQueue }> {
  const { log, closing } = options;
  const { createBullQueue } = await import('../queue/bullmq.ts');
  if (config.redisUrl !== undefined) {
    const { pingRedis } = await import('../queue/redis-check.ts');
    // BullMQ waits for a Redis that is not there for ever, and the start with it.
    await pingRedis(config.redisUrl);
    const backend = { kind: 'redis', url: config.redisUrl } as const;
    return { kind: 'redis', queue: createBullQueue({ backend, log }) };
  }
  if (config.databaseUrl !== undefined) {
    const { openQueuePool } = await import('../queue/server-pool.ts');
    const { pool, close } = await openQueuePool(config.databaseUrl, (error) =>
      log.warn({ reason: describeError(error) }, 'an idle connection of the queue broke'),
    );
    closing.add(close);
    return { kind: 'postgres', queue: createBullQueue({ backend: { kind: 'postgres', pool }, log }) };
  }
  if (database.kind !== 'embedded') throw new TypeError('a database server without DATABASE_URL');
  const { pglitePool } = await import('../queue/pglite-pool.ts');
  const pool = await pglitePool(database.sql);
  return { kind: 'embedded', queue: createBullQueue({ backend: { kind: 'postgres', pool }, log }) };
}

/** The queue of a command on the embedded database: nobody else can be there to be woken. */
export async function commandQueue(clock: Clock, log: Log): Promise<WakeQueue> {
  const { createMemoryQueue } = await import('../queue/memory.ts');
  return createMemoryQueue({ clock, log });
}
