import type { Clock } from '../clock.ts';
import type { JsonObject } from '../json.ts';
import type { EntryBody } from '../timeline/entry.ts';
import type { Sql } from './sql.ts';
import { withSystemEntries } from './system-chain.ts';

/** Writes to accounts are paused: by whom, why, and since when (ISO 8601). */
export interface Pause {
  readonly by: string;
  readonly reason: string;
  readonly at: string;
}

/** The pause that is in force; `null` when writes are not paused. */
export async function readPause(sql: Sql): Promise<Pause | null> {
  const rows = await sql.query<{ by: string; reason: string; at: Date | string }>(
    'select paused_by as by, reason, paused_at as at from cordon.pause',
  );
  const row = rows[0];
  return row === undefined ? null : { by: row.by, reason: row.reason, at: new Date(row.at).toISOString() };
}

/**
 * Sets or, with `null`, lifts the pause, with its entry in the system chain and the answer to the command, in one
 * transaction. A pause that is there already stays as it is: its reason is the one that people have seen.
 */
export async function writePause(
  sql: Sql,
  clock: Clock,
  change: {
    readonly pause: Pause | null;
    readonly entry: EntryBody;
    readonly receipt: { readonly key: string; readonly result: JsonObject };
  },
): Promise<void> {
  const { pause, entry, receipt } = change;
  await withSystemEntries(sql, clock, [entry], async (chain) => {
    const payload = { chain, pause, receipt: { ...receipt, at: clock.now().toISOString() } };
    await sql.query('select cordon.set_pause($1::jsonb)', [JSON.stringify(payload)]);
  });
}
