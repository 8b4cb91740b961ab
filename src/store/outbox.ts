import type { IncidentId, OutboxId, WorkerId } from '../id.ts';
import type { JsonObject } from '../json.ts';
import type { Sql } from './sql.ts';

/** A delivery that this worker has claimed. */
export interface ClaimedDelivery {
  readonly id: OutboxId;
  /** The incident that it is about. */
  readonly incident: IncidentId;
  /** The incident whose channel it goes to, in whose order. */
  readonly lane: IncidentId;
  readonly kind: string;
  readonly params: JsonObject;
  readonly tries: number;
  /** True when an earlier try may have been delivered: look before posting again. */
  readonly previousUnknown: boolean;
  /** When the first notice was made that this one stands for, after an outage; `null` usually. */
  readonly lateSince: string | null;
  /** When it was committed: what people read later than that says so. */
  readonly madeAt: string;
}

interface ClaimedRow {
  readonly id: OutboxId;
  readonly about: IncidentId;
  readonly lane: IncidentId;
  readonly kind: string;
  readonly params: JsonObject;
  readonly tries: number;
  readonly was_unknown: boolean;
  readonly late_since: Date | string | null;
  readonly created_at: Date | string;
}

/** How a delivery leaves: pages go apart, because they are for when Slack is the thing that fails. */
export type DeliveryLane = 'slack' | 'page';

/**
 * Claims the next delivery of an incident's lane, in order: nothing overtakes an earlier one that is still open, but for
 * the card: the first one is what all else is said below, and where a channel speaks about several incidents each of them
 * would move it to the end again, so it goes first every few seconds; it is an edit of what is there now. Waiting rows with the same merge key are superseded by the
 * newest, so a stale edit is never sent.
 */
export async function claimDelivery(
  sql: Sql,
  incident: string,
  owner: WorkerId,
  now: Date,
  lane: DeliveryLane = 'slack',
): Promise<ClaimedDelivery | undefined> {
  const rows = await sql.query<ClaimedRow>(
    'select * from cordon.claim_delivery($1, $2, $3::timestamptz, $4)',
    [incident, owner, now.toISOString(), lane === 'page'],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  return {
    id: row.id,
    incident: row.about,
    lane: row.lane,
    kind: row.kind,
    params: row.params,
    tries: row.tries,
    previousUnknown: row.was_unknown,
    lateSince: row.late_since === null ? null : new Date(row.late_since).toISOString(),
    madeAt: new Date(row.created_at).toISOString(),
  };
}

/** Gives a delivery back for another try after `notBefore`; false when it is no longer this worker's. */
export async function returnDelivery(
  sql: Sql,
  delivery: {
    readonly id: OutboxId;
    readonly owner: WorkerId;
    readonly status: 'pending' | 'unknown';
    readonly notBefore: Date;
    readonly code: string;
  },
): Promise<boolean> {
  const rows = await sql.query(
    `update cordon.outbox set status = $3, owner = null, not_before = $4::timestamptz, error = jsonb_build_object('code', $5::text)
     where id = $1 and owner = $2 and status = 'sending' returning id`,
    [delivery.id, delivery.owner, delivery.status, delivery.notBefore.toISOString(), delivery.code],
  );
  return rows.length === 1;
}

/** Marks deliveries of dead workers as unknown: they may have been posted. Returns their incidents. */
export async function orphanDeliveries(sql: Sql): Promise<readonly string[]> {
  const rows = await sql.query<{ incident: string }>(
    `update cordon.outbox as o set status = 'unknown', owner = null
     where o.status = 'sending'
       and not exists (select 1 from cordon.worker as w where w.id = o.owner and w.ended_at is null)
     returning o.incident_id as incident`,
  );
  return [...new Set(rows.map((row) => row.incident))];
}

/** Deliveries that one worker has claimed and not ended. */
export async function deliveriesOf(
  sql: Sql,
  owner: WorkerId,
): Promise<readonly { readonly incident: IncidentId; readonly id: OutboxId }[]> {
  return sql.query(
    `select incident_id as incident, id from cordon.outbox where owner = $1 and status = 'sending'`,
    [owner],
  );
}

/** Marks a delivery that its own worker lost track of as unknown; false when it has ended meanwhile. */
export async function abandonDelivery(sql: Sql, id: OutboxId, owner: WorkerId): Promise<boolean> {
  const rows = await sql.query(
    `update cordon.outbox set status = 'unknown', owner = null
     where id = $1 and owner = $2 and status = 'sending' returning id`,
    [id, owner],
  );
  return rows.length === 1;
}

/** Gives up what is still to be delivered for an incident whose channel is gone for good. */
export async function dropDeliveries(sql: Sql, incident: string, code: string, now: Date): Promise<void> {
  await sql.query(
    `update cordon.outbox set status = 'failed', owner = null, finished_at = $3::timestamptz,
       error = jsonb_build_object('code', $2::text)
     where (incident_id = $1 or about = $1) and status in ('pending', 'sending', 'unknown')`,
    [incident, code, now.toISOString()],
  );
}

/** Incidents with a delivery that could be made now: what a lost wake-up would leave lying. */
export async function waitingDeliveries(sql: Sql, now: Date): Promise<readonly string[]> {
  const rows = await sql.query<{ incident: string }>(
    `select distinct incident_id as incident from cordon.outbox
     where status in ('pending', 'unknown') and (not_before is null or not_before <= $1::timestamptz)`,
    [now.toISOString()],
  );
  return rows.map((row) => row.incident);
}

/** The message that was posted for a question or an approval. */
export async function deliveredMessage(
  sql: Sql,
  incident: string,
  kind: string,
  key: string,
  subject: string,
): Promise<JsonObject | undefined> {
  const rows = await sql.query<{ result: JsonObject | null }>(
    `select result from cordon.outbox where about = $1 and kind = $2 and params ->> $3 = $4 and status = 'sent'
     order by seq desc limit 1`,
    [incident, kind, key, subject],
  );
  return rows[0]?.result ?? undefined;
}

/** Where a lane's channel is, and whether it speaks about several incidents. */
export async function placeOf(
  sql: Sql,
  lane: string,
): Promise<{ channel: string; cardTs: string | null; shared: boolean } | undefined> {
  const rows = await sql.query<{ channel: string; card_ts: string | null; shared: boolean }>(
    `select channel, card_ts, coalesce((
       select count(*) > 1 from cordon.campaign_member as m
       where m.campaign_id = (select campaign_id from cordon.campaign_member where incident_id = $1)), false) as shared
     from cordon.place where incident_id = $1`,
    [lane],
  );
  const row = rows[0];
  return row === undefined ? undefined : { channel: row.channel, cardTs: row.card_ts, shared: row.shared };
}

export async function incidentOfChannel(sql: Sql, channel: string): Promise<string | undefined> {
  const rows = await sql.query<{ incident: string }>(
    'select incident_id as incident from cordon.place where channel = $1',
    [channel],
  );
  return rows[0]?.incident;
}

/** What of an incident Slack has not taken yet, once it has kept something waiting; `undefined` while it takes everything. */
export async function delayedDeliveries(
  sql: Sql,
  incident: string,
): Promise<{ readonly waiting: number; readonly since: string; readonly code: string } | undefined> {
  const rows = await sql.query<{ waiting: number; since: Date | string; code: string | null }>(
    `select count(*)::int as waiting, min(created_at) as since, max(error ->> 'code') as code from cordon.outbox
     where about = $1 and kind <> 'page' and status in ('pending', 'unknown', 'sending')`,
    [incident],
  );
  const [row] = rows;
  if (row === undefined || row.code === null) return undefined;
  return { waiting: Number(row.waiting), since: new Date(row.since).toISOString(), code: row.code };
}
