import type { Sql } from './sql.ts';

/** One incident in a list; `record` is the stored record. */
export interface ListedIncident {
  readonly id: string;
  readonly number: number;
  readonly status: 'open' | 'closed' | 'halted';
  readonly record: unknown;
  readonly openedAt: string;
  readonly closedAt: string | null;
}

interface ListedRow {
  readonly id: string;
  readonly number: number;
  readonly status: ListedIncident['status'];
  readonly record: unknown;
  readonly opened_at: Date | string;
  readonly closed_at: Date | string | null;
}

/**
 * Incidents, newest first; `statuses` and `since` narrow them. One whose broken glass or whose postmortem awaits review is
 * never left out.
 */
export async function listIncidents(
  sql: Sql,
  options: {
    readonly statuses: readonly ListedIncident['status'][];
    readonly limit: number;
    readonly since?: Date;
  },
): Promise<readonly ListedIncident[]> {
  const rows = await sql.query<ListedRow>(
    `select id, number, status, record, opened_at, closed_at from cordon.incident
     where (status = any($1) or (record ? 'breakGlass' and record -> 'breakGlass' ->> 'review' is null)
       or record @> '{"duties": [{"kind": "postmortem", "settled": null}]}') and ($3::timestamptz is null or opened_at >= $3)
     order by opened_at desc, number desc limit $2`,
    [options.statuses, options.limit, options.since?.toISOString() ?? null],
  );
  return rows.map((row) => ({
    id: row.id,
    number: Number(row.number),
    status: row.status,
    record: row.record,
    openedAt: new Date(row.opened_at).toISOString(),
    closedAt: row.closed_at === null ? null : new Date(row.closed_at).toISOString(),
  }));
}

/** The id of an incident named by its id or its number (`12`, `INC-12`); `undefined` when there is none. */
export async function findIncidentId(sql: Sql, reference: string): Promise<string | undefined> {
  const number = /^(?:inc-)?(\d{1,15})$/i.exec(reference)?.[1];
  const rows = await sql.query<{ id: string }>(
    'select id from cordon.incident where id = $1 or number = $2::bigint order by (id = $1) desc limit 1',
    [reference, number ?? null],
  );
  return rows[0]?.id;
}

/** The incident that an attempt (an approval's subject) belongs to. */
export async function incidentOfAttempt(sql: Sql, attempt: string): Promise<string | undefined> {
  const rows = await sql.query<{ incident: string }>(
    'select incident_id as incident from cordon.attempt where id = $1',
    [attempt],
  );
  return rows[0]?.incident;
}
