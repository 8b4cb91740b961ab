import { migrate } from './migrate.ts';
import type { EmbeddedSql } from './pglite.ts';
import { openEmbedded } from './pglite.ts';

let blank: Promise<Blob> | undefined;

/**
 * Opens a migrated database in memory. The first of a process initialises and migrates a cluster, which takes seconds
 * of CPU; those after it load what that one was, in one: a postmortem's replay opens several.
 */
export async function openInMemory(): Promise<EmbeddedSql> {
  if (blank !== undefined) return openEmbedded({ template: await blank });
  const making = initialise();
  blank = making.then(({ dump }) => dump);
  // Whoever waits for it is told; what failed is not kept.
  blank.catch(() => {
    blank = undefined;
  });
  return (await making).sql;
}

async function initialise(): Promise<{ readonly sql: EmbeddedSql; readonly dump: Blob }> {
  const sql = await openEmbedded({});
  await migrate(sql);
  return { sql, dump: await sql.database.dumpDataDir('none') };
}
