import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EmbeddedSql } from '../../src/store/pglite.ts';
import { doubledMessages } from '../support/crash-run.ts';
import { type ChaosRun, FAILURES, runWithSlack, type SlackFailure } from '../support/slack-chaos.ts';
import { borrowedDatabase } from '../support/template.ts';

/** Slack fails at one call after another, in every way: the incident ends the same, and nothing is said twice. */

let sql: EmbeddedSql;
let clean: ChaosRun;

beforeAll(async () => {
  sql = await borrowedDatabase();
  clean = await runWithSlack(sql, () => undefined);
}, 120_000);
afterAll(() => sql.close());

/** What of `found` is not in `known`, each as often as it is more. */
function more(found: readonly string[], known: readonly string[]): string[] {
  const left = [...known];
  return found.filter((each) => {
    const at = left.indexOf(each);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function expectSameEnd(run: ChaosRun, how: string): void {
  expect({ how, problems: run.problems, end: run.end }).toEqual({ how, problems: [], end: clean.end });
  // A message that came too late to be asked is left out; none is said that was not said before.
  expect({ how, more: more(run.messages, clean.messages) }).toEqual({ how, more: [] });
  expect(run.messages.filter((kind) => kind === '"card"')).toHaveLength(1);
}

// What a person in the workspace forbids stays forbidden for that message: recorded, and not asked about again.
const isFinal = (failure: SlackFailure) => failure.kind === 'word' && failure.word === 'restricted_action';
const LOST: readonly SlackFailure[] = FAILURES.filter(
  (failure) => 'effect' in failure && failure.effect === 'done',
);

describe('calls fail, one here and one there', () => {
  test('a clean run opens a channel, posts, pins and edits (what the rest is compared with)', () => {
    expect(clean.problems).toEqual([]);
    expect(clean.end).toMatchObject({ status: 'closed', left: [] });
    expect([...new Set(clean.calls)]).toEqual(
      expect.arrayContaining(['conversations.create', 'chat.postMessage', 'chat.update', 'pins.add']),
    );
    expect(clean.channel).toMatchObject({ pins: 1, members: expect.arrayContaining(['U0ALICE000']) });
    expect(clean.lost).toEqual([]);
    expect(clean.delays).toEqual([]);
  });

  // Every second call of an incident fails, so that the suite stays bounded: each kind of failure at two calls of its own,
  // an even one and an odd one, and each of the first calls in two ways.
  test.each([
    ['even', FAILURES.map((failure, index) => [2 * index, failure] as const)],
    ['odd', FAILURES.toReversed().map((failure, index) => [2 * index + 1, failure] as const)],
  ])(
    'the %s calls in every way',
    async (which, planned) => {
      const failures = new Map(planned);
      const run = await runWithSlack(sql, (call) => failures.get(call));
      expect(run.calls.length).toBeGreaterThan(Math.max(...failures.keys()));
      expectSameEnd(run, which);
      const final = [...failures.values()].filter(isFinal).length;
      expect(run.lost.length).toBeLessThanOrEqual(final);
    },
    120_000,
  );

  // The one that can be doubled: the work is done, and nobody is told.
  test('the answer to every message is lost, in one way after another', async () => {
    let posts = 0;
    const run = await runWithSlack(sql, (_call, method) =>
      method === 'chat.postMessage' ? LOST[posts++ % LOST.length] : undefined,
    );
    expect(posts).toBeGreaterThan(LOST.length);
    expectSameEnd(run, 'lost answers');
    expect(run.lost).toEqual([]);
  }, 120_000);

  test('without the look into the history, a lost answer is said twice (control)', async () => {
    const at = clean.calls.indexOf('chat.postMessage');
    const run = await runWithSlack(
      sql,
      (call) => (call === at ? { kind: 'cut', effect: 'done' } : undefined),
      { forgetful: true, until: (slack) => doubledMessages(slack).length > 0 },
    );
    expect(run.problems).toEqual([expect.stringContaining('posted 2 times')]);
  }, 60_000);
});

describe('a whole method fails for a while, from the first time that it is called', () => {
  const UNTIL_MS = 3 * 60_000;
  const away: SlackFailure = { kind: 'http', status: 503, effect: 'none' };
  const limited: SlackFailure = { kind: 'ratelimited' };
  const silent: SlackFailure = { kind: 'timeout', effect: 'none' };

  // One method after another in one incident, each with a row of its own that waits for it. A message fails in every way.
  test.each<[string, Readonly<Record<string, readonly SlackFailure[]>>, readonly string[]]>([
    [
      'a channel is opened, a message, a pin',
      { 'conversations.create': [away], 'chat.postMessage': [away, silent], 'pins.add': [away] },
      ['open-channel', 'card', 'furnish'],
    ],
    [
      'people are invited, a message, an edit',
      { 'conversations.invite': [silent], 'chat.postMessage': [limited], 'chat.update': [limited] },
      ['open-channel', 'card', 'card'],
    ],
  ])(
    '%s: the playbook goes on, and people are told of the delay',
    async (_what, ways, waiting) => {
      const since = new Map<string, number>();
      const run = await runWithSlack(sql, (_call, method, ms) => {
        const first = since.get(method) ?? ms;
        since.set(method, first);
        const failures = ways[method] ?? [];
        return failures[Math.floor((failures.length * (ms - first)) / UNTIL_MS)];
      });
      expectSameEnd(run, Object.keys(ways).join(', '));
      expect(run.channel).toEqual(clean.channel);
      const told = run.delays.map((delay) => /; (\S+) waits$/.exec(delay)?.[1] ?? delay);
      // Told of each; what became due within the same outage may wait, too.
      expect(more(waiting, told)).toEqual([]);
    },
    120_000,
  );
});
