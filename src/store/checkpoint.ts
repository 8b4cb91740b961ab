import type { CheckpointRecord } from '../timeline/checkpoint.ts';
import type { Sql } from './sql.ts';

/** The records of the global log from `index` on, in order. */
export async function readCheckpointRecords(sql: Sql, fromIndex = 0): Promise<readonly CheckpointRecord[]> {
  const rows = await sql.query<CheckpointRecord>(
    'select index, chain, seq, head from cordon.checkpoint_record where index >= $1 order by index',
    [fromIndex],
  );
  return rows.map((row) => ({ ...row, index: Number(row.index), seq: Number(row.seq) }));
}

/** Chains whose head is not the last one in the log, by name. */
export async function changedHeads(
  sql: Sql,
): Promise<readonly { readonly chain: string; readonly seq: number; readonly hash: string }[]> {
  const rows = await sql.query<{ chain: string; seq: number; hash: string }>(
    `select h.chain, h.seq, h.hash
     from (
       select id as chain, chain_seq as seq, chain_hash as hash from cordon.incident
       union all select name, seq, hash from cordon.chain
     ) as h
     left join lateral (
       select r.head from cordon.checkpoint_record as r where r.chain = h.chain order by r.index desc limit 1
     ) as known on true
     where h.seq > 0 and known.head is distinct from h.hash
     order by h.chain collate "C"`,
  );
  return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
}

/** Appends to the log; false, and nothing appended, when another process was faster. */
export async function appendCheckpointRecords(
  sql: Sql,
  records: readonly CheckpointRecord[],
): Promise<boolean> {
  const rows = await sql.query(
    `insert into cordon.checkpoint_record (index, chain, seq, head)
     select r.index, r.chain, r.seq, r.head
     from jsonb_to_recordset($1::jsonb) as r(index bigint, chain text, seq bigint, head text)
     where (select coalesce(max(index) + 1, 0) from cordon.checkpoint_record) = $2
     on conflict (index) do nothing returning index`,
    [JSON.stringify(records), records[0]?.index ?? 0],
  );
  return rows.length === records.length;
}

/** A signed checkpoint as it is stored. */
export interface StoredSignature {
  /** Records that it covers. */
  readonly size: number;
  /** Digest of the signed statement: what the next one names as its previous. */
  readonly statementSha256: string;
  /** Canonical JSON of the DSSE envelope. */
  readonly envelope: string;
}

/** The newest signed checkpoint. */
export async function lastSignature(sql: Sql): Promise<StoredSignature | undefined> {
  const rows = await sql.query<StoredSignature>(
    `select size, statement_sha256 as "statementSha256", envelope
     from cordon.checkpoint_signature order by size desc limit 1`,
  );
  const row = rows[0];
  return row === undefined ? undefined : { ...row, size: Number(row.size) };
}

/** Stores a signed checkpoint; one of the same size by another process stays. */
export async function storeSignature(sql: Sql, signature: StoredSignature, at: Date): Promise<void> {
  await sql.query(
    `insert into cordon.checkpoint_signature (size, statement_sha256, envelope, signed_at)
     values ($1, $2, $3, $4) on conflict (size) do nothing`,
    [signature.size, signature.statementSha256, signature.envelope, at.toISOString()],
  );
}

/** Every chain there is, by name: of incidents, of the system, and any that entries are left of. */
export async function chainNames(sql: Sql): Promise<readonly string[]> {
  const rows = await sql.query<{ chain: string }>(
    `select id as chain from cordon.incident union select name from cordon.chain
     union select distinct chain from cordon.timeline_entry order by chain`,
  );
  return rows.map((row) => row.chain);
}
