import type { Action } from '../action/action.ts';
import type { Target } from '../action/ports.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import type { Gate } from '../guardrail/decision.ts';
import type { AttemptId, ChartId, HoldId, Ids, InvocationId, TimerId, WorkerId } from '../id.ts';
import type { Ownership } from '../inventory/owners.ts';
import type { Json, JsonObject } from '../json.ts';
import type { CompiledPlaybook } from '../playbook/compile.ts';
import type { Ambient, ChartEvent, ChartPath } from '../playbook/types.ts';
import type { Actor, EntryBody, EntryKind } from '../timeline/entry.ts';
import type { Standstill } from './pause.ts';
import type {
  AlertInsert,
  AttemptRow,
  ChartRow,
  DeliveryRecord,
  HoldRow,
  IncidentRecord,
  IncidentState,
  InvocationRow,
  Lane,
  OutboxInsert,
  TimerRow,
} from './state.ts';

/** What deciding needs besides the state: all of it passed in, so that a decision is repeatable. */
export interface DecisionEnvironment {
  readonly now: Date;
  readonly ids: Ids;
  readonly gate: Gate;
  readonly enrolment: Enrolment;
  /** Whom a target belongs to, as far as people wrote it down. */
  readonly ownersOf: (target: Target) => Ownership;
  readonly playbook: CompiledPlaybook;
  readonly catalogue: ReadonlyMap<string, Action>;
  /** This process's worker, when it performs attempts; `null` where it only decides. */
  readonly worker: WorkerId | null;
  /** Lanes whose attempts this process starts right after the commit, without a queue hop. */
  readonly directLanes: ReadonlySet<Lane>;
  /** What keeps writes to accounts back at this instant; `null` when nothing does. */
  readonly standstill: Standstill | null;
}

/**
 * What follows from a change within the same decision. Kept as a list and worked off in order, so that
 * a chart's effects are all applied before the next event reaches it.
 */
export type Agenda =
  | { readonly kind: 'chart-event'; readonly chart: ChartId; readonly event: ChartEvent }
  | {
      readonly kind: 'open-chart';
      readonly path: ChartPath;
      readonly parent: InvocationId | null;
      readonly item: Target | null;
    }
  | { readonly kind: 'withdraw-children'; readonly parent: InvocationId }
  | { readonly kind: 'settle-for-each'; readonly invocation: InvocationId }
  | { readonly kind: 'settle-invocation'; readonly invocation: InvocationId };

/**
 * An incident while one event is decided: a copy to write on, and what changed on it. Nothing here
 * has an effect; the caller commits `changes` and only then acts.
 */
export class Draft {
  readonly env: DecisionEnvironment;
  readonly id: IncidentState['id'];
  readonly entries: { readonly body: EntryBody }[] = [];
  readonly outbox: OutboxInsert[] = [];
  readonly agenda: Agenda[] = [];
  /** Alerts that are accepted or joined by this commit. */
  readonly alerts: AlertInsert[] = [];
  /** Deliveries whose end this commit records. */
  readonly delivered: DeliveryRecord[] = [];
  /** Answers of human commands, kept so that the same request again gets the same answer. */
  readonly receipts: { readonly key: string; readonly result: JsonObject }[] = [];
  /** Set while a target joins: a `forEach` entered then starts a child for this target alone. */
  joining: Target | null = null;
  /** Set while a person asks for something: a `forEach` entered then is theirs, and they approve nothing of it. */
  askedBy: string | null = null;
  status: IncidentState['status'];
  record: IncidentRecord;
  readonly charts: Map<ChartId, ChartRow>;
  readonly invocations: Map<InvocationId, InvocationRow>;
  readonly attempts: Map<AttemptId, AttemptRow>;
  readonly holds: Map<HoldId, HoldRow>;
  readonly timers: Map<TimerId, TimerRow>;
  readonly changed = {
    charts: new Set<ChartId>(),
    invocations: new Set<InvocationId>(),
    attempts: new Set<AttemptId>(),
    holds: new Set<HoldId>(),
    timers: new Set<TimerId>(),
    targets: false,
  };
  readonly base: IncidentState;

  constructor(base: IncidentState, env: DecisionEnvironment) {
    this.base = base;
    this.env = env;
    this.id = base.id;
    this.status = base.status;
    this.record = base.record;
    this.charts = new Map(base.charts);
    this.invocations = new Map(base.invocations);
    this.attempts = new Map(base.attempts);
    this.holds = new Map(base.holds);
    this.timers = new Map(base.timers);
  }

  /** The decision's instant, ISO 8601. */
  get at(): string {
    return this.env.now.toISOString();
  }

  putChart(row: ChartRow): void {
    this.charts.set(row.id, row);
    this.changed.charts.add(row.id);
  }

  putInvocation(row: InvocationRow): void {
    this.invocations.set(row.id, row);
    this.changed.invocations.add(row.id);
  }

  putAttempt(row: AttemptRow): void {
    this.attempts.set(row.id, row);
    this.changed.attempts.add(row.id);
  }

  putHold(row: HoldRow): void {
    this.holds.set(row.id, row);
    this.changed.holds.add(row.id);
  }

  putTimer(row: TimerRow): void {
    this.timers.set(row.id, row);
    this.changed.timers.add(row.id);
  }

  putTargets(targets: readonly Target[]): void {
    this.record = { ...this.record, targets };
    this.changed.targets = true;
  }

  /** Appends one entry to the incident's timeline. */
  log(kind: EntryKind, actor: Actor, summary: string, data: Json = null): void {
    this.entries.push({ body: { kind, actor: { ...actor }, summary, data } });
    if (actor.kind === 'responder') this.record = { ...this.record, actedAt: this.at };
  }

  /** Queues one delivery; `merge` marks it as replaceable by a later one that still waits. */
  post(kind: string, params: JsonObject, options: { merge?: string } = {}): void {
    if (options.merge !== undefined && this.outbox.some((row) => row.mergeKey === options.merge)) return;
    this.outbox.push({
      id: this.env.ids.next('out'),
      kind,
      mergeKey: options.merge ?? null,
      params,
      createdAt: this.at,
    });
  }

  /** What expressions may see, for the chart of `item` or the root chart. */
  ambient(item: Target | null): Ambient {
    return {
      incident: {
        id: this.id,
        severity: this.record.severity,
        mode: '',
        exercise: this.record.exercise,
        targets: this.record.targets,
        contained: [...this.holds.values()].some(
          (hold) => hold.status !== 'closed' && hold.expiresAt === undefined,
        ),
      },
      alert: this.record.alert,
      ...(item === null ? {} : { item }),
    };
  }

  arm(timer: Omit<TimerRow, 'id' | 'status'>): void {
    this.putTimer({ ...timer, id: this.env.ids.next('tmr'), status: 'armed' });
  }

  disarm(which: (timer: TimerRow) => boolean): void {
    for (const timer of [...this.timers.values()]) {
      if (timer.status === 'armed' && which(timer)) this.putTimer({ ...timer, status: 'cancelled' });
    }
  }
}
