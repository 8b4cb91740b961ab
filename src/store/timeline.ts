import type { Entry, EntryBody, EntryKind } from '../timeline/entry.ts';
import type { Sql } from './sql.ts';

interface EntryRow {
  readonly chain: string;
  readonly seq: number;
  readonly at: Date | string;
  readonly prev_hash: string;
  readonly body_hash: string;
  readonly hash: string;
  readonly body: string | null;
}

const ENTRIES = `select e.chain, e.seq, e.at, e.prev_hash, e.body_hash, e.hash, b.body
     from cordon.timeline_entry as e left join cordon.timeline_body as b using (chain, seq)`;

/** Reads a chain's entries after `afterSeq`, in order, as stored: nothing is trusted before it is verified. */
export async function readTimeline(sql: Sql, chain: string, afterSeq = 0): Promise<readonly Entry[]> {
  const rows = await sql.query<EntryRow>(`${ENTRIES} where e.chain = $1 and e.seq > $2 order by e.seq`, [
    chain,
    afterSeq,
  ]);
  return rows.map(entryOf);
}

/**
 * Reads the newest `last` entries of a chain and all those of the given kinds, in order: what a view needs of a long
 * timeline. The kind is looked for in the text of the body, so an entry whose data speaks of that kind may come too.
 */
export async function readExcerpt(
  sql: Sql,
  chain: string,
  wanted: { readonly last: number; readonly kinds: readonly EntryKind[] },
): Promise<readonly Entry[]> {
  const rows = await sql.query<EntryRow>(
    `${ENTRIES} where e.chain = $1 and (b.body like any($3::text[])
       or e.seq > (select max(seq) from cordon.timeline_entry where chain = $1) - $2)
     order by e.seq`,
    [chain, wanted.last, wanted.kinds.map((kind) => `%"kind":"${kind}"%`)],
  );
  return rows.map(entryOf);
}

function entryOf(row: EntryRow): Entry {
  return {
    chain: row.chain,
    seq: Number(row.seq),
    at: new Date(row.at).toISOString(),
    prevHash: row.prev_hash,
    bodyHash: row.body_hash,
    hash: row.hash,
    body: row.body === null ? null : parseBody(row.body),
  };
}

/**
 * Removes the bodies that entry `saidBy` of a closed incident says are removed, and the bytes of its alerts; returns how many
 * bodies went. Doing it again completes what was cut off.
 */
export async function purgeBodies(sql: Sql, chain: string, saidBy: number): Promise<number> {
  const rows = await sql.query<{ gone: number }>('select cordon.purge_bodies($1, $2) as gone', [
    chain,
    saidBy,
  ]);
  return Number(rows[0]?.gone ?? 0);
}

/** The head that the database holds for an incident's chain: what the last entry must be. */
export async function timelineHead(
  sql: Sql,
  chain: string,
): Promise<{ seq: number; hash: string } | undefined> {
  const rows = await sql.query<{ seq: number; hash: string }>(
    `select chain_seq as seq, chain_hash as hash from cordon.incident where id = $1
     union all select seq, hash from cordon.chain where name = $1`,
    [chain],
  );
  const row = rows[0];
  return row === undefined ? undefined : { seq: Number(row.seq), hash: row.hash };
}

function parseBody(text: string): EntryBody {
  try {
    return JSON.parse(text) as EntryBody; // verified against its hash by whoever relies on it
  } catch {
    // An unreadable body is kept as a body that cannot match its hash, so that `verify` names it.
    return { kind: 'note.added', actor: {}, summary: 'unreadable body', data: null };
  }
}
