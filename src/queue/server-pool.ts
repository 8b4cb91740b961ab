import type { PgPool } from 'bullmq';
import { DEFAULT_SCHEMA } from 'bullmq';
import pg from 'pg';
import { migrateQueueOnServer } from './bullmq.ts';

/**
 * The queue's own connections to a PostgreSQL server. Not the record's: BullMQ's statements are unqualified,
 * so every connection must start with its schema in the search path (a pool that it is given it leaves as it
 * is), and each of its workers keeps one connection to listen on, which containment would then lack.
 */
export async function openQueuePool(
  url: string,
  onIdleError: (error: Error) => void,
): Promise<{ readonly pool: PgPool; close(): Promise<void> }> {
  const pool = new pg.Pool({
    connectionString: url,
    options: `-c search_path=${DEFAULT_SCHEMA}`,
    keepAlive: true,
    max: POOL_SIZE,
    connectionTimeoutMillis: 5000,
  });
  pool.on('error', onIdleError);
  try {
    await migrateQueueOnServer(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }
  // The same class: BullMQ's own description of it differs from pg's in the types of its listeners alone.
  return { pool: pool as unknown as PgPool, close: () => pool.end() };
}

// Three lanes that listen, and room for those that work.
const POOL_SIZE = 10;
