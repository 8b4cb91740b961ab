import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EmbeddedSql } from '../../src/store/pglite.ts';
import { type ChaosRun, FAILURES, runWithSlack, type SlackFailure } from '../support/slack-chaos.ts';
import { freshDatabase } from '../support/template.ts';

/** Slack fails at one call after another, in every way: the incident ends the same, and nothing is said twice. */

let sql: EmbeddedSql;
let clean: ChaosRun;

beforeAll(async () => {
  sql = await freshDatabase();
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

const inWords = (failure: SlackFailure) => Object.values(failure).join(' ');
// What a person in the workspace forbids stays forbidden for that message: recorded, and not asked about again.
const isFinal = (failure: SlackFailure) => failure.kind === 'word' && failure.word === 'restricted_action';

describe('calls fail, one here and one there', () => {
  test('a clean run opens a channel, posts, pins and edits (what the rest is compared with)', () => {
    expect(clean.problems).toEqual([]);
    expect(clean.end).toMatchObject({ status: 'closed', left: [] });
    expect([...new Set(clean.calls)]).toEqual(
      expect.arrayContaining(['conversations.create', 'chat.postMessage', 'chat.update', 'pins.add']),
    );
    expect(clean.lost).toEqual([]);
  });

  // Several in one incident, far apart, so that the suite stays bounded: each kind once, and each once at a call of its own.
  const GROUPS = 5;
  test.each(
    Array.from({ length: GROUPS }, (_, group) => {
      const calls = FAILURES.flatMap((failure, call) =>
        call % GROUPS === group ? [[call, failure] as const] : [],
      );
      return [calls.map(([, failure]) => inWords(failure)).join(', '), new Map(calls)] as const;
    }),
  )(
    '%s',
    async (how, failures) => {
      const run = await runWithSlack(sql, (call) => failures.get(call));
      expectSameEnd(run, how);
      const final = [...failures.values()].filter(isFinal).length;
      expect(run.lost.length).toBeLessThanOrEqual(final);
    },
    120_000,
  );

  // The one that can be doubled: the work is done, and nobody is told.
  test.each(FAILURES.filter((failure) => 'effect' in failure && failure.effect === 'done'))(
    'the answer to the first message is lost: $kind',
    async (failure) => {
      const at = clean.calls.indexOf('chat.postMessage');
      const run = await runWithSlack(sql, (call) => (call === at ? failure : undefined));
      expectSameEnd(run, inWords(failure));
      expect(run.lost).toEqual([]);
    },
    120_000,
  );

  test('without the look into the history, a lost answer is said twice (control)', async () => {
    const at = clean.calls.indexOf('chat.postMessage');
    const run = await runWithSlack(
      sql,
      (call) => (call === at ? { kind: 'cut', effect: 'done' } : undefined),
      { forgetful: true },
    );
    expect(run.problems).toEqual([expect.stringContaining('posted 2 times')]);
  }, 60_000);
});

describe('a whole method fails for a while', () => {
  const UNTIL_MS = 3 * 60_000;
  const ways: readonly SlackFailure[] = [
    { kind: 'ratelimited' },
    { kind: 'http', status: 503, effect: 'none' },
    { kind: 'timeout', effect: 'none' },
  ];

  // A message in every way; the other methods in one of them each.
  test.each([
    ['conversations.create', 1],
    ['conversations.invite', 2],
    ['chat.postMessage', 0],
    ['chat.update', 0],
    ['pins.add', 1],
  ])(
    '%s: the playbook goes on, and people are told of the delay',
    async (method, way) => {
      for (const failure of ways.filter((_, index) => method === 'chat.postMessage' || index === way)) {
        const run = await runWithSlack(sql, (_call, called, sinceMs) =>
          called === method && sinceMs < UNTIL_MS ? failure : undefined,
        );
        expectSameEnd(run, `${method} ${inWords(failure)}`);
        expect(run.delays).toBeGreaterThan(0);
      }
      expect(clean.delays).toBe(0);
    },
    120_000,
  );
});
