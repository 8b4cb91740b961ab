import { z } from 'zod';
import type { Sql } from './sql.ts';
import { SYSTEM_CHAIN } from './system-chain.ts';

/** One alert that was turned away, as the system chain has it. Texts are attacker-controlled in part. */
export interface RefusedAlert {
  readonly seq: number;
  readonly at: string;
  readonly code: string;
  readonly message: string;
  readonly via: string;
  readonly source: string;
  readonly bytesSha256: string | null;
  readonly size: number | null;
  /** Refusals before this one that were only counted. */
  readonly unrecorded: number;
  /** True when the bytes are kept: only of queue messages, which are nowhere else. */
  readonly kept: boolean;
}

const bodySchema = z.object({
  kind: z.literal('alert.refused'),
  data: z.object({
    code: z.string(),
    message: z.string(),
    via: z.string(),
    source: z.string(),
    bytesSha256: z.string().nullable().default(null),
    size: z.number().nullable().default(null),
    unrecorded: z.number().default(0),
  }),
});

interface Row {
  readonly seq: number;
  readonly at: Date | string;
  readonly body: string;
}

/** The newest refusals, newest first. */
export async function listRefusals(sql: Sql, limit: number): Promise<readonly RefusedAlert[]> {
  const rows = await sql.query<Row>(
    // Canonical JSON: a quote inside a string is escaped, so this pattern is found in no other entry.
    `select e.seq, e.at, b.body from cordon.timeline_entry as e join cordon.timeline_body as b using (chain, seq)
     where e.chain = $1 and b.body like '%"kind":"alert.refused"%' order by e.seq desc limit $2`,
    [SYSTEM_CHAIN, limit],
  );
  const refusals = rows.flatMap((row) => {
    const parsed = bodySchema.safeParse(jsonOf(row.body));
    if (!parsed.success) return [];
    return [{ seq: Number(row.seq), at: new Date(row.at).toISOString(), ...parsed.data.data }];
  });
  const kept = await keptAmong(
    sql,
    refusals.flatMap(({ bytesSha256 }) => (bytesSha256 === null ? [] : [bytesSha256])),
  );
  return refusals.map((refusal) => ({ ...refusal, kept: kept.has(refusal.bytesSha256 ?? '') }));
}

async function keptAmong(sql: Sql, digests: readonly string[]): Promise<ReadonlySet<string>> {
  if (digests.length === 0) return new Set();
  const rows = await sql.query<{ sha256: string }>(
    'select sha256 from cordon.refused_content where sha256 = any($1)',
    [digests],
  );
  return new Set(rows.map((row) => row.sha256));
}

/** Keeps the bytes of a refused message under their digest. Resolves after commit. */
export async function keepRefusedContent(
  sql: Sql,
  content: { readonly sha256: string; readonly base64: string },
  now: Date,
): Promise<void> {
  await sql.query(
    `insert into cordon.refused_content (sha256, content, stored_at) values ($1, decode($2, 'base64'), $3::timestamptz)
     on conflict (sha256) do nothing`,
    [content.sha256, content.base64, now.toISOString()],
  );
}

/** The bytes kept under a digest; `undefined` when none are. */
export async function refusedContent(sql: Sql, sha256: string): Promise<Uint8Array | undefined> {
  const rows = await sql.query<{ content: string }>(
    `select encode(content, 'base64') as content from cordon.refused_content where sha256 = $1`,
    [sha256],
  );
  const row = rows[0];
  return row === undefined ? undefined : Buffer.from(row.content, 'base64');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
