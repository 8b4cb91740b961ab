import { describe, expect, test } from '@jest/globals';
import { listExercises } from '../../../../src/main/exercise/library.ts';
import type { ExerciseResult } from '../../../../src/simulation/exercise/result.ts';
import type { Scenario } from '../../../../src/simulation/exercise/scenario.ts';
import { type Played, runExercise } from '../../../support/run-exercise.ts';

// The scenarios that ship are tests: each is played by its own script, in virtual time, with its own seed.

const ids = (await listExercises()).map(({ id }) => id);
const played = new Map<string, ExerciseResult>();

/** What did not come out as expected, with how it came out. */
function shortfalls({ score }: ExerciseResult): Readonly<Record<string, string>> {
  return Object.fromEntries(
    score.expectations.flatMap(({ id, verdict }) =>
      verdict === 'on-time' || verdict === 'kept' ? [] : [[id, verdict]],
    ),
  );
}

/** What a run comes to, without where it lies and when it was. */
function outcome({ score, status, incidents, attacker, startedAt, endedAt }: ExerciseResult) {
  return {
    score,
    status,
    attacker,
    startedAt,
    endedAt,
    incidents: incidents.map(({ id, timeline, evidence, metrics }) => ({ id, timeline, evidence, metrics })),
  };
}

/** The rows of the improvement plan: capability and issue. */
function improvements(report: string): readonly string[] {
  const plan = report.slice(report.indexOf('## Appendix A'), report.indexOf('## Hot wash'));
  return plan.split('\n').filter((line) => line.startsWith('| ') && /\*\*/.test(line));
}

test('there are exercises of every difficulty', async () => {
  const listed = await listExercises();
  expect(listed.length).toBeGreaterThanOrEqual(7);
  expect(new Set(listed.map(({ difficulty }) => difficulty)).size).toBe(3);
});

describe('an exercise that ships, played by its script', () => {
  test.each(ids)('%s comes out as it expects, and is closed with evidence that verifies', async (id) => {
    const { result, report } = await runExercise(id);
    played.set(id, result);
    expect(shortfalls(result)).toEqual({});
    expect(result.score.passed).toBe(true);
    expect(result.score.points).toBe(result.score.max);
    expect(result.status).toBe('closed');
    expect(result.attacker.stopped).toBe(true);
    for (const incident of result.incidents) {
      expect(incident.timeline.verified).toBe(true);
      expect(incident.evidence.problems).toEqual([]);
      expect(incident.evidence.items).toBeGreaterThan(0);
    }
    for (const part of ['# After-action report', '## Executive summary', '## Appendix A: improvement plan'])
      expect(report).toContain(part);
    expect(improvements(report)).toEqual([]);
  });

  test('comes to the same a second time: the same score, to the millisecond', async () => {
    const id = 'deploy-false-alarm';
    const first = played.get(id) ?? (await runExercise(id)).result;
    const again = (await runExercise(id)).result;
    expect(outcome(again)).toEqual(outcome(first));
  });
});

describe('CONTROL: an exercise that is solved badly', () => {
  /** Each case: the exercise, what its people do instead, and what is missed or violated because of it. */
  const cases: readonly (readonly [string, string, Scenario['script'], Readonly<Record<string, string>>])[] =
    [
      [
        'waving a real compromise through as a false alarm',
        'c2-callback',
        [
          {
            id: 'waves-through',
            who: 'alice',
            when: { question: 'triage' },
            delay: 3_000,
            says: 'Looks like the usual noise.',
            answer: { verdict: 'false_positive' },
          },
        ],
        {
          effective: 'missed',
          'no-key-after': 'not-tested',
          'not-false': 'violated',
          'true-positive': 'missed',
          released: 'missed',
        },
      ],
      [
        'denying a whole role for one of its functions',
        'shared-role',
        [
          {
            id: 'judges',
            who: 'alice',
            when: { question: 'triage' },
            delay: 20_000,
            answer: { verdict: 'true_positive' },
          },
          {
            id: 'widens',
            who: 'alice',
            when: { happens: { inject: 'temptation' } },
            delay: 5_000,
            command: '/cordon widen to be on the safe side',
          },
          { id: 'approves', who: 'bruno', when: { approval: 'any' }, delay: 5_000, approve: true },
          {
            id: 'releases',
            who: 'bruno',
            when: { question: 'recovery' },
            needs: { timeline: { kind: 'approval.given' } },
            delay: 60_000,
            answer: { decision: 'release' },
          },
        ],
        {
          'neighbours-not-denied': 'violated',
          'avatars-worked-off': 'missed',
          'not-approved': 'violated',
          reasoned: 'missed',
          redeployed: 'missed',
        },
      ],
    ];

  test.each(cases)('%s scores badly and says why', async (_, id, script, wrong) => {
    const { result, report }: Played = await runExercise(id, script);
    expect(shortfalls(result)).toEqual(wrong);
    expect(result.score.passed).toBe(false);
    expect(report).toContain('**Not passed**');
    expect(improvements(report)).toHaveLength(Object.keys(wrong).length);
    // Each objective that something went wrong under is rated lower than one that nothing did.
    for (const { id: objective, rating } of result.score.objectives) {
      const well = result.score.expectations
        .filter((each) => each.objective === objective)
        .every((each) => wrong[each.id] === undefined);
      expect({ objective, best: rating === 'P' }).toEqual({ objective, best: well });
    }
  });
});
