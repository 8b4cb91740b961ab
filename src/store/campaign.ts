import type { CampaignId, IncidentId } from '../id.ts';
import type { Sql } from './sql.ts';

/** A campaign as it is stored; `mergedInto` names the one that it has gone into. */
export interface CampaignRow {
  readonly id: CampaignId;
  readonly number: number;
  readonly anchor: IncidentId;
  readonly exercise: boolean;
  readonly openedAt: string;
  readonly mergedInto: CampaignId | null;
}

/** One incident of a campaign. `record` is the stored record; what is open is counted and listed. */
export interface CampaignMemberRow {
  readonly id: IncidentId;
  readonly number: number;
  readonly status: 'open' | 'closed' | 'halted';
  readonly record: unknown;
  readonly openedAt: string;
  readonly shares: string | null;
  /** Attempts that wait for approval, as stored. */
  readonly awaiting: readonly unknown[];
  /** Invocations of open questions, as stored. */
  readonly asked: readonly unknown[];
}

/** The campaign that an incident with these keys belongs to now; `undefined` when nobody shares one of them. */
export async function campaignFor(
  sql: Sql,
  keys: readonly { readonly kind: string; readonly value: string }[],
  exercise: boolean,
  now: Date,
): Promise<
  | {
      readonly id: CampaignId;
      readonly anchor: IncidentId;
      readonly kind: string;
      readonly value: string;
      readonly called: boolean;
    }
  | undefined
> {
  const rows = await sql.query<{
    id: CampaignId;
    anchor: IncidentId;
    kind: string;
    value: string;
    called: boolean;
  }>('select * from cordon.campaign_for($1::jsonb, $2, $3)', [
    JSON.stringify(keys),
    exercise,
    now.toISOString(),
  ]);
  return rows[0];
}

interface StoredCampaign {
  readonly id: CampaignId;
  readonly number: number;
  readonly anchor: IncidentId;
  readonly exercise: boolean;
  readonly opened_at: Date | string;
  readonly merged_into: CampaignId | null;
}

const COLUMNS = 'c.id, c.number, c.anchor, c.exercise, c.opened_at, c.merged_into';

/**
 * The campaign meant by `CMP-3`, its id, or an incident that is in it (`INC-12` or its id); `undefined` when there
 * is none.
 */
export async function findCampaign(sql: Sql, reference: string): Promise<CampaignRow | undefined> {
  const campaign = /^cmp-(\d{1,15})$/i.exec(reference)?.[1];
  const incident = /^(?:inc-)?(\d{1,15})$/i.exec(reference)?.[1];
  const rows = await sql.query<StoredCampaign>(
    `select ${COLUMNS} from cordon.campaign as c where c.id = $1 or c.number = $2::bigint
     union all
     select ${COLUMNS} from cordon.campaign as c join cordon.campaign_member as m on m.campaign_id = c.id
     join cordon.incident as i on i.id = m.incident_id where i.id = $1 or i.number = $3::bigint
     limit 1`,
    [reference, campaign ?? null, incident ?? null],
  );
  return rows[0] === undefined ? undefined : rowOf(rows[0]);
}

/** The campaign whose anchor an incident is, whether others are in it or it was merged into another. */
export async function campaignOfAnchor(sql: Sql, anchor: string): Promise<CampaignRow | undefined> {
  const rows = await sql.query<StoredCampaign>(
    `select ${COLUMNS} from cordon.campaign as c where c.anchor = $1`,
    [anchor],
  );
  return rows[0] === undefined ? undefined : rowOf(rows[0]);
}

/** Campaigns of several incidents, of which one at least is not closed; newest first. */
export async function openCampaigns(sql: Sql, limit: number): Promise<readonly CampaignRow[]> {
  const rows = await sql.query<StoredCampaign>(
    `select ${COLUMNS} from cordon.campaign as c
     where (select count(*) from cordon.campaign_member as m where m.campaign_id = c.id) > 1
       and exists (select 1 from cordon.campaign_member as m join cordon.incident as i on i.id = m.incident_id
         where m.campaign_id = c.id and i.status <> 'closed')
     order by c.number desc limit $1`,
    [limit],
  );
  return rows.map(rowOf);
}

/** Its incidents, in the order in which they were opened. */
export async function campaignMembers(sql: Sql, campaign: string): Promise<readonly CampaignMemberRow[]> {
  const rows = await sql.query<{
    id: IncidentId;
    number: number;
    status: CampaignMemberRow['status'];
    record: unknown;
    opened_at: Date | string;
    shares: string | null;
    awaiting: readonly unknown[] | null;
    asked: readonly unknown[] | null;
  }>(
    `select i.id, i.number, i.status, i.record, i.opened_at, m.shares,
       (select jsonb_agg(a.row order by a.id) from cordon.attempt as a
         where a.incident_id = i.id and a.state = 'awaiting') as awaiting,
       (select jsonb_agg(v.row order by v.id) from cordon.invocation as v
         where v.incident_id = i.id and v.status = 'open' and v.row ->> 'src' = 'human.question') as asked
     from cordon.campaign_member as m join cordon.incident as i on i.id = m.incident_id
     where m.campaign_id = $1 order by i.number`,
    [campaign],
  );
  return rows.map((row) => ({
    id: row.id,
    number: Number(row.number),
    status: row.status,
    record: row.record,
    openedAt: new Date(row.opened_at).toISOString(),
    shares: row.shares,
    awaiting: row.awaiting ?? [],
    asked: row.asked ?? [],
  }));
}

/** The campaign whose channel this is. */
export async function campaignOfChannel(sql: Sql, channel: string): Promise<CampaignRow | undefined> {
  const rows = await sql.query<StoredCampaign>(
    `select ${COLUMNS} from cordon.campaign as c join cordon.place as p on p.incident_id = c.anchor
     where p.channel = $1 and c.merged_into is null`,
    [channel],
  );
  return rows[0] === undefined ? undefined : rowOf(rows[0]);
}

function rowOf(row: StoredCampaign): CampaignRow {
  return {
    id: row.id,
    number: Number(row.number),
    anchor: row.anchor,
    exercise: row.exercise,
    openedAt: new Date(row.opened_at).toISOString(),
    mergedInto: row.merged_into,
  };
}
