import type { IncidentId } from '../id.ts';
import type { LoadedIncident } from '../store/incident.ts';
import { NO_PEOPLE } from './people-state.ts';
import type {
  AttemptRow,
  ChartRow,
  HoldRow,
  IncidentRecord,
  IncidentState,
  InvocationRow,
  TimerRow,
} from './state.ts';

/** The aggregate in memory, from its rows. They were written whole by `commitOf`, hence the casts below. */
export function stateOf(id: IncidentId, row: LoadedIncident): IncidentState {
  return {
    id,
    number: row.number,
    seq: row.seq,
    status: row.status,
    playbookSha256: row.playbook_sha256,
    record: recordOf(row.record),
    chain: { seq: row.chain_seq, hash: row.chain_hash },
    charts: byId(row.charts as unknown as ChartRow[]), // written by commitOf
    invocations: byId(row.invocations as unknown as InvocationRow[]), // written by commitOf
    attempts: byId(row.attempts as unknown as AttemptRow[]), // written by commitOf
    holds: byId(row.holds as unknown as HoldRow[]), // written by commitOf
    timers: byId(row.timers as unknown as TimerRow[]), // written by commitOf
  };
}

/** A stored record, as `commitOf` wrote it; earlier versions knew nothing of people. */
export function recordOf(stored: unknown): IncidentRecord {
  const record = stored as Omit<IncidentRecord, 'people'> & Partial<IncidentRecord>; // written by commitOf
  return { ...record, people: { ...NO_PEOPLE, ...record.people } };
}

function byId<Row extends { readonly id: string }>(rows: readonly Row[]): Map<Row['id'], Row> {
  return new Map(rows.map((row) => [row.id, row]));
}
