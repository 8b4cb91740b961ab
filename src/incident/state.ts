import type { ActionObject, Change } from '../action/action.ts';
import type { Target } from '../action/ports.ts';
import type { Alert } from '../alert/alert.ts';
import type { Mode } from '../guardrail/decision.ts';
import type { OnExpiry } from '../guardrail/on-expiry.ts';
import type {
  AlertId,
  AttemptId,
  ChartId,
  HoldId,
  IncidentId,
  InvocationId,
  OutboxId,
  TimerId,
  WorkerId,
} from '../id.ts';
import type { Json, JsonObject } from '../json.ts';
import type { ChartPath, StoredChart } from '../playbook/types.ts';
import type { Via } from '../timeline/entry.ts';
import type { Duty } from './duty-state.ts';
import type { Membership } from './membership.ts';
import type { PeopleState } from './people-state.ts';
import type { Suspect } from './suspect.ts';
import type { Update } from './update-state.ts';
import type { Comparison, Watch } from './watch-state.ts';

/**
 * An incident as one aggregate: what `cordon.load` returns and `cordon.commit` writes. Every row is
 * written whole, and only under the incident's `seq`: a decision made on stale rows is refused.
 * Instants are ISO 8601 strings in UTC, because rows are JSON.
 */
export interface IncidentState {
  readonly id: IncidentId;
  /** Counts up from 1 in the order of opening; 0 before the first commit. */
  readonly number: number;
  /** Commits so far; 0 before the first. */
  readonly seq: number;
  readonly status: 'open' | 'closed' | 'halted';
  readonly playbookSha256: string;
  readonly record: IncidentRecord;
  readonly chain: { readonly seq: number; readonly hash: string };
  readonly charts: ReadonlyMap<ChartId, ChartRow>;
  readonly invocations: ReadonlyMap<InvocationId, InvocationRow>;
  readonly attempts: ReadonlyMap<AttemptId, AttemptRow>;
  readonly holds: ReadonlyMap<HoldId, HoldRow>;
  /** Armed timers only: one that fired or was cancelled is never looked at again. */
  readonly timers: ReadonlyMap<TimerId, TimerRow>;
}

/** How far containment has been shown, from nothing to proven wrong (reference, 1.8.3). */
export type Level = 'none' | 'accepted' | 'read_back' | 'effective' | 'observed' | 'breached';

export interface IncidentRecord {
  readonly title: string;
  readonly playbook: string;
  /** 1 critical, 2 high, 3 medium, 4 low. */
  readonly severity: number;
  readonly exercise: boolean;
  readonly account: string;
  readonly region: string;
  readonly alertId: AlertId;
  readonly alert: Alert;
  /** The responder who declared it by hand, and so approves nothing of its containment; absent otherwise. */
  readonly declaredBy?: string;
  /** The last time that the glass was broken; absent while it never was. */
  readonly breakGlass?: BreakGlass;
  /** Responders whose own AWS identity is part of what happened: kept out until another person clears them. */
  readonly suspects?: readonly Suspect[];
  /** The campaign that it is in from its opening on; absent in incidents of earlier versions. */
  readonly campaign?: Membership;
  readonly targets: readonly Target[];
  /** By function ARN. */
  readonly levels: Readonly<Record<string, Level>>;
  /** When containment of a target was last shown to be effective, by function ARN. */
  readonly effectiveAt?: Readonly<Record<string, string>>;
  /** What the watch over each target has seen, by function ARN. */
  readonly watches?: Readonly<Record<string, Watch>>;
  /** What was there after the last release, against the manifest, by function ARN. */
  readonly comparisons?: Readonly<Record<string, Comparison>>;
  /** What the manifest of an earlier incident had found of a target whose holds this one adopted, by function ARN. */
  readonly baselines?: Readonly<Record<string, Json>>;
  /** When a responder last did anything; absent while nobody has. */
  readonly actedAt?: string;
  /** When the last alert joined. */
  readonly lastAlertAt?: string;
  /** When retention began to remove its content: nothing is added to its evidence any more. */
  readonly purgedAt?: string;
  /** Other functions on a target's role, by function ARN; absent while unknown. */
  readonly sharedWith: Readonly<Record<string, number>>;
  /** The mode of its first target when it was opened, and again when it ended: what it was run in. Absent in old records. */
  readonly mode?: Mode;
  readonly openedAt: string;
  readonly closedAt: string | null;
  /** Who leads: the first responder who took it up, or whom it was handed to. */
  readonly lead: string | null;
  readonly people: PeopleState;
  /** What named people owe by an instant, in the order it came up; absent while nobody owes anything. */
  readonly duties?: readonly Duty[];
  /** What stakeholders were told, or are to be told; absent before the first. */
  readonly updates?: readonly Update[];
  /** The human sections of the postmortem that were saved, by name; their text is in the timeline. Absent before the first. */
  readonly sections?: Readonly<Record<string, SavedSection>>;
  readonly releaseRequestedBy: string | null;
  readonly halted: { readonly code: string; readonly message: string; readonly event: Json } | null;
}

/** The newest saved text of one section: the n-th of that section in the timeline. */
export interface SavedSection {
  readonly version: number;
  readonly by: string;
  readonly at: string;
}

export interface ChartRow {
  readonly id: ChartId;
  readonly path: ChartPath;
  readonly ordinal: number;
  /** The `forEach` invocation of the parent chart that this child answers; `null` for the root. */
  readonly parent: InvocationId | null;
  readonly item: Target | null;
  readonly status: 'active' | 'done' | 'withdrawn';
  readonly stored: StoredChart;
}

export interface InvocationRow {
  readonly id: InvocationId;
  readonly chart: ChartId;
  /** The id that XState gave the invoke; reused on re-entry, hence this row. */
  readonly xstateId: string;
  readonly src: string;
  readonly input: JsonObject;
  readonly status: 'open' | 'done' | 'failed' | 'withdrawn';
  readonly output: Json;
  readonly openedAt: string;
  readonly closedAt: string | null;
  readonly answeredBy: string | null;
}

export type AttemptState =
  | 'planned'
  | 'reading'
  | 'awaiting'
  | 'running'
  | 'unknown'
  | 'succeeded'
  | 'failed'
  | 'refused'
  | 'denied'
  | 'expired'
  | 'cancelled';

export type Lane = 'contain' | 'prepare' | 'verify' | 'evidence';

export interface AttemptApproval {
  readonly responder: string;
  readonly via: Via;
  readonly at: string;
  readonly digest: string;
}

/**
 * One execution of one action on one object.
 *
 * planned   waits for its turn: a lower ordinal of a release, or a worker
 * reading   its owner reads the prior state (a revert: what is there now); nothing written yet
 * awaiting  the gate asked for approvals of exactly `planDigest`
 * running   the intent is committed: its owner may be making the call at this instant
 * unknown   the call may have taken effect; its owner looks before anything else
 * the rest  final; `finishedAt` is set
 *
 * `owner` is the worker at it; without one, `notBefore` says when it may be taken.
 */
export interface AttemptRow {
  readonly id: AttemptId;
  readonly chart: ChartId;
  readonly invocation: InvocationId;
  readonly ordinal: number;
  readonly action: string;
  readonly effect: 'read' | 'contain' | 'restore' | 'step';
  readonly lane: Lane;
  readonly object: ActionObject | null;
  readonly input: JsonObject;
  readonly target: Target | null;
  readonly state: AttemptState;
  readonly owner: WorkerId | null;
  readonly tries: number;
  readonly notBefore: string | null;
  /** `null` until read; stays `null` with `priorUnknown` when it could not be read. */
  readonly prior: JsonObject | null;
  readonly priorUnknown: boolean;
  readonly desired: JsonObject | null;
  readonly changes: readonly Change[];
  readonly planDigest: string | null;
  readonly ask: {
    readonly quorum: number;
    readonly expiresAt: string;
    readonly onExpiry: OnExpiry;
    readonly policies: readonly string[];
  } | null;
  readonly approvals: readonly AttemptApproval[];
  /** Who denied it; absent otherwise. */
  readonly deniedBy?: string;
  /** Digest of the plan that may run because nobody decided in time and the policy says so. */
  readonly silenceAllows: string | null;
  /** The pause (its instant) under which it was said to wait; absent while none has held it back. */
  readonly heldBackBy?: string;
  /** Its place in the budget of automatic containments; see `budget.ts`. */
  readonly claim?: ContainmentClaim;
  /** Which budget was spent when it was decided, in words: people are asked then. */
  readonly budgetSpent?: string;
  /** Puts a held object again that was changed too often: a person is asked, whatever the guardrails say. */
  readonly asksFirst?: true;
  /** The attempt that nobody answered and in whose place silence chose this lower rung. */
  readonly fallbackOf?: AttemptId;
  /** Who asked for it; never counted among its approvers. */
  readonly requestedBy: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly output: Json;
  /** The attempt whose write this one takes back. */
  readonly reverses: AttemptId | null;
  readonly hold: HoldId | null;
  /** The attempt of another way of the same action that takes the place of this one, which AWS refused for good. */
  readonly replacedBy?: AttemptId;
  /** What other open holds on the object desire; the strictest of all is what is to be there. */
  readonly others?: readonly JsonObject[];
  /** A release while another incident holds the object: the looser state that the others desire. */
  readonly relaxTo?: JsonObject;
  /** Hashes of the code that this step of a release may let run again; absent where any may. */
  readonly knownGood?: readonly string[];
  /** A release's first step: the state to put and to watch before the prior one follows. */
  readonly trial?: JsonObject;
  /** What a person said of a conflict that was found as `found`; another one is asked about anew. */
  readonly onConflict?: { readonly decision: 'overwrite' | 'accept'; readonly found: string };
  /** Work that belongs to no state of the playbook, and goes on after the incident is closed: on what is held, or a later round. */
  readonly upkeep?: true;
  readonly createdAt: string;
  /** When the intent was committed. */
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** What the database counts when an attempt contains by itself. A type, not an interface: it is stored as JSON. */
export type ContainmentClaim = {
  readonly functionArn: string;
  readonly account: string;
  readonly tier: string;
  readonly exercise: boolean;
  readonly at: string;
  readonly limits: { readonly all: number; readonly account: number; readonly tier: number };
};

/** Who broke the glass, why and until when, and what another person said of it. */
export interface BreakGlass {
  readonly by: string;
  readonly reason: string;
  readonly at: string;
  readonly until: string;
  readonly review: {
    readonly by: string;
    readonly at: string;
    readonly verdict: 'justified' | 'unjustified';
    readonly note: string;
  } | null;
}

export interface HoldRow {
  readonly id: HoldId;
  /** Position among the incident's holds, from 0, in the order of opening. */
  readonly ordinal: number;
  readonly objectKey: string;
  readonly object: ActionObject;
  readonly attempt: AttemptId;
  readonly action: string;
  readonly input: JsonObject;
  readonly target: Target;
  readonly prior: JsonObject | null;
  readonly desired: JsonObject;
  readonly status: 'open' | 'restoring' | 'closed';
  /** The closed incident that had left it, where this one took it over; then `attempt` is one of that incident. */
  readonly adoptedFrom?: string;
  /** True for the hold that captured the prior state: it, or the last one left, restores. */
  readonly captor: boolean;
  readonly openedAt: string;
  readonly acceptedAt: string | null;
  /** When it was put again, the last time, because somebody had changed it. */
  readonly putAgainAt?: string;
  /** How often somebody changed it since a person last said to put it again, and what was found. */
  readonly drift?: { readonly times: number; readonly at: string; readonly found: string };
  readonly closedAt: string | null;
  /** `inherited`: another incident holds the object and will restore it. `not-needed`: nothing was written, or another hold of this incident is the same. */
  readonly closedAs: 'released' | 'inherited' | 'not-needed' | null;
  /** Who accepted that containment stays after the incident closed; the hold stays open. */
  readonly handedOverTo: string | null;
  /** Our own state on the way back, once it is there: a canary, which `desired` is no more. */
  readonly trial?: { readonly state: JsonObject; readonly at: string };
  /** When what was put is taken back by itself; such a hold contains nothing and outlives its incident. */
  readonly expiresAt?: string;
  /** Why the prior state is not back, though released: what is left to do, or was left on purpose. */
  readonly left?: string;
}

export interface TimerRow {
  readonly id: TimerId;
  /** `expiry`, `duty` and `follow-up` outlive the incident: the end of a hold, what people still owe, a later round. */
  readonly kind:
    | 'playbook'
    | 'retry'
    | 'approval'
    | 'task'
    | 'escalation'
    | 'expiry'
    | 'duty'
    | 'archive'
    | 'follow-up';
  /** `null` for what concerns people and no statechart: such timers go on while an incident is halted. */
  readonly chart: ChartId | null;
  /** XState's send id for playbook timers, so that a `cancel` finds it; a task's or a hold's id; the name of a round. */
  readonly name: string;
  /** Of a playbook timer; for a later round the attempt that was the first. */
  readonly event: string;
  readonly attempt: AttemptId | null;
  readonly status: 'armed' | 'fired' | 'cancelled';
  readonly dueAt: string;
}

export interface OutboxInsert {
  readonly id: OutboxId;
  readonly kind: string;
  /** Rows of one incident with the same key that wait at the same time are merged into the newest. */
  readonly mergeKey: string | null;
  readonly params: JsonObject;
  readonly createdAt: string;
}

export interface AlertInsert {
  readonly id: AlertId;
  readonly alert: Alert;
  readonly bytesSha256: string;
  readonly via: string;
  readonly sender: string;
  readonly receivedAt: string;
}

/** How the delivery of an outbox row ended, and where the message stands. */
export interface DeliveryRecord {
  readonly id: OutboxId;
  readonly owner: WorkerId;
  readonly status: 'sent' | 'failed';
  readonly result: JsonObject | null;
  readonly error: JsonObject | null;
  readonly place: { readonly channel: string; readonly cardTs: string | null } | null;
}

/** Timers that still fire on a closed incident: of what it left held, of later rounds, of the work on both, and of what people owe. */
export const OUTLIVES: ReadonlySet<TimerRow['kind']> = new Set([
  'expiry',
  'follow-up',
  'retry',
  'duty',
  'archive',
]);

/**
 * Work on what is held that belongs to no state of the playbook: taking back what was made to end, putting again what
 * somebody changed. It goes on after the incident is closed, for what is held outlives it.
 */
export const UPKEEP = 'hold.upkeep';
/** A later round of an action; see `follow-up.ts`. */
export const FOLLOW_UP = 'follow-up';
/** A person undoes one action; see `rollback.ts`. */
export const ROLLBACK = 'containment.rollback';
/** Invocations that no statechart made: none is told of their end, which would put XState in error. */
export const OUTSIDE_CHARTS: ReadonlySet<string> = new Set([UPKEEP, FOLLOW_UP, ROLLBACK]);

/** A final attempt never changes again. */
export function isFinal(state: AttemptState): boolean {
  return !['planned', 'reading', 'awaiting', 'running', 'unknown'].includes(state);
}
