import type { Observed } from './record.ts';
import { matches } from './record.ts';
import type { Expectation, Scenario } from './scenario.ts';

/** How one expectation came out. */
export type Verdict =
  | 'on-time'
  | 'late'
  | 'missed'
  /** What must not happen did not. */
  | 'kept'
  /** What must not happen did. */
  | 'violated'
  /** Its clock never started, or what it counts from never came: nothing was shown, so nothing is earned. */
  | 'not-tested';

/** HSEEP's ratings: performed, with some challenges, with major challenges, unable to be performed. */
export type Rating = 'P' | 'S' | 'M' | 'U';

export interface ScoredExpectation {
  readonly id: string;
  readonly objective: string;
  readonly title: string;
  readonly why: string | null;
  readonly oblige: Expectation['oblige'];
  readonly verdict: Verdict;
  /** When it happened; `null` when it did not. */
  readonly at: string | null;
  /** Milliseconds from the inject that started its clock. */
  readonly afterMs: number | null;
  readonly withinMs: number | null;
  readonly points: number;
  readonly weight: number;
}

export interface ScoredObjective {
  readonly id: string;
  readonly text: string;
  readonly capability: string;
  readonly rating: Rating;
  readonly points: number;
  readonly max: number;
}

export interface ScoreCard {
  readonly points: number;
  readonly max: number;
  readonly passed: boolean;
  readonly objectives: readonly ScoredObjective[];
  readonly expectations: readonly ScoredExpectation[];
}

/**
 * Scores what happened against what was expected. `rolesOf` says which roles a responder has. Pure: the
 * same record gives the same score.
 */
export function score(
  scenario: Pick<Scenario, 'objectives' | 'expected' | 'scoring'>,
  record: readonly Observed[],
  rolesOf: (responder: string) => readonly string[],
): ScoreCard {
  const ordered = [...record].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const expectations = scenario.expected.map((each) =>
    scoreOne(each, ordered, scenario.scoring.late, rolesOf),
  );
  const objectives = scenario.objectives.map(({ id, text, capability }) => {
    const own = expectations.filter((each) => each.objective === id);
    return { id, text, capability, rating: rate(own), ...sum(own) };
  });
  const total = sum(expectations);
  const failed = expectations.some(
    (each) =>
      each.verdict === 'violated' ||
      (each.oblige === 'must' && (each.verdict === 'missed' || each.verdict === 'not-tested')),
  );
  return {
    ...total,
    passed: !failed && total.points >= scenario.scoring.pass * total.max,
    objectives,
    expectations,
  };
}

function scoreOne(
  expectation: Expectation,
  record: readonly Observed[],
  lateShare: number,
  rolesOf: (responder: string) => readonly string[],
): ScoredExpectation {
  const base = {
    id: expectation.id,
    objective: expectation.objective,
    title: expectation.title,
    why: expectation.why ?? null,
    oblige: expectation.oblige,
    withinMs: expectation.within ?? null,
    weight: expectation.weight,
  };
  const { from, since } = expectation;
  const fromIndex = from === undefined ? -1 : record.findIndex((each) => matches(each, from));
  const inject =
    since === undefined ? undefined : record.find((each) => each.kind === 'inject' && each.id === since);
  if ((from !== undefined && fromIndex === -1) || (since !== undefined && inject === undefined)) {
    return { ...base, verdict: 'not-tested', at: null, afterMs: null, points: 0 };
  }
  const found = record
    .slice(fromIndex + 1)
    .find(
      (each) =>
        expectation.anyOf.some((matcher) => matches(each, matcher)) &&
        byRole(each, expectation.role, rolesOf),
    );
  const afterMs =
    found === undefined || inject === undefined ? null : Date.parse(found.at) - Date.parse(inject.at);
  const verdict = verdictOf(expectation, found, afterMs);
  const share = verdict === 'on-time' || verdict === 'kept' ? 1 : verdict === 'late' ? lateShare : 0;
  return { ...base, verdict, at: found?.at ?? null, afterMs, points: share * expectation.weight };
}

function verdictOf(expectation: Expectation, found: Observed | undefined, afterMs: number | null): Verdict {
  if (expectation.oblige === 'must-not') return found === undefined ? 'kept' : 'violated';
  if (found === undefined) return 'missed';
  if (expectation.within === undefined || afterMs === null) return 'on-time';
  return afterMs <= expectation.within ? 'on-time' : 'late';
}

function byRole(
  observed: Observed,
  role: string | undefined,
  rolesOf: (responder: string) => readonly string[],
): boolean {
  if (role === undefined) return true;
  const actor = observed.kind === 'timeline' ? observed.entry.body?.actor : undefined;
  return typeof actor?.id === 'string' && actor.kind === 'responder' && rolesOf(actor.id).includes(role);
}

/**
 * P: everything that must be was on time, nothing forbidden happened, and nine tenths of the points are
 * there. S: all that must be was done. M: some of it was not, or something forbidden happened, with half
 * of the points. U: less than that.
 */
function rate(own: readonly ScoredExpectation[]): Rating {
  const { points, max } = sum(own);
  const share = max === 0 ? 0 : points / max;
  const musts = own.filter((each) => each.oblige === 'must');
  const violated = own.some((each) => each.verdict === 'violated');
  const allDone = musts.every((each) => each.verdict === 'on-time' || each.verdict === 'late');
  const allOnTime = musts.every((each) => each.verdict === 'on-time');
  if (allOnTime && !violated && share >= 0.9) return 'P';
  if (allDone && !violated) return 'S';
  return share >= 0.5 ? 'M' : 'U';
}

function sum(own: readonly ScoredExpectation[]): { readonly points: number; readonly max: number } {
  return {
    points: own.reduce((total, each) => total + each.points, 0),
    max: own.reduce((total, each) => total + each.weight, 0),
  };
}
