import { EventEmitter } from 'node:events';
import type { PgPool, PgPoolClient } from 'bullmq';
import { DEFAULT_SCHEMA } from 'bullmq';
import type { EmbeddedSql } from '../store/pglite.ts';
import { markTransaction } from '../store/sql.ts';
import { migrateQueue } from './bullmq.ts';

/**
 * The embedded database as the pool that BullMQ's Postgres backend wants. There is one connection, so
 * every "client" is the same one, and a notification reaches whoever listens: BullMQ's `LISTEN` begins
 * with a comment, so statements are passed on as they are and never matched.
 */
export async function pglitePool({ database, run }: Pick<EmbeddedSql, 'database' | 'run'>): Promise<PgPool> {
  const clients = new Set<EventEmitter>();
  database.onNotification((channel, payload) => {
    for (const each of [...clients]) each.emit('notification', { channel, payload });
  });
  const query: PgPool['query'] = async (text, parameters) => {
    // As a pg client does: without parameters a text may hold several statements (a migration does).
    const result =
      parameters === undefined ? (await database.exec(text)).at(-1) : await run<never>(text, parameters);
    const rows = (result?.rows ?? []) as never[]; // BullMQ's own rows
    return { rows, rowCount: result?.affectedRows ?? rows.length };
  };
  const connect = async (): Promise<PgPoolClient> => {
    const emitter = new EventEmitter();
    clients.add(emitter);
    return Object.assign(emitter, { query, release: () => void clients.delete(emitter) });
  };
  // Before anything else runs: BullMQ migrates in a transaction of several statements on this connection.
  await markTransaction(() => migrateQueue({ client: { query } }));
  // BullMQ's statements are unqualified; ours never are.
  await database.exec(`set search_path to "${DEFAULT_SCHEMA}"`);
  const pool: PgPool = {
    query,
    connect,
    end: async () => {},
    on: () => pool,
    removeAllListeners: () => pool,
  };
  return pool;
}
