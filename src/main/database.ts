import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { systemWord } from '../error.ts';
import type { FolderLock, HolderKind } from '../store/folder-lock.ts';
import { folderInUse, lockFolder } from '../store/folder-lock.ts';
import { migrate } from '../store/migrate.ts';
import type { EmbeddedSql } from '../store/pglite.ts';
import type { ServerSql } from '../store/server.ts';
import { StoreError } from '../store/sql.ts';
import type { Closing } from './closing.ts';

/** The record, open and at this version's schema. */
export type Database =
  | { readonly kind: 'embedded'; readonly sql: EmbeddedSql; readonly lock: FolderLock }
  | { readonly kind: 'server'; readonly sql: ServerSql };

/** Where the embedded cluster lies. */
export function databaseFolder(dataDir: string): string {
  return join(dataDir, 'database');
}

// A command holds the folder for a second or two; an engine that starts meanwhile waits for it.
const COMMAND_WAIT_MS = 20_000;
const COMMAND_POLL_MS = 100;

/**
 * Opens the database that the configuration names. Throws `cordon_store_folder_in_use` when another process
 * holds the folder, `cordon_store_unreachable`, `cordon_store_schema_newer`.
 */
export async function openDatabase(
  config: Config,
  options: { readonly holder: HolderKind; readonly clock: Clock; readonly closing: Closing },
): Promise<Database> {
  const { closing } = options;
  if (config.databaseUrl !== undefined) {
    const { openServer } = await import('../store/server.ts');
    const sql = openServer({ url: config.databaseUrl });
    closing.add(() => sql.close());
    await reached('the PostgreSQL server of DATABASE_URL', () => sql.query('select 1'));
    await migrate(sql);
    return { kind: 'server', sql };
  }
  const lock = await takeFolder(config.dataDir, options);
  closing.add(() => lock.release());
  const folder = databaseFolder(config.dataDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { openEmbedded } = await import('../store/pglite.ts');
  const sql = await reached(`the embedded database in ${folder}`, () => openEmbedded({ folder }));
  closing.add(() => sql.close());
  await migrate(sql);
  return { kind: 'embedded', sql, lock };
}

async function takeFolder(
  dataDir: string,
  options: { readonly holder: HolderKind; readonly clock: Clock },
): Promise<FolderLock> {
  const { clock } = options;
  const untilMs = clock.monotonicMs() + COMMAND_WAIT_MS;
  for (;;) {
    const outcome = await lockFolder(dataDir, options.holder, clock);
    if (outcome.kind === 'held') return outcome.lock;
    if (outcome.holder.kind === 'serve' || clock.monotonicMs() >= untilMs) {
      throw folderInUse(dataDir, outcome.holder);
    }
    await clock.sleep(COMMAND_POLL_MS);
  }
}

async function reached<Result>(what: string, open: () => Promise<Result>): Promise<Result> {
  try {
    return await open();
  } catch (cause) {
    // Only the system's own word: a driver's message may repeat the URL.
    throw new StoreError(
      'cordon_store_unreachable',
      `expected ${what} to open; it did not${systemWord(cause)}. "cordon doctor" says what can be reached`,
      { cause },
    );
  }
}
