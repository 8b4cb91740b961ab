import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
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

/**
 * As `openInMemory`, without holding up what else this process does: the first cluster is made by a thread of its own.
 * Making one blocks an event loop for two seconds, in which an engine beside it would lose its lease; loading one for 0.3 s.
 */
export async function openInMemoryAside(): Promise<EmbeddedSql> {
  if (blank === undefined) {
    const making = initialiseAside();
    blank = making;
    making.catch(() => {
      blank = undefined;
    });
  }
  return openEmbedded({ template: await blank });
}

function initialiseAside(): Promise<Blob> {
  const here = new URL(import.meta.url);
  // Compiled, and from the source in tests: the same file beside this one.
  const worker = new Worker(new URL(`./blank-cluster${extname(here.pathname)}`, here));
  return new Promise<Blob>((resolve, reject) => {
    worker.once('message', (bytes: ArrayBuffer) => resolve(new Blob([bytes])));
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread of a database ended with ${code}`)));
  }).finally(() => worker.terminate());
}

async function initialise(): Promise<{ readonly sql: EmbeddedSql; readonly dump: Blob }> {
  const sql = await openEmbedded({});
  await migrate(sql);
  return { sql, dump: await sql.database.dumpDataDir('none') };
}
