import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { seededIds } from '../../src/id.ts';
import type { EmbeddedSql } from '../../src/store/pglite.ts';
import { deaths, type Rewrite, type Run, runIncident } from '../support/crash-run.ts';
import type { CrashPoint } from '../support/mortal.ts';
import { borrowedDatabase } from '../support/template.ts';

/**
 * Dying before a call leaves the same outside world as dying after the one before it, so `after` each call, and `before`
 * the first, is the whole matrix: some two hundred moments, and each costs a whole incident. Two samples are played:
 * moments evenly over the incident, each as the only death of one; and two incidents whose every process dies, at
 * moments drawn from a seed, so that a process also dies while it completes what an earlier one left.
 */
const ALONE = 10;
const SEEDS = ['one', 'two'];
/** Calls that such a process lives to make: more than its start takes, up to more than any step of the incident. */
const SHORTEST = 8;
const LONGEST = 60;

let sql: EmbeddedSql;
let clean: Run;
beforeAll(async () => {
  sql = await borrowedDatabase();
  clean = await runIncident(sql, []);
}, 120_000);
afterAll(async () => {
  await sql.close();
});

const dieAfter = (index: number): CrashPoint => ({ index, when: 'after' });
const END = { deaths: 1, problems: [] };

/** The first before it has done anything, and each that follows after so many calls of its own. */
function lives(seed: string): readonly CrashPoint[] {
  const ids = seededIds(seed);
  const next = () => dieAfter(SHORTEST + Math.floor(ids.random() * (LONGEST - SHORTEST)));
  return [{ index: 0, when: 'before' }, ...Array.from({ length: 30 }, next)];
}

describe('an incident ends the same', () => {
  test('when nobody dies', () => {
    expect(clean).toMatchObject({ deaths: 0, problems: [] });
    expect(clean.calls.length).toBeGreaterThan(60);
  });

  test.each(Array.from({ length: ALONE }, (_, part) => part))(
    'when its process is killed at a commit or a call (part %i)',
    async (part) => {
      const index = deaths(clean.calls, ALONE)[part] ?? 0;
      const run = await runIncident(sql, [dieAfter(index)]);
      expect({ call: `${index} ${clean.calls[index]}`, ...run }).toMatchObject(END);
    },
  );

  test.each(SEEDS)('when its process is killed, and so is each that follows (%s)', async (seed) => {
    const run = await runIncident(sql, lives(seed));
    expect(run.problems).toEqual([]);
    expect(run.deaths).toBeGreaterThan(5); // control: they did die
  });
});

describe('a process that is killed right after it stopped the function', () => {
  const stopped = () => dieAfter(clean.calls.findIndex((name) => /^aws PUT .*concurrency$/.test(name)));

  test('CONTROL: without the intent record, the same run finds a second capture of our own write', async () => {
    const { problems } = await runIncident(sql, [stopped()], withoutIntent);
    expect(problems.join()).toContain('the account is not as before');
  });

  test('CONTROL: with the intent record, the same death is harmless', async () => {
    expect(await runIncident(sql, [stopped()])).toMatchObject(END);
  });
});

/** Leaves the intent to stop the function out: its attempt is stored as one that still reads, and holds nothing. */
const withoutIntent: Rewrite = (text, parameters) => {
  if (!text.includes('cordon.commit')) return parameters;
  const payload = JSON.parse(String(parameters[0]));
  const isStop = ({ action }: { readonly action?: unknown }) => action === 'lambda.reserve-zero-concurrency';
  if (payload.holds !== undefined) {
    payload.holds = payload.holds.filter((hold: { readonly action?: unknown }) => !isStop(hold));
    if (payload.holds.length === 0) delete payload.holds;
  }
  for (const attempt of payload.attempts ?? []) {
    if (isStop(attempt) && attempt.effect === 'contain' && attempt.state === 'running') {
      Object.assign(attempt, { state: 'reading', hold: null, prior: null, desired: null, startedAt: null });
    }
  }
  return [JSON.stringify(payload)];
};
