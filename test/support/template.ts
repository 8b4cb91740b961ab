import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pglitePool } from '../../src/queue/pglite-pool.ts';
import { MIGRATIONS, migrate } from '../../src/store/migrate.ts';
import type { EmbeddedSql } from '../../src/store/pglite.ts';
import { openEmbedded } from '../../src/store/pglite.ts';

// Initialising a cluster takes seconds and loading one does not, so one dump serves every test file.
// Its name holds what it was made from: another schema, or another PGlite, makes another dump.
const versions = ['@electric-sql/pglite', 'bullmq'].map(
  (name) =>
    JSON.parse(readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8'))
      .version,
);
const digest = createHash('sha256')
  .update(JSON.stringify([MIGRATIONS, versions]))
  .digest('hex')
  .slice(0, 16);
const file = join(tmpdir(), `cordon-template-${digest}.tar`);

/** A migrated embedded database in memory, with the queue's tables. */
export async function freshDatabase(): Promise<EmbeddedSql> {
  return openEmbedded({ template: await template() });
}

async function template(): Promise<Blob> {
  const exists = await stat(file).then(
    () => true,
    () => false,
  );
  if (!exists) await makeTemplate();
  return new Blob([new Uint8Array(await readFile(file))]);
}

async function makeTemplate(): Promise<void> {
  const sql = await openEmbedded({});
  await migrate(sql);
  await pglitePool(sql);
  const dump = await sql.database.dumpDataDir('none');
  await sql.close();
  // Test files run side by side: the rename makes the first whole dump win.
  const folder = await mkdtemp(join(tmpdir(), 'cordon-template-'));
  const part = join(folder, 'part.tar');
  await writeFile(part, new Uint8Array(await dump.arrayBuffer()));
  await rename(part, file);
}

/**
 * Makes a database as empty as a fresh one, in a fraction of the second that loading the template takes; deleting a few
 * rows of 30 tables takes a quarter of truncating them. The timeline's triggers refuse it, as they must: they are off for
 * this session's moment.
 */
export async function emptyDatabase(sql: EmbeddedSql): Promise<void> {
  const rows = await sql.query<{ statement: string }>(
    `select format('delete from %I.%I;', schemaname, tablename) as statement from pg_tables
     where schemaname = 'cordon' and tablename <> 'migration'
     union all
     select format('alter sequence %I.%I restart;', schemaname, sequencename) from pg_sequences where schemaname = 'cordon'`,
  );
  await sql.database.exec(`
    set session_replication_role = replica;
    ${rows.map(({ statement }) => statement).join('\n')}
    set session_replication_role = default;
  `);
}

const idle: EmbeddedSql[] = [];
const opened = new Set<EmbeddedSql>();

/**
 * A database as `freshDatabase` gives it: who closes it gives it back, and whoever borrows next in this process has it,
 * emptied. One that is not closed gets no worse than a database of its own.
 */
export async function borrowedDatabase(): Promise<EmbeddedSql> {
  const sql = idle.pop() ?? (await freshDatabase());
  opened.add(sql);
  const close = async () => {
    await emptyDatabase(sql);
    idle.push(sql);
  };
  return { ...sql, close };
}

/** Ends all that was borrowed: the timers of PostgreSQL in them would keep the process alive. */
export async function endBorrowed(): Promise<void> {
  idle.length = 0;
  const ending = [...opened];
  opened.clear();
  await Promise.all(ending.map((sql) => sql.close()));
}

// A worker of Jest stops listening to its parent when its work is over, and is to end by itself then.
process.on('removeListener', (event) => {
  if (event === 'message' && process.listenerCount('message') === 0) void endBorrowed();
});
