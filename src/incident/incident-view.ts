import type { Action, Change } from '../action/action.ts';
import type { Rung } from '../action/rung.ts';
import { RUNGS } from '../action/rung.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import { modeFor } from '../enrolment/enrolment.ts';
import type { Mode } from '../guardrail/decision.ts';
import type { Json } from '../json.ts';
import type { Pause } from '../store/pause.ts';
import type { Entry } from '../timeline/entry.ts';
import { renderSummary } from '../timeline/render.ts';
import type { ApprovalView } from './approval-view.ts';
import { approvalOf } from './approval-view.ts';
import type { Duty } from './duty-state.ts';
import { dutiesOf, isPostmortemOpen } from './duty-state.ts';
import { type EvidenceView, evidenceOf } from './evidence-view.ts';
import type { Impact } from './impact.ts';
import { impactOf } from './impact.ts';
import { incidentLevel } from './level.ts';
import type { PeopleState, Task } from './people-state.ts';
import { rungHeld } from './rung-held.ts';
import type {
  AttemptRow,
  BreakGlass,
  IncidentRecord,
  IncidentState,
  InvocationRow,
  Level,
  SavedSection,
} from './state.ts';
import type { Suspect } from './suspect.ts';
import { updatesOf } from './update.ts';
import type { Update } from './update-state.ts';
import type { Comparison, Watch } from './watch-state.ts';

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

/** A closed incident whose postmortem is still owed is in review. */
export function statusFor(status: IncidentState['status'], record: IncidentRecord): IncidentStatus {
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

/** How many of the newest entries a view shows. */
export const LAST_ENTRIES = 6;

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
