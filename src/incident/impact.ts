import { quarantineRole } from '../action/iam-quarantine-role.ts';
import { capConcurrency } from '../action/lambda-cap-concurrency.ts';
import { keepAsyncEvents } from '../action/lambda-keep-async-events.ts';
import { pauseEventSource } from '../action/lambda-pause-event-source.ts';
import { reserveZeroConcurrency } from '../action/lambda-reserve-zero-concurrency.ts';
import { scaleInstancesToZero } from '../action/lambda-scale-instances-to-zero.ts';
import type { HoldRow, IncidentState } from './state.ts';

/**
 * What containment breaks now, in facts out of what is held and what the manifests found. Instants are ISO 8601 in
 * UTC; names and ARNs are attacker-controlled.
 */
export interface Impact {
  /** Functions that answer every call with 429. */
  readonly stopped: readonly string[];
  /** Functions that run a few invocations at a time and throttle the rest. */
  readonly capped: readonly string[];
  /** Calls that were turned away, a minute since the stop, as CloudWatch last counted; `null` before the first look. */
  readonly throttlesPerMinute: number | null;
  /** Sources whose events wait in them, until their retention. */
  readonly paused: readonly PausedSource[];
  /** Where asynchronous events of what is stopped are kept: ARNs of sinks. */
  readonly keptIn: readonly string[];
  /** Stopped functions whose asynchronous events are lost where a qualifier has no destination of its own. */
  readonly dropping: readonly string[];
  /** Asynchronous events of stopped functions that were lost so far, as CloudWatch last counted; `null` before the first look. */
  readonly dropped: number | null;
  /** How many others use the roles of the targets, the most of any target; `null` when nobody could count them. */
  readonly siblings: number | null;
  /** Roles that are denied as a whole: whoever else uses them is stopped too. */
  readonly deniedRoles: readonly string[];
  /** True while a role could be denied as a whole that is denied for this function alone. */
  readonly canWiden: boolean;
  /** The first instant at which a source gives up what it keeps; `null` when none is known. */
  readonly firstLoss: { readonly at: string; readonly source: string } | null;
}

export interface PausedSource {
  /** ARN of the stream or queue; `null` when it could not be read. */
  readonly source: string | null;
  readonly since: string;
  /** When it first gives up what came after the pause; `null` where nobody can say. */
  readonly keepsUntil: string | null;
  /** True for a limit of the service; false for its default, which the owner may have changed. */
  readonly certain: boolean;
}

const HOUR_MS = 3_600_000;

/**
 * How long a source keeps what nobody takes, by its service: DynamoDB streams 24 hours (developer guide, "Change data
 * capture for DynamoDB Streams"); Kinesis at least 24 hours, its default (developer guide, "Changing the data
 * retention period"); SQS 4 days by default, which its owner may have changed (developer guide, "Message retention").
 */
const RETENTION: Readonly<Record<string, { readonly ms: number; readonly certain: boolean }>> = {
  dynamodb: { ms: 24 * HOUR_MS, certain: true },
  kinesis: { ms: 24 * HOUR_MS, certain: false },
  sqs: { ms: 96 * HOUR_MS, certain: false },
};

/** Pure: what the incident's open holds break, and until when nothing is lost. */
export function impactOf(state: IncidentState): Impact {
  const held = [...state.holds.values()].filter(
    (hold) => hold.status !== 'closed' && hold.expiresAt === undefined && hold.acceptedAt !== null,
  );
  const of = (...actions: readonly { readonly id: string }[]) =>
    held.filter((hold) => actions.some(({ id }) => id === hold.action));
  const stopped = of(reserveZeroConcurrency, scaleInstancesToZero);
  const kept = of(keepAsyncEvents);
  const paused = of(pauseEventSource).flatMap(pausedSource);
  const losses = paused.flatMap(({ keepsUntil, source }) =>
    keepsUntil === null || source === null ? [] : [{ at: keepsUntil, source }],
  );
  const stoppedNames = namesOf(stopped);
  const quarantines = of(quarantineRole);
  const whole = new Set(quarantines.filter(isWhole).map((hold) => hold.object.arn));
  return {
    stopped: stoppedNames,
    capped: namesOf(of(capConcurrency)).filter((name) => !stoppedNames.includes(name)),
    throttlesPerMinute: throttlesPerMinute(state, stopped),
    paused,
    keptIn: distinct(kept.map((hold) => String(hold.desired.sink ?? ''))),
    dropping: namesOf(stopped.filter((hold) => keepsNothing(state, hold))),
    dropped: droppedOf(state, stopped),
    siblings: siblingsOf(state),
    deniedRoles: [...whole],
    canWiden: quarantines.some((hold) => !whole.has(hold.object.arn)),
    firstLoss: losses.sort((a, b) => a.at.localeCompare(b.at))[0] ?? null,
  };
}

/** The mean since the stop of each function, together: what callers suffer, and not what an attacker alone does. */
function throttlesPerMinute({ record }: IncidentState, stopped: readonly HoldRow[]): number | null {
  const rates = stopped.flatMap(({ target, acceptedAt }) => {
    const watch = record.watches?.[target.functionArn];
    if (watch === undefined || watch.lookedAt === null || acceptedAt === null) return [];
    const minutes = (Date.parse(watch.lookedAt) - Date.parse(acceptedAt)) / 60_000;
    return minutes <= 0 ? [] : [watch.throttled / Math.max(1, minutes)];
  });
  return rates.length === 0 ? null : Math.round(rates.reduce((sum, rate) => sum + rate, 0));
}

/**
 * Counted from the minute of the stop on, so it may hold a few that were given up in that minute before it: more than what
 * containment cost is said rather than less.
 */
function droppedOf({ record }: IncidentState, stopped: readonly HoldRow[]): number | null {
  const counts = [...new Set(stopped.map(({ target }) => target.functionArn))].flatMap((functionArn) => {
    const watch = record.watches?.[functionArn];
    return watch === undefined || watch.lookedAt === null ? [] : [watch.dropped ?? 0];
  });
  return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
}

function pausedSource(hold: HoldRow): PausedSource[] {
  const { prior, acceptedAt, openedAt } = hold;
  const source = typeof prior?.source === 'string' ? prior.source : null;
  // It was paused by somebody else before: nothing waits because of us.
  if (prior?.state === 'Disabled' || prior?.state === 'Deleted') return [];
  const since = acceptedAt ?? openedAt;
  const retention = source === null ? undefined : RETENTION[source.split(':')[2] ?? ''];
  return [
    {
      source,
      since,
      keepsUntil: retention === undefined ? null : new Date(Date.parse(since) + retention.ms).toISOString(),
      certain: retention?.certain ?? false,
    },
  ];
}

/** Whether the account has nowhere to keep the events of a stopped function, or the way there could not be set. */
function keepsNothing(state: IncidentState, { target }: HoldRow): boolean {
  if ((target.means?.sink ?? null) === null) return true;
  return [...state.attempts.values()].some(
    (attempt) =>
      attempt.action === keepAsyncEvents.id &&
      attempt.target?.functionArn === target.functionArn &&
      attempt.state !== 'succeeded',
  );
}

function siblingsOf({ record }: IncidentState): number | null {
  const known = record.targets.map((target) => record.sharedWith[target.functionArn] ?? -1);
  return known.length === 0 || known.includes(-1) ? null : Math.max(...known);
}

function isWhole(hold: HoldRow): boolean {
  return hold.desired.functionArn === null;
}

function namesOf(holds: readonly HoldRow[]): readonly string[] {
  return distinct(holds.map((hold) => hold.target.functionName));
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)].filter((value) => value !== '');
}
