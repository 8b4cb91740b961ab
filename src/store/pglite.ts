import { PGlite } from '@electric-sql/pglite';
import { preparedStatements, type RunStatement } from './pglite-prepared.ts';
import type { Sql } from './sql.ts';
import { assertOutsideTransaction, markTransaction } from './sql.ts';

/** The embedded database, with the handles that the queue's connection shim needs. */
export interface EmbeddedSql extends Sql {
  readonly kind: 'embedded';
  readonly database: PGlite;
  readonly run: RunStatement;
}

/**
 * Opens (or creates) an embedded database in `folder`; without one, in memory. `template` is a data
 * directory dump to start a new database from: initialising one takes seconds, loading one does not.
 * Its cluster runs with fsync off: it survives a killed process, not a power cut.
 */
export async function openEmbedded(options: { folder?: string; template?: Blob }): Promise<EmbeddedSql> {
  const database = await PGlite.create({
    ...(options.folder === undefined ? {} : { dataDir: options.folder }),
    ...(options.template === undefined ? {} : { loadDataDir: options.template }),
  });
  const run = preparedStatements(database);
  return {
    kind: 'embedded',
    database,
    run,
    async query<Row>(text: string, parameters: readonly unknown[] = []) {
      assertOutsideTransaction('query');
      return (await run<Row>(text, parameters)).rows;
    },
    withTransaction: async (work) => {
      assertOutsideTransaction('withTransaction');
      return markTransaction(() =>
        database.transaction((transaction) =>
          work({
            async query<Row>(text: string, parameters: readonly unknown[] = []) {
              const result = await transaction.query<Row>(text, [...parameters]);
              return result.rows;
            },
          }),
        ),
      );
    },
    close: () => database.close(),
  };
}
