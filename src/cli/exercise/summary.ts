import { relative } from 'node:path';
import type { Config } from '../../config.ts';
import type { exercise } from '../../main/exercise/exercise.ts';
import type { Output } from '../output.ts';
import { shown } from '../output.ts';

export type ExerciseResult = Awaited<ReturnType<typeof exercise>>;

/** The last line of `--json`: what came of it. */
export function summaryData(result: ExerciseResult) {
  const [incident] = result.incidents;
  const { deniedCalls, throttledInvocations, ...attacker } = result.attacker;
  return {
    type: 'summary',
    incident: incident?.id ?? null,
    status: result.status,
    alertToContainedMs: incident?.metrics.timeToEffectiveMs ?? null,
    evidence: {
      items: incident?.evidence.items ?? 0,
      verified: evidenceVerified(result),
      missing: incident?.evidence.missing ?? 0,
    },
    attacker: { deniedCalls, throttledInvocations, ...attacker },
    postmortem: incident?.postmortem ?? null,
    number: incident?.number ?? null,
    alertToWritesAcceptedMs: incident?.metrics.timeToAcceptedMs ?? null,
    timeline: incident?.timeline ?? { entries: 0, verified: false },
    exercise: result.exercise,
    run: result.run,
    speed: result.speed,
    passed: result.score.passed,
    points: result.score.points,
    maxPoints: result.score.max,
    objectives: result.score.objectives.map(({ id, rating, points, max }) => ({ id, rating, points, max })),
    expectations: result.score.expectations.map(({ id, verdict, afterMs, points, weight }) => ({
      id,
      verdict,
      afterMs,
      points,
      weight,
    })),
    report: result.report,
  };
}

/** True when every incident has evidence, and all of it verifies. */
function evidenceVerified(result: ExerciseResult): boolean {
  return (
    result.incidents.length > 0 &&
    result.incidents.every(({ evidence }) => evidence.verified && evidence.items > 0)
  );
}

/** True when the incident ran its whole course: closed, evidence verified, attacker stopped. */
export function wentWell(result: ExerciseResult): boolean {
  return (
    result.status === 'closed' &&
    evidenceVerified(result) &&
    result.incidents.every(({ timeline }) => timeline.verified) &&
    result.attacker.stopped
  );
}

/** What came of it, for people. */
export function printSummary(out: Output, result: ExerciseResult): void {
  const { paint } = out;
  const { attacker, score } = result;
  const [incident] = result.incidents;
  const good = wentWell(result);
  out.line();
  out.line(
    good
      ? paint.bold(
          paint.green(
            attacker.calls === 0
              ? 'The incident is closed, and its evidence verifies.'
              : 'The incident is closed, its evidence verifies, and the attacker was stopped.',
          ),
        )
      : paint.bold(paint.red(problemOf(result))),
  );
  const rows: (readonly [string, string])[] = [
    ['Containment writes accepted', after(incident?.metrics.timeToAcceptedMs)],
    ['Contained, shown to be effective', after(incident?.metrics.timeToEffectiveMs)],
    ['Taken up by a person', after(incident?.metrics.timeToAcknowledgeMs)],
    [
      'Attacker',
      attacker.calls === 0
        ? 'nobody attacked'
        : `${attacker.deniedCalls} calls denied and ${attacker.throttledInvocations} invocations throttled by the account; ${
            attacker.succeededAfterContainment
          } calls with stolen credentials succeeded after containment`,
    ],
    [
      'Evidence',
      `${incident?.evidence.items ?? 0} items, ${evidenceVerified(result) ? 'verified' : 'NOT verified'}`,
    ],
    [
      'Timeline',
      `${incident?.timeline.entries ?? 0} entries, ${incident?.timeline.verified === true ? 'chain intact' : 'chain BROKEN'}`,
    ],
    ['Score', `${score.points} of ${score.max}, ${score.passed ? 'passed' : 'not passed'}`],
    ['Postmortem', incident?.postmortem == null ? 'none' : pathOf(incident.postmortem)],
    ['Exercise report', pathOf(result.report)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) out.line(`  ${paint.dim(name.padEnd(width))}  ${shown(value)}`);
}

/** The rating of each objective, and what did not come out as expected. */
export function printScore(out: Output, result: ExerciseResult): void {
  const { paint } = out;
  out.line();
  out.table(
    ['objective', 'rating', 'points'],
    result.score.objectives.map((each) => [
      shown(each.text, 90),
      each.rating === 'P' || each.rating === 'S' ? paint.green(each.rating) : paint.red(each.rating),
      `${each.points} of ${each.max}`,
    ]),
  );
  for (const each of result.score.expectations) {
    if (each.verdict === 'on-time' || each.verdict === 'kept') continue;
    out.line(paint.yellow(`  ! ${shown(each.title, 120)}: ${each.verdict}`));
  }
}

/** Where to look next. With a database server configured, commands would look there instead. */
export function printNextSteps(out: Output, result: ExerciseResult, config: Config): void {
  const [incident] = result.incidents;
  if (incident === undefined) return;
  const prefix = config.databaseUrl === undefined ? '' : 'DATABASE_URL= ';
  const name = `INC-${incident.number}`;
  out.line();
  out.line('Look further:');
  for (const command of [`show ${name}`, `timeline verify ${name}`, `evidence verify ${name}`]) {
    out.line(`  ${out.paint.bold(`${prefix}npx cordon ${command}`)}`);
  }
}

function problemOf(result: ExerciseResult): string {
  if (result.status !== 'closed') return `The incident was left ${result.status}.`;
  if (!evidenceVerified(result)) return 'The incident is closed, and its evidence does NOT verify.';
  if (!result.attacker.stopped) return 'The incident is closed, and the attacker was NOT stopped.';
  return 'The incident is closed, and its timeline does NOT verify.';
}

function after(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return 'never';
  return `${(ms / 1000).toFixed(2)} s after the alert`;
}

/** Relative where that is shorter: what somebody can copy. */
function pathOf(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
