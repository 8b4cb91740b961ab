import type { IncidentId } from '../id.ts';
import type { Sql } from './sql.ts';

/** Keeps the bytes that an alert of an incident came as. Resolves after commit. */
export async function keepAlertContent(
  sql: Sql,
  incident: IncidentId | string,
  content: { readonly sha256: string; readonly bytes: Uint8Array },
  now: Date,
): Promise<void> {
  await sql.query(
    `insert into cordon.alert_content (incident_id, sha256, content, stored_at)
     values ($1, $2, decode($3, 'base64'), $4::timestamptz) on conflict do nothing`,
    [incident, content.sha256, Buffer.from(content.bytes).toString('base64'), now.toISOString()],
  );
}

/** The bytes of an incident's alerts, in the order in which they came. */
export async function alertContents(
  sql: Sql,
  incident: IncidentId,
): Promise<readonly { readonly sha256: string; readonly bytes: Uint8Array }[]> {
  const rows = await sql.query<{ sha256: string; content: string }>(
    `select sha256, encode(content, 'base64') as content from cordon.alert_content
     where incident_id = $1 order by stored_at, sha256`,
    [incident],
  );
  return rows.map(({ sha256, content }) => ({ sha256, bytes: Buffer.from(content, 'base64') }));
}
