import type { Action, Change } from '../action/action.ts';
import type { Rung } from '../action/rung.ts';
import { RUNGS } from '../action/rung.ts';
import type { Clock } from '../clock.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import { modeFor, responderByCli } from '../enrolment/enrolment.ts';
import type { Mode } from '../guardrail/decision.ts';
import type { IncidentId } from '../id.ts';
import type { Json } from '../json.ts';
import { isAtCommit, loadIncident } from '../store/incident.ts';
import type { ListedIncident } from '../store/list.ts';
import { findIncidentId, incidentOfAttempt, listIncidents } from '../store/list.ts';
import { delayedDeliveries, incidentOfChannel } from '../store/outbox.ts';
import type { Pause } from '../store/pause.ts';
import { readPause } from '../store/pause.ts';
import type { Sql } from '../store/sql.ts';
import { readExcerpt, readTimeline } from '../store/timeline.ts';
import type { Entry, EntryKind } from '../timeline/entry.ts';
import { renderSummary } from '../timeline/render.ts';
import type { ApprovalView } from './approval-view.ts';
import { approvalOf } from './approval-view.ts';
import { isReviewOpen } from './break-glass.ts';
import type { CampaignViews } from './campaign-view.ts';
import { createCampaignViews } from './campaign-view.ts';
import type { Duty } from './duty-state.ts';
import { dutiesOf, isPostmortemOpen } from './duty-state.ts';
import type { EvidenceListed } from './evidence-listed.ts';
import { evidenceListed } from './evidence-listed.ts';
import { type EvidenceView, evidenceOf } from './evidence-view.ts';
import type { Impact } from './impact.ts';
import { impactOf } from './impact.ts';
import { incidentLevel } from './level.ts';
import { recordOf, stateOf } from './load.ts';
import type { ObservedIncident, ObserveReport } from './observed.ts';
import { observedOf, summariseObserved } from './observed.ts';
import type { PeopleState, Task } from './people-state.ts';
import { rungHeld } from './rung-held.ts';
import type { ScopeView } from './scope-view.ts';
import { scopeOf } from './scope-view.ts';
import type {
  AttemptRow,
  BreakGlass,
  Comparison,
  IncidentRecord,
  IncidentState,
  InvocationRow,
  Level,
  SavedSection,
  Watch,
} from './state.ts';
import type { Suspect } from './suspect.ts';
import { updatesOf } from './update.ts';
import type { Update } from './update-state.ts';

/**
 * Where an incident stands for people. `in-review`: its response is over and its functions are free, and it is closed
 * once its postmortem is reviewed or waived.
 */
export type IncidentStatus = 'open' | 'in-review' | 'closed' | 'halted';

/**
 * What is open goes by the enrolment of now; what is over, and an exercise, which has an enrolment of its own, by the one
 * that it was run in.
 */
function modeShown({ status, record }: IncidentState, enrolment: Enrolment): Mode {
  const [target] = record.targets;
  if (record.mode !== undefined && (status === 'closed' || record.exercise)) return record.mode;
  return target === undefined ? 'observe' : modeFor(enrolment, target, record.playbook);
}

function statusFor(status: IncidentState['status'], record: IncidentRecord): IncidentStatus {
  return status === 'closed' && isPostmortemOpen(record) ? 'in-review' : status;
}

/**
 * An incident as people see it, in Slack, in the terminal and in JSON. Instants are ISO 8601 strings in
 * UTC. Title, names and ARNs are attacker-controlled: whoever shows them escapes them.
 */
export interface IncidentView {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly status: IncidentStatus;
  /** 1 critical, 2 high, 3 medium, 4 low. */
  readonly severity: number;
  readonly exercise: boolean;
  readonly mode: Mode;
  /** Writes to accounts are paused, in this incident and all others; `null` while they are not. */
  readonly paused: Pause | null;
  /** What Slack keeps waiting: how many messages, since when, and why; `null` while it takes everything. */
  readonly slackDelayed: { readonly waiting: number; readonly since: string; readonly code: string } | null;
  /** The last time that the glass was broken, and its review; `null` while it never was. */
  readonly breakGlass: BreakGlass | null;
  readonly playbook: string;
  readonly openedAt: string;
  /** Since when every target is shown to be effectively contained; `null` before, and while one is not any more. */
  readonly containedAt: string | null;
  readonly closedAt: string | null;
  readonly level: Level;
  /** How hard what is held bites, on the function where it bites least; `null` while nothing is held on one. */
  readonly rung: Rung | null;
  readonly lead: string | null;
  /** Responders who are kept out of the channel and of approvals, since their own identity is part of what happened. */
  readonly suspects: readonly Suspect[];
  /** The campaign that it is led in; `null` in incidents of earlier versions. */
  readonly campaign: { readonly id: string; readonly anchor: string; readonly shares: string | null } | null;
  /** Who plays which part, by responder id. */
  readonly roles: PeopleState['roles'];
  /** In the order they were added, done ones included. A task's text is a person's own words. */
  readonly tasks: readonly Task[];
  /** What named people owe by an instant, settled ones included; an action's text is a person's own words. */
  readonly duties: readonly Duty[];
  /** What stakeholders were told or are to be told; the words are a person's. */
  readonly updates: readonly Update[];
  /** The saved human sections of the postmortem, by name; their text is in the timeline. */
  readonly sections: Readonly<Record<string, SavedSection>>;
  /** Why the engine stopped here, when it did. */
  readonly halted: { readonly code: string; readonly message: string } | null;
  readonly targets: readonly TargetView[];
  readonly containment: readonly ContainmentView[];
  /** What containment breaks now, and until when nothing that waits is lost. */
  readonly impact: Impact;
  /** What is not back, by object: our value, the one from before, and what was found; empty when all is. */
  readonly left: readonly LeftView[];
  /** Each released target against its manifest from before containment. */
  readonly comparisons: readonly ({ readonly functionArn: string } & Comparison)[];
  /** What the watch over each contained target has seen. */
  readonly watches: readonly ({ readonly functionArn: string } & Omit<Watch, 'seen'>)[];
  /** All questions of the incident, settled ones included. */
  readonly questions: readonly QuestionView[];
  /** All approvals of the incident, settled ones included. */
  readonly approvals: readonly ApprovalView[];
  readonly evidence: EvidenceView;
  /** The newest timeline entries as sentences, oldest first. */
  readonly lastEntries: readonly string[];
}

export interface TargetView {
  readonly functionArn: string;
  readonly functionName: string;
  readonly account: string;
  readonly region: string;
  readonly level: Level;
}

export interface ContainmentView {
  readonly action: string;
  readonly actionTitle: string;
  readonly objectArn: string;
  readonly state: 'planned' | 'waiting' | 'running' | 'held' | 'released' | 'failed' | 'refused' | 'unknown';
  /** What was planned, or why it failed; one sentence. */
  readonly detail: string;
  readonly changes: readonly Change[];
}

/** An object that a release could not, or on purpose did not, put back. */
export interface LeftView {
  readonly objectArn: string;
  readonly action: string;
  readonly ours: Json;
  /** `null` when it could not be read before containment. */
  readonly manifest: Json;
  /** What is left to do, or what was found, in words. */
  readonly left: string;
}

export interface QuestionView {
  readonly invocationId: string;
  readonly form: string;
  readonly to: string;
  readonly askedAt: string;
  readonly dueAt: string | null;
  readonly status: 'open' | 'answered' | 'withdrawn';
  readonly answeredBy: string | null;
  readonly settledAt: string | null;
  readonly answer: Json;
}

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

const LAST_ENTRIES = 6;
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
const REPORT_LIMIT = 2000;

export function createViews(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly enrolment: Enrolment;
  readonly catalogue: ReadonlyMap<string, Action>;
}): Views {
  const { sql, enrolment, catalogue } = options;

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

  const list = async (statuses: readonly ListedIncident['status'][], limit: number) =>
    (await listIncidents(sql, { statuses, limit })).map(summaryOf);

  return {
    scopeOf: (reference) => scopeOf(sql, reference, options.clock.now()),
    ...createCampaignViews({ sql, catalogue }),
    incidentView: async (id) => view(await findIncidentId(sql, id)),
    findIncident: async (reference) => view(await findIncidentId(sql, reference)),
    incidentOfChannel: async (channel) => view(await incidentOfChannel(sql, channel)),
    incidentOfApproval: async (attempt) => view(await incidentOfAttempt(sql, attempt)),
    openIncidents: () => list(['open', 'halted'], LIST_LIMIT),
    evidenceOf: (id) => evidenceListed(sql, id),
    responderOfCli: (name) => responderByCli(enrolment, name)?.id,
    allIncidents: (limit) => list(['open', 'halted', 'closed'], limit),
    async observed(since) {
      const rows = await listIncidents(sql, {
        statuses: ['open', 'halted', 'closed'],
        limit: REPORT_LIMIT,
        since,
      });
      const incidents: ObservedIncident[] = [];
      for (const { id, number, openedAt, title, exercise } of rows.map(summaryOf)) {
        if (exercise) continue;
        const entries = await readTimeline(sql, id);
        const observed = observedOf({ id, number, openedAt, title }, entries, catalogue);
        if (observed !== undefined) incidents.push(observed);
      }
      return { since: since.toISOString(), incidents, summary: summariseObserved(incidents) };
    },
  };
}

function summaryOf(row: ListedIncident): IncidentSummary {
  const record = recordOf(row.record);
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

/** Pure: the view of a state and its timeline. */
export function viewOf(
  state: IncidentState,
  entries: readonly Entry[],
  known: {
    readonly enrolment: Enrolment;
    readonly catalogue: ReadonlyMap<string, Action>;
    readonly pause: Pause | null;
  },
): IncidentView {
  const { record } = state;
  return {
    id: state.id,
    number: state.number,
    title: record.title,
    status: statusFor(state.status, record),
    severity: record.severity,
    exercise: record.exercise,
    mode: modeShown(state, known.enrolment),
    paused: known.pause,
    slackDelayed: null,
    breakGlass: record.breakGlass ?? null,
    playbook: record.playbook,
    openedAt: record.openedAt,
    containedAt: containedAt(entries, record),
    closedAt: record.closedAt,
    level: incidentLevel(record.levels, record.targets),
    rung: mildestOf(state, known.catalogue),
    lead: record.lead,
    suspects: record.suspects ?? [],
    campaign:
      record.campaign === undefined
        ? null
        : { id: record.campaign.id, anchor: record.campaign.anchor, shares: record.campaign.shares },
    roles: record.people.roles,
    tasks: record.people.tasks,
    duties: dutiesOf(record),
    sections: record.sections ?? {},
    updates: updatesOf(record),
    halted: record.halted === null ? null : { code: record.halted.code, message: record.halted.message },
    targets: record.targets.map((each) => ({
      functionArn: each.functionArn,
      functionName: each.functionName,
      account: each.account,
      region: each.region,
      level: record.levels[each.functionArn] ?? 'none',
    })),
    containment: [...state.attempts.values()]
      // What was put again is the hold that is listed already; that it could not be put is news.
      .filter(
        (attempt) =>
          attempt.effect === 'contain' && !(attempt.upkeep === true && attempt.state === 'succeeded'),
      )
      .map((attempt) => containmentOf(state, attempt, known.catalogue)),
    impact: impactOf(state),
    left: [...state.holds.values()]
      .filter((hold) => hold.left !== undefined)
      .map((hold) => ({
        objectArn: hold.object.arn,
        action: hold.action,
        ours: hold.trial?.state ?? hold.desired,
        manifest: hold.prior,
        left: hold.left ?? '',
      })),
    comparisons: Object.entries(record.comparisons ?? {}).map(([functionArn, each]) => ({
      functionArn,
      ...each,
    })),
    watches: Object.entries(record.watches ?? {}).map(([functionArn, { seen: _, ...each }]) => ({
      functionArn,
      ...each,
    })),
    questions: [...state.invocations.values()]
      .filter((invocation) => invocation.src === 'human.question')
      .map((invocation) => questionOf(state, invocation)),
    approvals: [...state.attempts.values()].flatMap((attempt) =>
      approvalOf(attempt, record, entries, known.catalogue),
    ),
    evidence: evidenceOf(state, entries),
    lastEntries: entries.slice(-LAST_ENTRIES).map(renderSummary),
  };
}

function mildestOf({ holds, record }: IncidentState, catalogue: ReadonlyMap<string, Action>): Rung | null {
  const rungs = record.targets.map((each) => rungHeld(holds.values(), each.functionArn, catalogue));
  if (rungs.includes(null)) return null;
  return RUNGS.find((rung) => rungs.includes(rung)) ?? null;
}

function containedAt(entries: readonly Entry[], record: IncidentRecord): string | null {
  const since = new Map<string, string>();
  for (const entry of entries) {
    const data = entry.body?.data;
    if (
      entry.body?.kind !== 'containment.level' ||
      typeof data !== 'object' ||
      data === null ||
      Array.isArray(data)
    )
      continue;
    const { level, target } = data as { level?: Json; target?: Json }; // written by `setLevel`
    if (typeof target !== 'string') continue;
    if (level === 'effective' || level === 'observed') since.set(target, since.get(target) ?? entry.at);
    // Released: that it was contained stays true. Lost or breached: it is contained no more, whatever was said before.
    else if (level !== 'none') since.delete(target);
  }
  const instants = record.targets.flatMap((target) => since.get(target.functionArn) ?? []);
  return instants.length < record.targets.length ? null : (instants.sort().at(-1) ?? null);
}

function containmentOf(
  state: IncidentState,
  attempt: AttemptRow,
  catalogue: ReadonlyMap<string, Action>,
): ContainmentView {
  const hold = attempt.hold === null ? undefined : state.holds.get(attempt.hold);
  const stateOf = (): ContainmentView['state'] => {
    switch (attempt.state) {
      case 'planned':
      case 'reading':
        return 'planned';
      case 'awaiting':
        return 'waiting';
      case 'running':
        return 'running';
      case 'unknown':
        return 'unknown';
      case 'succeeded':
        return hold !== undefined && hold.status !== 'closed' ? 'held' : 'released';
      case 'failed':
        return 'failed';
      case 'refused':
      case 'denied':
      case 'expired':
      case 'cancelled':
        return 'refused';
    }
  };
  return {
    action: attempt.action,
    actionTitle: catalogue.get(attempt.action)?.title ?? attempt.action,
    objectArn: attempt.object?.arn ?? attempt.target?.functionArn ?? '',
    state: stateOf(),
    detail: attempt.error?.message ?? attempt.changes.map((change) => change.summary).join('; '),
    changes: attempt.changes,
  };
}

function questionOf(state: IncidentState, invocation: InvocationRow): QuestionView {
  const due = [...state.timers.values()]
    .filter(
      (timer) =>
        timer.kind === 'playbook' && timer.chart === invocation.chart && timer.dueAt > invocation.openedAt,
    )
    .map((timer) => timer.dueAt)
    .sort();
  const status =
    invocation.status === 'open' ? 'open' : invocation.status === 'done' ? 'answered' : 'withdrawn';
  return {
    invocationId: invocation.id,
    form: String(invocation.input.form ?? ''),
    to: String(invocation.input.to ?? ''),
    askedAt: invocation.openedAt,
    dueAt: status === 'open' ? (due[0] ?? null) : null,
    status,
    answeredBy: invocation.answeredBy,
    settledAt: invocation.closedAt,
    answer: invocation.output,
  };
}
