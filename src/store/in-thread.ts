import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Sql } from './sql.ts';
import { assertOutsideTransaction, markTransaction, StoreError } from './sql.ts';

/** What is asked of the thread; `id` is that of its answer. */
export type ThreadRequest = { readonly id: number } & ThreadWork;
type ThreadWork =
  | {
      readonly kind: 'query';
      readonly text: string;
      readonly parameters: readonly unknown[];
      readonly transaction: number | null;
    }
  | { readonly kind: 'begin'; readonly transaction: number }
  | { readonly kind: 'end'; readonly transaction: number; readonly how: 'commit' | 'rollBack' };

/** What it answers; the answer 0 says that it is ready. */
export type ThreadAnswer =
  | { readonly id: number; readonly rows: readonly unknown[] }
  | {
      readonly id: number;
      readonly failure: { readonly message: string; readonly fields: Readonly<Record<string, string>> };
    };

interface Waiting {
  readonly resolve: (rows: readonly unknown[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Opens a migrated database in memory, in a thread of its own. An embedded database works in the event loop of whoever
 * opens it: to make one blocks it for two seconds, to load one for half of one, and an engine beside it loses its lease
 * after 1.7 s. What is opened here blocks nobody, and gives its memory back when it is closed.
 */
export async function openInThread(): Promise<Sql> {
  const here = new URL(import.meta.url);
  // Compiled, and from the source in tests: the program lies beside this file either way.
  const worker = new Worker(new URL(`./thread-program${extname(here.pathname)}`, here));
  // A process that ends does not wait for it.
  worker.unref();
  const waiting = new Map<number, Waiting>();
  let gone: StoreError | undefined;
  let last = 0;

  const end = (why: string, cause?: unknown): void => {
    gone ??= new StoreError(
      'cordon_store_unreachable',
      `expected the thread of a database to answer; ${why}`,
      {
        cause,
      },
    );
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
  };
  const ready = new Promise<readonly unknown[]>((resolve, reject) => {
    waiting.set(0, { resolve, reject });
  });
  worker.on('error', (error) => end('it broke', error));
  worker.on('exit', () => end('it has ended'));
  worker.on('message', (answer: ThreadAnswer) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('rows' in answer) asked?.resolve(answer.rows);
    else asked?.reject(Object.assign(new Error(answer.failure.message), answer.failure.fields));
  });

  const ask = (work: ThreadWork): Promise<readonly unknown[]> =>
    new Promise((resolve, reject) => {
      if (gone !== undefined) return reject(gone);
      last += 1;
      waiting.set(last, { resolve, reject });
      worker.postMessage({ id: last, ...work } satisfies ThreadRequest);
    });
  const query = async <Row>(text: string, parameters: readonly unknown[], transaction: number | null) =>
    // The caller names the row type of what it wrote, as everywhere.
    (await ask({ kind: 'query', text, parameters, transaction })) as readonly Row[];

  await ready;
  let transactions = 0;
  return {
    kind: 'embedded',
    async query<Row>(text: string, parameters: readonly unknown[] = []) {
      assertOutsideTransaction('query');
      return query<Row>(text, parameters, null);
    },
    async withTransaction(work) {
      assertOutsideTransaction('withTransaction');
      transactions += 1;
      const transaction = transactions;
      await ask({ kind: 'begin', transaction });
      try {
        const result = await markTransaction(() =>
          work({
            query: <Row>(text: string, parameters: readonly unknown[] = []) =>
              query<Row>(text, parameters, transaction),
          }),
        );
        await ask({ kind: 'end', transaction, how: 'commit' });
        return result;
      } catch (error) {
        // What failed in the database is rolled back already; then this changes nothing.
        await ask({ kind: 'end', transaction, how: 'rollBack' }).catch(() => undefined);
        throw error;
      }
    },
    async close() {
      end('it was closed');
      await worker.terminate();
    },
  };
}
