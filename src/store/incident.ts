import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import type { Sql } from './sql.ts';
import { StoreError } from './sql.ts';

/**
 * The incident aggregate as the database returns it. Rows inside were written by this engine whole,
 * under their own types; what is checked here is that the envelope is one of ours.
 */
const loaded = z.strictObject({
  number: z.number(),
  seq: z.number(),
  status: z.enum(['open', 'closed', 'halted']),
  playbook_sha256: z.string(),
  record: z.record(z.string(), z.unknown()),
  chain_seq: z.number(),
  chain_hash: z.string(),
  charts: z.array(z.looseObject({ id: z.string() })),
  invocations: z.array(z.looseObject({ id: z.string() })),
  attempts: z.array(z.looseObject({ id: z.string() })),
  holds: z.array(z.looseObject({ id: z.string() })),
  timers: z.array(z.looseObject({ id: z.string() })),
});

export type LoadedIncident = z.infer<typeof loaded>;

/** Reads one incident with all its rows in one round trip; `undefined` when there is none of that id. */
export async function loadIncident(sql: Sql, id: string): Promise<LoadedIncident | undefined> {
  const rows = await sql.query<{ incident: unknown }>('select cordon.load($1) as incident', [id]);
  const row = rows[0]?.incident;
  if (row === null || row === undefined) return undefined;
  const parsed = loaded.safeParse(row);
  if (parsed.success) return parsed.data;
  throw new StoreError(
    'cordon_store_bad_row',
    `incident ${id} is not stored in the expected shape (${parsed.error.issues[0]?.path.join('.') ?? 'unknown place'}); was the database written by another version?`,
  );
}

/** True when the incident is still at commit `seq`: what was decided on it holds. */
export async function isAtCommit(sql: Sql, id: string, seq: number): Promise<boolean> {
  const rows = await sql.query<{ seq: number }>('select seq from cordon.incident where id = $1', [id]);
  return Number(rows[0]?.seq) === seq;
}

/**
 * Commits one decided event; returns the incident's number. Throws what `refusalOf` classifies: the
 * whole statement is refused or none of it.
 */
export async function commitIncident(sql: Sql, payload: unknown): Promise<number> {
  const rows = await sql.query<{ number: number }>('select cordon.commit($1::jsonb) as number', [
    JSON.stringify(payload),
  ]);
  return Number(rows[0]?.number ?? 0);
}

/**
 * What the holds of others on an object desire, of open incidents and of closed ones that kept it (`cordon.others_on`);
 * with `takenOver`, also what this incident has taken over from a closed one.
 */
export async function desiredByOthers(
  sql: Sql,
  objectKey: string,
  incident: string,
  options: { readonly takenOver: boolean } = { takenOver: false },
): Promise<readonly JsonObject[]> {
  const rows = await sql.query<{ desired: JsonObject }>(
    options.takenOver
      ? `select row -> 'desired' as desired from cordon.hold
         where object_key = $1 and incident_id <> $2 and status <> 'closed'`
      : `select row -> 'desired' as desired from cordon.others_on($1, $2)`,
    [objectKey, incident],
  );
  return rows.map((row) => row.desired);
}

/** True when another incident is open about the function. */
export async function isOpenElsewhere(sql: Sql, functionArn: string, incident: string): Promise<boolean> {
  const rows = await sql.query(
    'select 1 from cordon.incident_target where function_arn = $1 and open and incident_id <> $2 limit 1',
    [functionArn, incident],
  );
  return rows.length > 0;
}

/**
 * What closed incidents left held of a function, oldest capture first, each with the output of the manifest that was taken
 * before its function was first touched. What ends by itself is none of it, nor what is being put back at this instant.
 */
export async function leftOn(
  sql: Sql,
  functionArn: string,
): Promise<readonly { readonly incident: string; readonly hold: unknown; readonly baseline: unknown }[]> {
  return sql.query<{ incident: string; hold: unknown; baseline: unknown }>(
    `select h.incident_id as incident, h.row as hold, coalesce(
       i.record #> array['baselines', $1],
       (select a.row -> 'output' from cordon.attempt as a
        where a.incident_id = i.id and a.state = 'succeeded' and a.row ->> 'action' = 'target.capture-manifest'
          and a.row #>> '{target,functionArn}' = $1
        order by a.row ->> 'createdAt', a.id limit 1)) as baseline
     from cordon.hold as h
     join cordon.incident as i on i.id = h.incident_id and i.status = 'closed'
     where h.status = 'open' and h.row #>> '{target,functionArn}' = $1 and h.row ->> 'expiresAt' is null
       and not exists (
         select 1 from cordon.hold as other where other.object_key = h.object_key and other.status = 'restoring')
     order by i.opened_at, h.opened_at, (h.row ->> 'ordinal')::int`,
    [functionArn],
  );
}

/** The open hold that captured an object's prior state, by any incident. */
export async function captorOf(
  sql: Sql,
  objectKey: string,
): Promise<{ incident: string; status: string; prior: unknown } | undefined> {
  const rows = await sql.query<{ incident: string; status: string; prior: unknown }>(
    `select incident_id as incident, status, row -> 'prior' as prior from cordon.hold
     where object_key = $1 and captor and status <> 'closed'`,
    [objectKey],
  );
  return rows[0];
}
