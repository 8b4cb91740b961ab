import { parentPort } from 'node:worker_threads';
import type { ThreadAnswer, ThreadRequest } from './in-thread.ts';
import { migrate } from './migrate.ts';
import { openEmbedded } from './pglite.ts';
import type { SqlTransaction } from './sql.ts';

/** The program of a thread that has a database in memory to itself: see `openInThread`. */

interface Open {
  readonly transaction: SqlTransaction;
  readonly commit: () => void;
  readonly rollBack: () => void;
}

/** Taken back on purpose, which the other side knows. */
class RolledBack extends Error {}

const sql = await openEmbedded({});
await migrate(sql);
const open = new Map<number, Open>();
const tell = (answer: ThreadAnswer): void => parentPort?.postMessage(answer);

/** Opens a transaction that lasts until it is told to end; resolves once it is open. */
function begin(id: number): Promise<void> {
  return new Promise((opened, failed) => {
    const ending = sql.withTransaction(
      (transaction) =>
        new Promise<void>((commit, reject) => {
          open.set(id, { transaction, commit, rollBack: () => reject(new RolledBack()) });
          opened();
        }),
    );
    ended.set(id, ending);
    ending.catch(failed);
  });
}
const ended = new Map<number, Promise<void>>();

async function end(id: number, how: 'commit' | 'rollBack'): Promise<void> {
  open.get(id)?.[how]();
  try {
    await ended.get(id);
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
  } finally {
    open.delete(id);
    ended.delete(id);
  }
}

async function answer(request: ThreadRequest): Promise<readonly unknown[]> {
  switch (request.kind) {
    case 'query': {
      const { text, parameters, transaction } = request;
      if (transaction === null) return sql.query(text, parameters);
      const held = open.get(transaction);
      if (held === undefined) throw new TypeError('a statement in a transaction that is not open');
      return held.transaction.query(text, parameters);
    }
    case 'begin':
      await begin(request.transaction);
      return [];
    case 'end':
      await end(request.transaction, request.how);
      return [];
  }
}

parentPort?.on('message', (request: ThreadRequest) => {
  answer(request).then(
    (rows) => tell({ id: request.id, rows }),
    // A clone of an error loses what the engine decides by: its SQLSTATE, its constraint.
    (error: unknown) =>
      tell({
        id: request.id,
        failure: {
          message: error instanceof Error ? error.message : 'the database threw what is no error',
          fields: typeof error === 'object' && error !== null ? plainFields(error) : {},
        },
      }),
  );
});
tell({ id: 0, rows: [] });

function plainFields(error: object): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(error).filter((field): field is [string, string] => typeof field[1] === 'string'),
  );
}
