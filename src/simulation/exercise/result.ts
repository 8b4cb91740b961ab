import type { TimelineMetrics } from '../../timeline/metrics.ts';
import { matches, type Observed } from './record.ts';
import type { Matcher } from './scenario.ts';
import type { ScoreCard } from './score.ts';

/** What came of an exercise. Plain JSON; instants are ISO 8601 in UTC, paths absolute. */
export interface ExerciseResult {
  /** Names the run and its folder. */
  readonly run: string;
  readonly exercise: string;
  readonly version: number;
  readonly title: string;
  readonly speed: 'live' | 'virtual';
  readonly startedAt: string;
  readonly endedAt: string;
  readonly status: 'closed' | 'open' | 'halted';
  readonly incidents: readonly IncidentResult[];
  readonly attacker: AttackerResult;
  readonly score: ScoreCard;
  /** Folder of the run: the report, and what happened, line by line. */
  readonly folder: string;
  readonly report: string;
}

export interface IncidentResult {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly status: 'closed' | 'open' | 'halted';
  readonly lead: string | null;
  readonly metrics: TimelineMetrics;
  readonly timeline: { readonly entries: number; readonly verified: boolean };
  readonly evidence: {
    readonly items: number;
    readonly missing: number;
    readonly verified: boolean;
    readonly problems: readonly string[];
  };
  readonly postmortem: string | null;
}

export interface AttackerResult {
  /** Calls and invocations that reached the account. */
  readonly calls: number;
  readonly succeeded: number;
  readonly deniedCalls: number;
  readonly throttledInvocations: number;
  /** Calls with stolen credentials that succeeded after containment was effective. */
  readonly succeededAfterContainment: number;
  readonly lastSuccessAt: string | null;
  readonly firstRefusalAt: string | null;
  /** In the end each stolen session was refused, and the public door was; or nobody attacked. How long it took is beside it. */
  readonly stopped: boolean;
}

const CONTAINED: Matcher = { timeline: { kind: 'containment.level', data: { level: 'effective' } } };

/** What the account itself says of the attacker, from its own journal. Pure. */
export function attackerResult(record: readonly Observed[]): AttackerResult {
  const contained = record.find((each) => matches(each, CONTAINED));
  const alerted = record.find((each) => matches(each, { timeline: { kind: 'alert.accepted' } }));
  const calls = record.flatMap((each) => (each.kind === 'account' && each.by === 'attacker' ? [each] : []));
  /** With a session of the function's role; a leaked key of somebody else's is not in the function to be contained. */
  const stolen = (each: (typeof calls)[number]) => each.call.principalArn.includes(':assumed-role/');
  const ok = calls.filter((each) => each.outcome === 'ok');
  const refused = calls.filter((each) => each.outcome === 'denied' || each.outcome === 'throttled');
  const deniedCalls = refused.filter((each) => each.outcome === 'denied').length;
  const throttledInvocations = refused.length - deniedCalls;
  const succeededAfterContainment = ok.filter(
    // After release the public function answers again; stolen credentials must not.
    (each) => contained !== undefined && each.at > contained.at && stolen(each),
  ).length;
  // What was done before the alert and never again was not there to be stopped; other answers show neither.
  const answered = calls.filter(
    (each) => alerted !== undefined && each.at >= alerted.at && (ok.includes(each) || refused.includes(each)),
  );
  const lastOfEach = new Map(answered.filter(stolen).map((each) => [each.call.accessKeyId, each] as const));
  const invoked = answered.filter((each) => each.call.operation === 'Invoke');
  return {
    calls: calls.length,
    succeeded: ok.length,
    deniedCalls,
    throttledInvocations,
    succeededAfterContainment,
    lastSuccessAt: ok.at(-1)?.at ?? null,
    firstRefusalAt: refused[0]?.at ?? null,
    stopped:
      [...lastOfEach.values()].every((each) => refused.includes(each)) &&
      (invoked.length === 0 || invoked.some((each) => refused.includes(each))),
  };
}
