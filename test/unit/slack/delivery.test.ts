import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeChannel } from '../../../src/simulation/slack-double/conversation-methods.ts';
import {
  ALICE,
  approval,
  BOB,
  GUEST,
  incident,
  question,
  row,
  STRANGER,
  type Stage,
  stage,
} from './harness.ts';

let on: Stage;

beforeEach(async () => {
  on = await stage();
});
afterEach(async () => {
  await on.close();
});

describe('opening the channel', () => {
  test('opens a private channel with topic and purpose, and invites people', async () => {
    const id = await on.open();
    const channel = on.slack.people.channel(id);
    expect(channel).toMatchObject({ name: 'inc-12-checkout', isPrivate: true });
    expect(channel.topic).toContain('INC-12');
    expect(channel.purpose).toContain('inc-abc');
    expect([...channel.members]).toEqual([on.slack.botUserId, ALICE, BOB]);
  });

  test('keeps guests and people of other organisations out, and says so', async () => {
    on.engine.invited.splice(0, 2, GUEST, STRANGER, ALICE, 'U0NOBODY00');
    const outcome = await on.deliver(row('open-channel'));
    expect(outcome).toMatchObject({
      kind: 'sent',
      result: {
        notes: [
          expect.stringContaining(`${GUEST} was not invited: it is a guest`),
          expect.stringContaining(`${STRANGER} was not invited: it belongs to another organisation`),
          expect.stringContaining('U0NOBODY00'),
        ],
      },
    });
    const members = [...on.slack.people.channel('inc-12-checkout').members];
    expect(members).toEqual([on.slack.botUserId, ALICE]);
  });

  test('adopts its own channel when the answer to opening it was lost', async () => {
    on.slack.faults.plan('conversations.create', { kind: 'lost', effect: 'done' });
    const opening = row('open-channel');
    expect(await on.deliver(opening)).toMatchObject({ kind: 'retry' });
    expect(await on.deliver(opening)).toMatchObject({ kind: 'sent' });
    expect(on.slack.people.channels().map((channel) => channel.name)).toEqual(['general', 'inc-12-checkout']);
  });

  test('goes on with its channel when a later step failed, and invites nobody twice', async () => {
    on.slack.faults.plan('conversations.invite', { kind: 'ratelimited', retryAfterS: 7 });
    const opening = row('open-channel');
    expect(await on.deliver(opening)).toMatchObject({ kind: 'retry', afterMs: 7000 });
    on.advance(7_000);
    expect(await on.deliver(opening)).toMatchObject({ kind: 'sent', result: { notes: [] } });
    expect(on.slack.people.channel('inc-12-checkout').members.has(ALICE)).toBe(true);
  });

  test("leaves another's channel of the same name alone and takes a suffix", async () => {
    const taken = await stage({ double: { channels: [{ name: 'inc-12-checkout', members: [ALICE] }] } });
    await taken.open();
    expect(taken.slack.people.channels().map((channel) => channel.name)).toEqual([
      'inc-12-checkout',
      'inc-12-checkout-2',
    ]);
    await taken.close();
  });

  test('leaves its own channel of another incident alone: numbers may begin again, ids do not', async () => {
    const old = makeChannel(on.slack.workspace, {
      name: 'inc-12-checkout',
      isPrivate: true,
      creator: on.slack.botUserId,
      nowMs: Date.parse('2026-01-01T00:00:00Z'),
    });
    old.purpose = 'Cordon incident inc-other. Decisions are in the pinned card.';
    const id = await on.open();
    expect(on.slack.people.channel(id).name).toBe('inc-12-checkout-2');
  });
});

describe('posting', () => {
  test('posts the card, pins it, then edits the same message', async () => {
    const channel = await on.open(row('card'), row('furnish'));
    on.engine.set({ level: 'breached' });
    await on.deliver(row('card'));
    const messages = on.slack.people.messages(channel);
    expect(messages).toHaveLength(1);
    expect(messages[0]?.text).toContain('BREACHED');
    expect(on.slack.people.channel(channel).pins.has(messages[0]?.ts ?? '')).toBe(true);
    // An edit keeps the mark of the row that posted it.
    expect(messages[0]?.metadata).toMatchObject({ event_type: 'cordon_outbox' });
  });

  test('renders from the incident as it is when it is sent', async () => {
    await on.open();
    const late = row('card');
    on.engine.set({ title: 'news since the row was written' });
    await on.deliver(late);
    expect(on.slack.people.messages('inc-12-checkout')[0]?.text).toContain('news since');
  });

  test.each(['lost', 'http'] as const)(
    'posts exactly one message when the answer was %s after it took effect',
    async (kind) => {
      const channel = await on.open();
      on.slack.faults.plan(
        'chat.postMessage',
        kind === 'lost' ? { kind, effect: 'done' } : { kind, status: 503, effect: 'done' },
      );
      const asking = row('question', { invocation: 'inv-1' });
      expect(await on.deliver(asking)).toMatchObject({ kind: 'unknown' });
      const [posted] = on.slack.people.messages(channel);
      expect(await on.deliver(asking, true)).toEqual({
        kind: 'sent',
        result: { channel, ts: posted?.ts, notes: [], posted: true },
      });
      expect(on.slack.people.messages(channel)).toHaveLength(1);
    },
  );

  test('posts two without the look into the history (control)', async () => {
    const channel = await on.open();
    on.slack.faults.plan('chat.postMessage', { kind: 'lost', effect: 'done' });
    const asking = row('question', { invocation: 'inv-1' });
    await on.deliver(asking);
    await on.deliver(asking, false);
    expect(on.slack.people.messages(channel)).toHaveLength(2);
  });

  test('posts after an unknown outcome that had no effect', async () => {
    const channel = await on.open();
    on.slack.faults.plan('chat.postMessage', { kind: 'lost', effect: 'none' });
    const asking = row('question', { invocation: 'inv-1' });
    expect(await on.deliver(asking)).toMatchObject({ kind: 'unknown' });
    expect(await on.deliver(asking, true)).toMatchObject({ kind: 'sent' });
    expect(on.slack.people.messages(channel)).toHaveLength(1);
  });

  test('finds its message behind hundreds of others', async () => {
    const channel = await on.open();
    on.slack.faults.plan('chat.postMessage', { kind: 'lost', effect: 'done' });
    const asking = row('question', { invocation: 'inv-1' });
    await on.deliver(asking);
    for (let count = 0; count < 450; count += 1) on.slack.people.say(ALICE, channel, `chatter ${count}`);
    const [posted] = on.slack.people.messages(channel);
    expect(await on.deliver(asking, true)).toMatchObject({ kind: 'sent', result: { ts: posted?.ts } });
  });

  test('does not post again while the history cannot be read, and says so', async () => {
    const channel = await on.open();
    on.slack.faults.plan('chat.postMessage', { kind: 'lost', effect: 'done' });
    const asking = row('question', { invocation: 'inv-1' });
    await on.deliver(asking);
    on.slack.faults.plan('conversations.history', { kind: 'http', status: 500, effect: 'none' });
    expect(await on.deliver(asking, true)).toEqual({
      kind: 'unknown',
      code: 'cordon_slack_history_unreadable',
    });
    on.slack.faults.plan('conversations.history', { kind: 'refuse', error: 'channel_not_found' });
    expect(await on.deliver(asking, true)).toMatchObject({
      kind: 'failed',
      code: 'cordon_slack_history_unreadable',
    });
    expect(on.slack.people.messages(channel)).toHaveLength(1);
  });

  test('maps a rate limit to a later try', async () => {
    await on.open();
    on.slack.faults.plan('chat.postMessage', { kind: 'ratelimited', retryAfterS: 30 });
    expect(await on.deliver(row('question', { invocation: 'inv-1' }))).toEqual({
      kind: 'retry',
      afterMs: 30_000,
      code: 'cordon_slack_rate_limited',
      exact: true,
    });
  });

  test('fails for good in an archived channel, with what to do about it', async () => {
    const channel = await on.open();
    on.slack.people.channel(channel).isArchived = true;
    expect(await on.deliver(row('announce', { name: 'halted' }))).toMatchObject({
      kind: 'failed',
      code: 'cordon_slack_refused',
      message: expect.stringContaining('is_archived'),
    });
  });

  test('says in the thread of the card what the card says already, and finds it there again', async () => {
    const channel = await on.open(row('card'));
    const [card] = on.slack.people.messages(channel);
    const quiet = row('announce', { name: 'containment-effective', functionArn: 'arn' });
    on.slack.faults.plan('chat.postMessage', { kind: 'lost', effect: 'done' });
    expect(await on.deliver(quiet)).toMatchObject({ kind: 'unknown' });
    expect(await on.deliver(quiet, true)).toMatchObject({ kind: 'sent' });
    await on.deliver(row('announce', { name: 'halted' }));
    expect(on.slack.people.messages(channel).map(({ threadTs }) => threadTs)).toEqual([
      undefined,
      card?.ts,
      undefined,
    ]);
  });

  test('waits while there is no channel yet', async () => {
    expect(await on.deliver(row('card'))).toMatchObject({ kind: 'retry', code: 'cordon_slack_no_channel' });
  });

  test('asks nothing that is settled already', async () => {
    await on.open();
    on.engine.set({ questions: [question({ status: 'withdrawn' })] });
    expect(await on.deliver(row('question', { invocation: 'inv-1' }))).toMatchObject({ kind: 'skipped' });
  });

  test('turns the question into who answered what, with nothing left to press', async () => {
    const channel = await on.open(row('question', { invocation: 'inv-1' }));
    on.engine.set({
      questions: [
        question({
          status: 'answered',
          answeredBy: 'alice',
          settledAt: '2026-03-01T03:01:00.000Z',
          answer: { verdict: 'true_positive', severity: 1 },
        }),
      ],
    });
    await on.deliver(row('question-settled', { invocation: 'inv-1' }));
    const messages = on.slack.people.messages(channel);
    expect(messages).toHaveLength(1);
    expect(messages[0]?.text).toContain('True positive · 1 critical');
    expect(messages[0]?.text).toContain(`<@${ALICE}>`);
    expect(messages[0]?.blocks.some((block) => block.type === 'actions')).toBe(false);
  });

  test('posts the card again when somebody deleted it', async () => {
    const channel = await on.open(row('card'));
    on.slack.people.channel(channel).messages.length = 0;
    expect(await on.deliver(row('card'))).toMatchObject({ kind: 'sent' });
    expect(on.slack.people.messages(channel)).toHaveLength(1);
  });

  test.each(['invalid_auth', 'missing_scope', 'token_revoked'])(
    'waits for the installation to be mended: %s',
    async (error) => {
      await on.open();
      on.slack.faults.plan('chat.postMessage', { kind: 'refuse', error });
      expect(await on.deliver(row('announce', { name: 'halted' }))).toEqual({
        kind: 'retry',
        afterMs: 60_000,
        code: `cordon_slack_${error}`,
      });
    },
  );

  test('counts a second approval on the same card', async () => {
    const channel = await on.open(row('approval', { attempt: 'att-7' }));
    on.engine.set({
      approvals: [approval({ quorum: 2, given: [{ by: 'alice', at: '2026-03-01T03:02:00.000Z' }] })],
    });
    await on.deliver(row('approval-settled', { attempt: 'att-7' }));
    expect(JSON.stringify(on.slack.people.messages(channel).at(-1)?.blocks)).toContain('*Given:* 1 of 2');
    on.engine.set({
      approvals: [approval({ status: 'denied', settledBy: 'alice', reason: 'shared role <!channel>' })],
    });
    await on.deliver(row('approval-settled', { attempt: 'att-7' }));
    const [message, ...more] = on.slack.people.messages(channel);
    expect(more).toEqual([]);
    expect(message?.text).toContain(`denied by <@${ALICE}>: shared role &lt;!channel&gt;`);
  });

  test('tells people once where things stand after an outage', async () => {
    const channel = await on.open();
    const late = { ...row('announce', { name: 'halted' }), lateSince: '2026-03-01T02:00:00.000Z' };
    expect(await on.deliver(late)).toMatchObject({ kind: 'sent' });
    const text = JSON.stringify(on.slack.people.messages(channel).at(-1)?.blocks);
    expect(text).toContain('Slack could not be reached for a while');
    expect(text).toContain('2026-03-01 02:00 UTC');
    expect(text).toContain('*CONTAINED*');
  });

  test('settles nothing that was never shown', async () => {
    const channel = await on.open();
    on.engine.set({
      questions: [question({ status: 'withdrawn' })],
      approvals: [approval({ status: 'expired' })],
    });
    expect(await on.deliver(row('question-settled', { invocation: 'inv-1' }))).toMatchObject({
      kind: 'skipped',
    });
    expect(await on.deliver(row('approval-settled', { attempt: 'att-7' }))).toMatchObject({
      kind: 'skipped',
    });
    expect(on.slack.people.messages(channel)).toEqual([]);
  });

  test('refuses a row of a kind that it does not know', async () => {
    expect(await on.deliver(row('page'))).toMatchObject({
      kind: 'failed',
      code: 'cordon_slack_unknown_kind',
    });
  });

  test('refuses a row with params of another shape', async () => {
    await on.open();
    expect(await on.deliver(row('question', { invocation: 7 }))).toMatchObject({
      kind: 'failed',
      code: 'cordon_slack_bad_params',
    });
  });
});

describe('an exercise', () => {
  test('carries its name everywhere: channel, topic, purpose, text and blocks', async () => {
    const drill = await stage({ view: incident({ exercise: true }) });
    const id = await drill.open(
      row('card'),
      row('question', { invocation: 'inv-1' }),
      row('approval', { attempt: 'att-7' }),
      row('announce', { name: 'halted' }),
      row('postmortem', { location: 'reports/INC-12.md' }),
    );
    const channel = drill.slack.people.channel(id);
    expect(channel.name).toMatch(/^drill-/);
    expect(channel.topic).toContain('EXERCISE');
    expect(channel.purpose).toContain('EXERCISE');
    expect(channel.messages).toHaveLength(5);
    for (const message of channel.messages) {
      expect(message.text).toMatch(/^🧪 EXERCISE · drill-INC-12/);
      expect(JSON.stringify(message.blocks[0])).toContain('EXERCISE');
    }
    await drill.close();
  });
});

describe('the channel of a campaign', () => {
  const member = (number: number, status: 'open' | 'closed') => ({
    id: number === 12 ? 'inc-abc' : `inc-${number}`,
    number,
    functionNames: ['checkout'],
    status,
    severity: 2,
    level: 'effective' as const,
    plans: 0,
    questions: 0,
  });

  test.each([
    ['stays while another of its incidents is open', 'open', 'skipped'],
    ['is archived by the last of them', 'closed', 'sent'],
  ] as const)('%s', async (_name, status, kind) => {
    const channel = await on.open(row('card'));
    on.engine.set({ status: 'closed', closedAt: '2026-03-01T04:00:00.000Z' });
    on.engine.leadWithOthers({
      id: 'cmp-1',
      number: 1,
      exercise: false,
      anchor: 'inc-abc',
      openedAt: '2026-03-01T03:00:00.000Z',
      lead: null,
      severity: 2,
      members: [member(12, 'closed'), member(13, status)],
      shares: [],
      plans: [],
      plansDigest: null,
      questions: [],
    });
    expect(await on.deliver(row('archive'))).toMatchObject({ kind });
    expect(on.slack.people.channel(channel).isArchived).toBe(kind === 'sent');
  });
});
