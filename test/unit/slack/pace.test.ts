import { afterEach, describe, expect, test } from '@jest/globals';
import { createPace, NotItsTurn } from '../../../src/slack/pace.ts';
import { steppedClock } from '../../support/stepped-clock.ts';
import { row, type Stage, stage } from './harness.ts';

/** When each of these calls was let through, in milliseconds from the first; `late` for one that was sent away. */
async function turns(calls: readonly (readonly [method: string, channel: string])[]) {
  const time = steppedClock();
  const pace = createPace(time.clock);
  const startMs = time.clock.now().getTime();
  const through = calls.map(([method, channel]) =>
    pace.turn(method, channel).then(
      () => time.clock.now().getTime() - startMs,
      (error: unknown) => (error instanceof NotItsTurn ? 'late' : 'wrong'),
    ),
  );
  await time.advance(120_000);
  return Promise.all(through);
}

describe('the pace of one workspace', () => {
  test('is a message a second in each channel, in order, and no slower in another', async () => {
    const one = ['chat.postMessage', 'C1'] as const;
    const other = ['chat.postMessage', 'C2'] as const;
    expect(await turns([one, one, one, other])).toEqual([0, 1000, 2000, 0]);
    // Further away than a delivery should wait in memory: it goes back into the outbox.
    expect(await turns([one, one, one, one])).toEqual([0, 1000, 2000, 'late']);
  });

  test('is that of its tier for every other method', async () => {
    const all = await turns(Array.from({ length: 21 }, () => ['pins.add', 'C1'] as const));
    expect(all.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 0));
    expect(all[20]).toBe('late');
    const edits = await turns(Array.from({ length: 50 }, () => ['chat.update', 'C1'] as const));
    expect(edits.every((at) => at === 0)).toBe(true);
  });

  test('stops one method for as long as Slack says, and no other', async () => {
    const time = steppedClock();
    const pace = createPace(time.clock);
    pace.limited('chat.postMessage', 30_000);
    await expect(pace.turn('chat.postMessage', 'C1')).rejects.toMatchObject({ afterMs: 30_000 });
    await expect(pace.turn('chat.postMessage', 'C2')).rejects.toMatchObject({ afterMs: 30_000 });
    await pace.turn('chat.update', 'C1');
    await time.advance(30_000);
    await pace.turn('chat.postMessage', 'C1');
  });

  test('lets nothing through that a process was about to say when it stood still', async () => {
    const woken = async (lateMs: number) => {
      let nowMs = Date.parse('2026-11-24T03:00:00Z');
      const pace = createPace({
        now: () => new Date(nowMs),
        monotonicMs: () => nowMs,
        sleep: async (ms) => {
          nowMs += ms + lateMs;
        },
      });
      await pace.turn('chat.postMessage', 'C1');
      return pace.turn('chat.postMessage', 'C1');
    };
    await expect(woken(5_000)).rejects.toMatchObject({ name: 'NotItsTurn', afterMs: 0 });
    await woken(100); // control: a busy machine is no frozen one
  });
});

describe('the app', () => {
  let on: Stage;
  afterEach(() => on.close());

  test('asks nothing of a method that Slack has closed, and goes on with the others', async () => {
    on = await stage();
    const channel = await on.open(row('card'));
    on.slack.faults.plan('chat.postMessage', { kind: 'ratelimited', retryAfterS: 30 });
    const asking = row('question', { invocation: 'inv-1' });
    expect(await on.deliver(asking)).toMatchObject({ kind: 'retry', afterMs: 30_000, exact: true });
    const calls = on.slack.journal.length;
    on.advance(10_000);
    expect(await on.deliver(asking)).toMatchObject({ kind: 'retry', afterMs: 20_000, exact: true });
    expect(on.slack.journal).toHaveLength(calls);
    expect(await on.deliver(row('card'))).toMatchObject({ kind: 'sent' });
    on.advance(20_000);
    expect(await on.deliver({ ...asking, madeAt: '2026-03-01T03:00:00.000Z' })).toMatchObject({
      kind: 'sent',
    });
    const shown = JSON.stringify(on.slack.people.messages(channel).at(-1)?.blocks);
    expect(shown).toContain('Slack delayed this by');
    expect(shown).toContain('03:00 UTC');
  });

  test('says nothing of a delay where there was none (control)', async () => {
    on = await stage();
    const channel = await on.open(row('card'));
    await on.deliver({ ...row('question', { invocation: 'inv-1' }), madeAt: '2026-03-01T02:59:45.000Z' });
    expect(JSON.stringify(on.slack.people.messages(channel).at(-1)?.blocks)).not.toContain('delayed');
  });

  test('stays within the rates of the double, whose clock counts every call', async () => {
    on = await stage({ double: { rateLimits: true } });
    await on.open(row('card'));
    for (let count = 0; count < 8; count += 1) {
      expect(await on.deliver(row('announce', { name: 'halted' }))).toMatchObject({ kind: 'sent' });
    }
    expect(on.slack.journal.filter(({ outcome }) => outcome === 'ratelimited')).toEqual([]);
  });
});
