import type { Sql } from './sql.ts';

/** What the record already knows about a finding and its function. */
export interface KnownAlert {
  readonly incident: string;
  readonly revision: string;
  readonly incidentStatus: 'open' | 'closed' | 'halted';
}

export async function knownAlert(sql: Sql, dedupeKey: string): Promise<KnownAlert | undefined> {
  const rows = await sql.query<{ incident: string; revision: string; status: KnownAlert['incidentStatus'] }>(
    `select a.incident_id as incident, a.revision, i.status
     from cordon.alert as a join cordon.incident as i on i.id = a.incident_id where a.dedupe_key = $1`,
    [dedupeKey],
  );
  const row = rows[0];
  return row === undefined
    ? undefined
    : { incident: row.incident, revision: row.revision, incidentStatus: row.status };
}

/** The open incident that has the function as a target, and another's hold on it, in one round trip. */
export async function claimsOn(
  sql: Sql,
  functionArn: string,
): Promise<{ readonly openIncident: string | undefined; readonly heldBy: string | undefined }> {
  const rows = await sql.query<{ open_incident: string | null; held_by: string | null }>(
    `select
       (select incident_id from cordon.incident_target where function_arn = $1 and open) as open_incident,
       (select incident_id from cordon.hold where status <> 'closed' and row #>> '{target,functionArn}' = $1
        order by opened_at limit 1) as held_by`,
    [functionArn],
  );
  return { openIncident: rows[0]?.open_incident ?? undefined, heldBy: rows[0]?.held_by ?? undefined };
}

/** Counts one more copy of a finding that brings no news. */
export async function countCopy(sql: Sql, dedupeKey: string): Promise<void> {
  await sql.query('update cordon.alert set copies = copies + 1 where dedupe_key = $1', [dedupeKey]);
}

/** Remembers a nonce until it expires; false when it was seen before. */
export async function rememberNonce(
  sql: Sql,
  sender: string,
  nonce: string,
  expiresAt: Date,
  now: Date,
): Promise<boolean> {
  const rows = await sql.query(
    `with gone as (delete from cordon.nonce where expires_at < $4::timestamptz)
     insert into cordon.nonce (sender, nonce, expires_at) values ($1, $2, $3::timestamptz)
     on conflict (sender, nonce) do nothing returning nonce`,
    [sender, nonce, expiresAt.toISOString(), now.toISOString()],
  );
  return rows.length === 1;
}

/** Forgets a nonce whose request failed, so that the same request may be taken again. */
export async function forgetNonce(sql: Sql, sender: string, nonce: string): Promise<void> {
  await sql.query('delete from cordon.nonce where sender = $1 and nonce = $2', [sender, nonce]);
}

/** The answer that a human command with this key already got. */
export async function receiptOf(sql: Sql, key: string): Promise<unknown> {
  const rows = await sql.query<{ result: unknown }>('select result from cordon.receipt where key = $1', [
    key,
  ]);
  return rows[0]?.result;
}

/** Stores a playbook document under its digest; an incident runs to its end on the one it began with. */
export async function storePlaybook(
  sql: Sql,
  playbook: { readonly sha256: string; readonly id: string; readonly source: string },
  now: Date,
): Promise<void> {
  await sql.query(
    `insert into cordon.playbook (sha256, id, source, stored_at) values ($1, $2, $3, $4::timestamptz)
     on conflict (sha256) do nothing`,
    [playbook.sha256, playbook.id, playbook.source, now.toISOString()],
  );
}

/** The text of a stored playbook document. */
export async function playbookSource(sql: Sql, sha256: string): Promise<string | undefined> {
  const rows = await sql.query<{ source: string }>('select source from cordon.playbook where sha256 = $1', [
    sha256,
  ]);
  return rows[0]?.source;
}
