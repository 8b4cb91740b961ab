import type { AttemptId, IncidentId, TimerId } from '../id.ts';
import type { Sql } from './sql.ts';

// Timers without a chart are about people: they go on while a playbook is halted.
const TIMER_RUNS = `(i.status in ('open', 'closed') or (i.status = 'halted' and t.row ->> 'chart' is null))`;

/** Attempts and timers whose time has come and that nobody is at; a bounded page of each. */
export async function dueWork(
  sql: Sql,
  now: Date,
): Promise<{
  readonly attempts: readonly { readonly incident: IncidentId; readonly id: AttemptId }[];
  readonly timers: readonly { readonly incident: IncidentId; readonly id: TimerId }[];
}> {
  const instant = now.toISOString();
  const attempts = await sql.query<{ incident: IncidentId; id: AttemptId }>(
    `select a.incident_id as incident, a.id from cordon.attempt as a
     join cordon.incident as i on i.id = a.incident_id
       and (i.status = 'open' or a.row ->> 'upkeep' = 'true')
     where a.owner is null and a.finished_at is null and a.state <> 'awaiting'
       and (a.not_before is null or a.not_before <= $1::timestamptz) limit 500`,
    [instant],
  );
  const timers = await sql.query<{ incident: IncidentId; id: TimerId }>(
    `select t.incident_id as incident, t.id from cordon.timer as t
     join cordon.incident as i on i.id = t.incident_id and ${TIMER_RUNS}
     where t.status = 'armed' and t.due_at <= $1::timestamptz order by t.due_at limit 500`,
    [instant],
  );
  return { attempts, timers };
}

/**
 * What has a time in the future: a queue that starts empty (in memory, or flushed) knows none of it.
 * Bounded: the earliest come first, and the sweep finds the rest when they are due.
 */
export async function futureWork(
  sql: Sql,
  now: Date,
): Promise<
  readonly {
    readonly lane: 'timer' | 'delivery';
    readonly incident: IncidentId;
    readonly subject: string;
    readonly dueMs: number;
  }[]
> {
  const rows = await sql.query<{
    lane: 'timer' | 'delivery';
    incident: IncidentId;
    subject: string;
    due: Date | string;
  }>(
    `select 'timer' as lane, t.incident_id as incident, t.id as subject, t.due_at as due from cordon.timer as t
       join cordon.incident as i on i.id = t.incident_id and ${TIMER_RUNS}
       where t.status = 'armed' and t.due_at > $1::timestamptz
     union all
     select distinct 'delivery', incident_id, incident_id, not_before from cordon.outbox
       where status in ('pending', 'unknown') and not_before > $1::timestamptz
     order by due limit 5000`,
    [now.toISOString()],
  );
  return rows.map(({ lane, incident, subject, due }) => ({
    lane,
    incident,
    subject,
    dueMs: new Date(due).getTime(),
  }));
}
