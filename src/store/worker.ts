import type { AttemptId, IncidentId, WorkerId } from '../id.ts';
import type { ServerSql } from './server.ts';
import type { Sql } from './sql.ts';

/**
 * Workers as the record knows them. A dead process is noticed by the session advisory lock that the
 * server frees when its connection breaks; a frozen or cut-off one by its lease.
 */

/** First key of every worker's advisory lock; the second is the worker's own. */
export const WORKER_LOCK_CLASS = 7_314;

export async function nextLockKey(sql: Sql): Promise<number> {
  const rows = await sql.query<{ key: number }>(`select nextval('cordon.worker_lock')::int as key`);
  return Number(rows[0]?.key);
}

/** Registers a worker whose lock is already held: one seen without its lock would be taken for dead. */
export async function registerWorker(
  sql: Sql,
  worker: {
    readonly id: WorkerId;
    readonly lockKey: number;
    readonly host: string;
    readonly pid: number;
    readonly leaseMs: number;
  },
): Promise<void> {
  await sql.query(
    `insert into cordon.worker (id, lock_key, host, pid, lease_until)
     values ($1, $2, $3, $4, clock_timestamp() + $5 * interval '1 millisecond')`,
    [worker.id, worker.lockKey, worker.host, worker.pid, worker.leaseMs],
  );
}

/** Renews the lease; false when the worker has been declared dead, which is final. */
export async function renewLease(sql: Sql, id: WorkerId, leaseMs: number): Promise<boolean> {
  const rows = await sql.query(
    `update cordon.worker set lease_until = clock_timestamp() + $2 * interval '1 millisecond'
     where id = $1 and ended_at is null returning id`,
    [id, leaseMs],
  );
  return rows.length === 1;
}

export async function endWorker(sql: Sql, id: WorkerId): Promise<void> {
  await sql.query(
    'update cordon.worker set ended_at = clock_timestamp() where id = $1 and ended_at is null',
    [id],
  );
}

/** Ends every other worker: right for an embedded database, which only one process can hold. */
export async function endOtherWorkers(sql: Sql, own: WorkerId): Promise<void> {
  await sql.query(
    'update cordon.worker set ended_at = clock_timestamp() where id <> $1 and ended_at is null',
    [own],
  );
}

/** Declares dead the workers whose lock is free or whose lease is over; returns how many. */
export async function endDeadWorkers(sql: ServerSql, own: WorkerId): Promise<number> {
  const rows = await sql.query(
    `update cordon.worker as w set ended_at = clock_timestamp()
     where w.ended_at is null and w.id <> $1 and (
       w.lease_until < clock_timestamp()
       or not exists (
         select 1 from pg_locks as l
         where l.locktype = 'advisory' and l.granted and l.classid = $2::int::oid and l.objid = w.lock_key::oid
           and l.objsubid = 2
           and l.database = (select oid from pg_database where datname = current_database())
       )
     ) returning w.id`,
    [own, WORKER_LOCK_CLASS],
  );
  return rows.length;
}

/** Incidents with an attempt whose owner is gone, and the owners that are. */
export async function orphanedIncidents(
  sql: Sql,
): Promise<readonly { readonly incident: string; readonly owners: readonly string[] }[]> {
  return sql.query(
    `select a.incident_id as incident, array_agg(distinct a.owner) as owners from cordon.attempt as a
     where a.owner is not null and a.finished_at is null
       and not exists (select 1 from cordon.worker as w where w.id = a.owner and w.ended_at is null)
     group by a.incident_id`,
  );
}

/** Unfinished attempts of one worker. */
export async function attemptsOf(
  sql: Sql,
  owner: WorkerId,
): Promise<readonly { readonly incident: IncidentId; readonly id: AttemptId }[]> {
  return sql.query(
    'select incident_id as incident, id from cordon.attempt where owner = $1 and finished_at is null',
    [owner],
  );
}
