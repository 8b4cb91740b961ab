import pg from 'pg';
import type { Sql } from './sql.ts';
import { assertOutsideTransaction, markTransaction } from './sql.ts';

/** A PostgreSQL server, with the pool that the queue may share. */
export interface ServerSql extends Sql {
  readonly kind: 'server';
  readonly pool: pg.Pool;
  /**
   * Takes the two-part session advisory lock on a connection of its own and keeps it until `release`:
   * the server frees it 4 to 7 ms after this process is killed, which is how others notice.
   * `onLost` is called when that connection breaks.
   */
  holdSessionLock(
    key: { lockClass: number; lock: number },
    onLost: () => void,
  ): Promise<{ release(): Promise<void> }>;
}

const BIGINT_OID = 20;

/** Connects to the PostgreSQL server at `url`; connections are opened on demand, `poolSize` at most. */
export function openServer(options: {
  url: string;
  poolSize?: number;
  onIdleError?: (error: Error) => void;
}): ServerSql {
  const types = {
    // Counters of ours stay far below 2^53, so bigint columns come back as numbers, as PGlite returns them.
    getTypeParser: (oid: number, format?: 'text' | 'binary') =>
      oid === BIGINT_OID ? Number : pg.types.getTypeParser(oid, format),
  };
  const settings = { connectionString: options.url, types: types as pg.CustomTypesConfig };
  const pool = new pg.Pool({ ...settings, max: options.poolSize ?? 8, connectionTimeoutMillis: 5000 });
  pool.on('error', (error) => options.onIdleError?.(error));
  return {
    kind: 'server',
    pool,
    async query<Row>(text: string, parameters: readonly unknown[] = []) {
      assertOutsideTransaction('query');
      const result = await pool.query(text, [...parameters]);
      return result.rows as Row[]; // the caller names the row type of the statement it wrote
    },
    withTransaction: async (work) => {
      assertOutsideTransaction('withTransaction');
      return markTransaction(async () => {
        const client = await pool.connect();
        let broken = true;
        try {
          await client.query('begin');
          const result = await work({
            async query<Row>(text: string, parameters: readonly unknown[] = []) {
              const rows = await client.query(text, [...parameters]);
              return rows.rows as Row[]; // as above
            },
          });
          await client.query('commit');
          broken = false;
          return result;
        } catch (error) {
          // Rolling back may itself fail on a dead connection; releasing it as broken discards it either way.
          await client.query('rollback').then(
            () => {
              broken = false;
            },
            () => undefined,
          );
          throw error;
        } finally {
          client.release(broken);
        }
      });
    },
    async holdSessionLock(key, onLost) {
      const client = new pg.Client({ ...settings, keepAlive: true });
      let released = false;
      client.on('error', () => {
        if (!released) onLost();
      });
      client.on('end', () => {
        if (!released) onLost();
      });
      await client.connect();
      await client.query('select pg_advisory_lock($1, $2)', [key.lockClass, key.lock]);
      return {
        release: async () => {
          released = true;
          await client.end();
        },
      };
    },
    close: () => pool.end(),
  };
}
