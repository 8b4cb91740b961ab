import type { Action } from '../action/action.ts';
import type { Clock } from '../clock.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import { responderByCli } from '../enrolment/enrolment.ts';
import type { IncidentId } from '../id.ts';
import { isAtCommit, loadIncident } from '../store/incident.ts';
import type { ListedIncident } from '../store/list.ts';
import { findIncidentId, incidentOfAttempt, listIncidents } from '../store/list.ts';
import { delayedDeliveries, incidentOfChannel } from '../store/outbox.ts';
import { readPause } from '../store/pause.ts';
import type { Sql } from '../store/sql.ts';
import { readExcerpt, readTimeline } from '../store/timeline.ts';
import type { EntryKind } from '../timeline/entry.ts';
import { isReviewOpen } from './break-glass.ts';
import type { CampaignViews } from './campaign-view.ts';
import { createCampaignViews } from './campaign-view.ts';
import type { Duty } from './duty-state.ts';
import { dutiesOf } from './duty-state.ts';
import type { EvidenceListed } from './evidence-listed.ts';
import { evidenceListed } from './evidence-listed.ts';
import type { IncidentStatus, IncidentView } from './incident-view.ts';
import { LAST_ENTRIES, statusFor, viewOf } from './incident-view.ts';
import { incidentLevel } from './level.ts';
import { recordOf, stateOf } from './load.ts';
import type { ObservedIncident, ObserveReport } from './observed.ts';
import { observedOf, summariseObserved } from './observed.ts';
import type { ScopeView } from './scope-view.ts';
import { scopeOf } from './scope-view.ts';
import type { IncidentRecord, Level } from './state.ts';

export interface IncidentSummary {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly status: IncidentStatus;
  readonly severity: number;
  readonly level: Level;
  readonly lead: string | null;
  /** Everybody who leads, has a role, or owns an open task or duty. */
  readonly involved: readonly string[];
  readonly exercise: boolean;
  readonly openedAt: string;
  readonly closedAt: string | null;
  /** It is open, and no responder has done anything for an hour or more. */
  readonly stale: boolean;
  /** The glass was broken, and nobody has reviewed it. */
  readonly reviewOpen: boolean;
  /** Duties that nobody has settled. */
  readonly openDuties: readonly Duty[];
}

export interface Views extends CampaignViews {
  /** Functions that share something with the targets of an incident, from the inventory. */
  scopeOf(reference: string): Promise<ScopeView | undefined>;
  incidentView(incidentId: string): Promise<IncidentView | undefined>;
  /** The incident that a person means by `12`, `INC-12` or its id. */
  findIncident(reference: string): Promise<IncidentView | undefined>;
  incidentOfChannel(channel: string): Promise<IncidentView | undefined>;
  incidentOfApproval(approvalId: string): Promise<IncidentView | undefined>;
  /** Open and halted incidents and those in review, newest first. */
  openIncidents(): Promise<readonly IncidentSummary[]>;
  /** What an incident's timeline says of its evidence, oldest first. */
  evidenceOf(incidentId: string): Promise<readonly EvidenceListed[]>;
  /** Incidents of any status, newest first. */
  allIncidents(limit: number): Promise<readonly IncidentSummary[]>;
  /** What mode observe held back in the incidents that were opened since; exercises are left out. */
  observed(since: Date): Promise<ObserveReport>;
  /** The responder whom a person at a terminal is; `undefined` for anybody else. */
  responderOfCli(name: string): string | undefined;
}

const VIEWS_KEPT = 16;
/** The kinds that a view is made of; all others are only shown, when they are among the newest. */
const VIEWED_KINDS: readonly EntryKind[] = [
  'containment.level',
  'approval.asked',
  'approval.given',
  'approval.denied',
  'approval.expired',
  'attempt.cancelled',
  'evidence.sealed',
];
const LIST_LIMIT = 200;
const STALE_AFTER_MS = 3_600_000;
const REPORT_LIMIT = 2000;

export function createViews(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly enrolment: Enrolment;
  readonly catalogue: ReadonlyMap<string, Action>;
}): Views {
  const { sql, clock, enrolment, catalogue } = options;

  // What was made of an incident at a commit; another process may have advanced it since.
  const made = new Map<string, { readonly seq: number; readonly view: IncidentView }>();
  const view = async (id: string | undefined): Promise<IncidentView | undefined> => {
    if (id === undefined) return undefined;
    const pause = await readPause(sql);
    const slackDelayed = (await delayedDeliveries(sql, id)) ?? null;
    const known = made.get(id);
    if (known !== undefined && (await isAtCommit(sql, id, known.seq)))
      return { ...known.view, paused: pause, slackDelayed };
    const row = await loadIncident(sql, id);
    if (row === undefined) return undefined;
    const state = stateOf(id as IncidentId, row); // an id from the record
    const entries = await readExcerpt(sql, state.id, { last: LAST_ENTRIES, kinds: VIEWED_KINDS });
    const view = viewOf(state, entries, { enrolment, catalogue, pause });
    made.delete(id);
    made.set(id, { seq: row.seq, view });
    for (const oldest of [...made.keys()].slice(0, -VIEWS_KEPT)) made.delete(oldest);
    return { ...view, slackDelayed };
  };

  const list = async (wanted: Parameters<typeof listIncidents>[1]) => {
    const now = clock.now();
    return (await listIncidents(sql, wanted)).map((row) => summaryOf(row, now));
  };

  return {
    scopeOf: (reference) => scopeOf(sql, reference, clock.now()),
    ...createCampaignViews({ sql, catalogue }),
    incidentView: async (id) => view(await findIncidentId(sql, id)),
    findIncident: async (reference) => view(await findIncidentId(sql, reference)),
    incidentOfChannel: async (channel) => view(await incidentOfChannel(sql, channel)),
    incidentOfApproval: async (attempt) => view(await incidentOfAttempt(sql, attempt)),
    openIncidents: () => list({ statuses: ['open', 'halted'], limit: LIST_LIMIT }),
    evidenceOf: (id) => evidenceListed(sql, id),
    responderOfCli: (name) => responderByCli(enrolment, name)?.id,
    allIncidents: (limit) => list({ statuses: ['open', 'halted', 'closed'], limit }),
    async observed(since) {
      const listed = await list({
        statuses: ['open', 'halted', 'closed'],
        limit: REPORT_LIMIT,
        since,
      });
      const incidents: ObservedIncident[] = [];
      for (const { id, number, openedAt, title, exercise } of listed) {
        if (exercise) continue;
        const entries = await readTimeline(sql, id);
        const observed = observedOf({ id, number, openedAt, title }, entries, catalogue);
        if (observed !== undefined) incidents.push(observed);
      }
      return { since: since.toISOString(), incidents, summary: summariseObserved(incidents) };
    },
  };
}

function summaryOf(row: ListedIncident, now: Date): IncidentSummary {
  const record = recordOf(row.record);
  const quietMs = now.getTime() - Date.parse(record.actedAt ?? row.openedAt);
  return {
    id: row.id,
    number: row.number,
    title: record.title,
    status: statusFor(row.status, record),
    severity: record.severity,
    level: incidentLevel(record.levels, record.targets),
    lead: record.lead,
    involved: involvedIn(record),
    exercise: record.exercise,
    openedAt: row.openedAt,
    closedAt: row.closedAt,
    stale: row.status !== 'closed' && quietMs >= STALE_AFTER_MS,
    reviewOpen: isReviewOpen(record),
    openDuties: dutiesOf(record).filter((duty) => duty.settled === null),
  };
}

function involvedIn(record: IncidentRecord): readonly string[] {
  const { roles, tasks } = record.people;
  const owners = [
    ...tasks.flatMap((task) => (task.owner !== null && task.doneAt === null ? [task.owner] : [])),
    ...dutiesOf(record).flatMap((duty) => (duty.owner !== null && duty.settled === null ? [duty.owner] : [])),
  ];
  const lead = record.lead === null ? [] : [record.lead];
  return [...new Set([...lead, ...Object.values(roles).flat(), ...owners])];
}
