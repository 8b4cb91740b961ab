import type { Clock } from '../clock.ts';
import type { JsonObject } from '../json.ts';
import { canonicalJson } from '../timeline/canonical.ts';
import { appendEntries } from '../timeline/chain.ts';
import type { EntryBody } from '../timeline/entry.ts';
import type { Sql } from './sql.ts';
import { refusalOf } from './sql.ts';

/** The chain of what belongs to no incident: refused alerts and changes of configuration. */
export const SYSTEM_CHAIN = 'system';

const GENESIS = '0'.repeat(64);

/** Appends to the system chain; tries again when another process appended first. */
export async function appendSystemEntries(
  sql: Sql,
  clock: Clock,
  bodies: readonly EntryBody[],
): Promise<void> {
  await withSystemEntries(sql, clock, bodies, async (chain) => {
    await sql.query('select cordon.append_chain($1::jsonb)', [JSON.stringify(chain)]);
  });
}

/**
 * Gives `write` the entries as `cordon.append_chain` takes them, for a statement that does more in the same
 * transaction; calls it again when another process appended first.
 */
export async function withSystemEntries(
  sql: Sql,
  clock: Clock,
  bodies: readonly EntryBody[],
  write: (chain: JsonObject) => Promise<void>,
): Promise<void> {
  for (;;) {
    const rows = await sql.query<{ seq: number; hash: string }>(
      'select seq, hash from cordon.chain where name = $1',
      [SYSTEM_CHAIN],
    );
    const base = { seq: Number(rows[0]?.seq ?? 0), hash: rows[0]?.hash ?? GENESIS };
    const { entries, head } = appendEntries(base, SYSTEM_CHAIN, clock.now(), bodies);
    const chain = {
      name: SYSTEM_CHAIN,
      expected_seq: base.seq,
      seq: head.seq,
      hash: head.hash,
      entries: entries.map((entry) => ({
        chain: entry.chain,
        seq: entry.seq,
        at: entry.at,
        prev_hash: entry.prevHash,
        body_hash: entry.bodyHash,
        hash: entry.hash,
        body: canonicalJson(entry.body),
      })),
    };
    try {
      await write(chain);
      return;
    } catch (error) {
      if (refusalOf(error) !== 'stale') throw error;
    }
  }
}
