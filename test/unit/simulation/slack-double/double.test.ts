import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Clock } from '../../../../src/clock.ts';
import type { JsonObject } from '../../../../src/json.ts';
import { createSlackDouble, type SlackDouble } from '../../../../src/simulation/slack-double/double.ts';

const TOKEN = 'xoxb-test';
const ALICE = 'U0ALICE000';

let ms: number;
let slack: SlackDouble;
let slept: number[];

/** Virtual time: sleeping moves the clock. */
const clock: Clock = {
  now: () => new Date(ms),
  monotonicMs: () => ms,
  sleep: async (byMs, signal) => {
    // What is raced against (Slack's own time limit) never wins here: these apps answer at once.
    if (signal !== undefined) return new Promise(() => {});
    slept.push(byMs);
    ms += byMs;
  },
};

beforeEach(() => {
  ms = Date.parse('2026-03-01T03:00:00Z');
  slept = [];
  slack = double();
});

function double(more: Partial<Parameters<typeof createSlackDouble>[0]> = {}): SlackDouble {
  return createSlackDouble({
    clock,
    signingSecret: 'secret',
    botToken: TOKEN,
    users: [
      { id: ALICE, name: 'alice' },
      { id: 'U0GUEST000', name: 'guest', isUltraRestricted: true },
    ],
    channels: [{ name: 'general', members: [ALICE] }],
    ...more,
  });
}

async function call(method: string, args: JsonObject = {}, on = slack, token = TOKEN) {
  const response = await on.fetch(
    new Request(`http://slack.invalid/api/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(args),
    }),
  );
  const text = await response.text();
  const body = text.startsWith('{') ? JSON.parse(text) : {};
  return { status: response.status, retryAfter: response.headers.get('retry-after'), ...body };
}

async function channel(name = 'war-room'): Promise<string> {
  const made = await call('conversations.create', { name, is_private: true });
  return made.channel.id;
}

const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });
const button = (more: JsonObject) => ({
  type: 'actions',
  elements: [{ type: 'button', text: { type: 'plain_text', text: 'Go' }, action_id: 'go', ...more }],
});

describe('what it refuses', () => {
  test.each<[string, readonly JsonObject[]]>([
    ['51 blocks', Array.from({ length: 51 }, () => ({ type: 'divider' }))],
    ['a header of 151 characters', [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }]],
    ['a header in mrkdwn', [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }]],
    ['a section of 3001 characters', [section('x'.repeat(3001))]],
    ['an empty section', [section('')]],
    [
      '11 fields',
      [{ type: 'section', fields: Array.from({ length: 11 }, () => ({ type: 'mrkdwn', text: 'x' })) }],
    ],
    [
      '11 context elements',
      [{ type: 'context', elements: Array.from({ length: 11 }, () => ({ type: 'mrkdwn', text: 'x' })) }],
    ],
    ['a button value of 2001 characters', [button({ value: 'x'.repeat(2001) })]],
    ['a button text of 76 characters', [button({ text: { type: 'plain_text', text: 'x'.repeat(76) } })]],
    ['a style that does not exist', [button({ style: 'warning' })]],
    [
      'the same block_id twice',
      [
        { ...section('a'), block_id: 'b' },
        { ...section('b'), block_id: 'b' },
      ],
    ],
    ['a block that does not exist', [{ type: 'marquee' }]],
    [
      'a confirm text of 301 characters',
      [
        button({
          confirm: {
            title: { type: 'plain_text', text: 't' },
            text: { type: 'plain_text', text: 'x'.repeat(301) },
            confirm: { type: 'plain_text', text: 'y' },
            deny: { type: 'plain_text', text: 'n' },
          },
        }),
      ],
    ],
  ])('%s', async (_name, blocks) => {
    const id = await channel();
    const answer = await call('chat.postMessage', { channel: id, text: 'x', blocks });
    expect(answer).toMatchObject({ ok: false, error: 'invalid_blocks' });
    expect(answer.response_metadata.messages.length).toBeGreaterThan(0);
    expect(slack.people.messages(id)).toEqual([]);
  });

  test('50 blocks at their limits are taken (control)', async () => {
    const id = await channel();
    const blocks = [
      { type: 'header', text: { type: 'plain_text', text: 'x'.repeat(150) } },
      button({ value: 'x'.repeat(2000) }),
      ...Array.from({ length: 48 }, () => section('x'.repeat(3000))),
    ];
    expect(await call('chat.postMessage', { channel: id, text: 'x', blocks })).toMatchObject({ ok: true });
  });

  test.each<[string, JsonObject, string]>([
    ['conversations.create', { name: 'Upper' }, 'invalid_name_specials'],
    ['conversations.create', { name: 'a b' }, 'invalid_name_specials'],
    ['conversations.create', { name: 'x'.repeat(81) }, 'invalid_name_maxlength'],
    ['conversations.create', { name: '' }, 'invalid_name_required'],
    ['conversations.create', { name: '--' }, 'invalid_name_punctuation'],
    ['conversations.create', { name: 'general' }, 'name_taken'],
    ['conversations.info', { channel: 'C0NOPE' }, 'channel_not_found'],
    ['users.info', { user: 'U0NOPE' }, 'user_not_found'],
    ['no.such.method', {}, 'unknown_method'],
  ])('%s %j: %s', async (method, args, error) => {
    expect(await call(method, args)).toMatchObject({ ok: false, error });
  });

  test('a token that is not the app’s, and a method without its scope', async () => {
    expect(await call('auth.test', {}, slack, 'xoxb-other')).toMatchObject({ error: 'invalid_auth' });
    const narrow = double({ scopes: ['chat:write'] });
    expect(await call('conversations.create', { name: 'x' }, narrow)).toMatchObject({
      error: 'missing_scope',
    });
  });

  test('writing where it may not', async () => {
    const general = slack.people.channel('general').id;
    expect(await call('chat.postMessage', { channel: general, text: 'x' })).toMatchObject({
      error: 'not_in_channel',
    });
    const id = await channel();
    expect(await call('chat.postMessage', { channel: id })).toMatchObject({ error: 'no_text' });
    expect(await call('chat.postMessage', { channel: id, text: 'x'.repeat(40_001) })).toMatchObject({
      error: 'msg_too_long',
    });
    expect(await call('chat.update', { channel: id, ts: '1.1', text: 'x' })).toMatchObject({
      error: 'message_not_found',
    });
    expect(await call('conversations.setTopic', { channel: id, topic: 'x'.repeat(251) })).toMatchObject({
      error: 'too_long',
    });
    expect(await call('conversations.invite', { channel: id, users: 'U0GUEST000' })).toMatchObject({
      ok: false,
    });
    const theirs = slack.people.say(ALICE, 'general', 'mine');
    slack.people.channel('general').members.add(slack.botUserId);
    expect(await call('chat.update', { channel: general, ts: theirs, text: 'x' })).toMatchObject({
      error: 'cant_update_message',
    });
    await call('conversations.archive', { channel: id });
    expect(await call('chat.postMessage', { channel: id, text: 'x' })).toMatchObject({
      error: 'channel_not_found',
    });
  });

  test('an archived channel’s name again, and posting into it', async () => {
    const id = await channel();
    slack.people.channel(id).isArchived = true;
    expect(await call('conversations.create', { name: 'war-room' })).toMatchObject({ error: 'name_taken' });
    expect(await call('chat.postMessage', { channel: id, text: 'x' })).toMatchObject({
      error: 'is_archived',
    });
  });
});

describe('messages', () => {
  test('keep their metadata over an edit, and show it in full only when asked', async () => {
    const id = await channel();
    const metadata = { event_type: 'cordon_outbox', event_payload: { outbox_id: 'out-1' } };
    const { ts } = await call('chat.postMessage', { channel: id, text: 'a', metadata });
    await call('chat.update', { channel: id, ts, text: 'b' });
    const full = await call('conversations.history', { channel: id, include_all_metadata: true });
    expect(full.messages).toEqual([expect.objectContaining({ text: 'b', metadata })]);
    const bare = await call('conversations.history', { channel: id });
    expect(bare.messages[0].metadata).toEqual({ event_type: 'cordon_outbox' });
  });

  test('come newest first, in pages, without the replies of threads', async () => {
    const id = await channel();
    const posted: string[] = [];
    for (const text of ['a', 'b', 'c'])
      posted.push((await call('chat.postMessage', { channel: id, text })).ts);
    await call('chat.postMessage', { channel: id, text: 'reply', thread_ts: posted[0] });
    const first = await call('conversations.history', { channel: id, limit: 2 });
    expect(first.messages.map((one: JsonObject) => one.text)).toEqual(['c', 'b']);
    expect(first.has_more).toBe(true);
    const second = await call('conversations.history', {
      channel: id,
      limit: 2,
      cursor: first.response_metadata.next_cursor,
    });
    expect(second.messages.map((one: JsonObject) => one.text)).toEqual(['a']);
    const thread = await call('conversations.replies', { channel: id, ts: posted[0] });
    expect(thread.messages.map((one: JsonObject) => one.text)).toEqual(['a', 'reply']);
    const later = await call('conversations.history', { channel: id, oldest: posted[1] });
    expect(later.messages.map((one: JsonObject) => one.text)).toEqual(['c']);
  });

  test('can be pinned once, reacted to, bookmarked and deleted', async () => {
    const id = await channel();
    const { ts } = await call('chat.postMessage', { channel: id, text: 'a' });
    expect(await call('pins.add', { channel: id, timestamp: ts })).toMatchObject({ ok: true });
    expect(await call('pins.add', { channel: id, timestamp: ts })).toMatchObject({ error: 'already_pinned' });
    expect(await call('reactions.add', { channel: id, timestamp: ts, name: 'eyes' })).toMatchObject({
      ok: true,
    });
    expect(await call('reactions.add', { channel: id, timestamp: ts, name: 'eyes' })).toMatchObject({
      error: 'already_reacted',
    });
    expect(
      await call('bookmarks.add', {
        channel_id: id,
        title: 'Report',
        type: 'link',
        link: 'https://example.com',
      }),
    ).toMatchObject({ ok: true });
    expect(await call('chat.delete', { channel: id, ts })).toMatchObject({ ok: true });
    expect(slack.people.messages(id)).toEqual([]);
  });

  test('carry files that were uploaded in three steps', async () => {
    const id = await channel();
    const url = await call('files.getUploadURLExternal', { filename: 'report.md', length: 3 });
    const early = { files: [{ id: url.file_id }], channel_id: id };
    expect(await call('files.completeUploadExternal', early)).toMatchObject({ error: 'file_update_failed' });
    await slack.fetch(new Request(url.upload_url, { method: 'POST', body: 'abc' }));
    expect(await call('files.completeUploadExternal', early)).toMatchObject({ ok: true });
    expect(slack.people.channel(id).files).toEqual([url.file_id]);
  });
});

describe('rates', () => {
  test('one message a second in each channel, and the tier of each method', async () => {
    slack = double({ rateLimits: true });
    const id = await channel();
    const other = await channel('other-room');
    expect(await call('chat.postMessage', { channel: id, text: 'a' })).toMatchObject({ ok: true });
    expect(await call('chat.postMessage', { channel: other, text: 'a' })).toMatchObject({ ok: true });
    expect(await call('chat.postMessage', { channel: id, text: 'b' })).toMatchObject({
      status: 429,
      retryAfter: '1',
      error: 'ratelimited',
    });
    ms += 1000;
    expect(await call('chat.postMessage', { channel: id, text: 'b' })).toMatchObject({ ok: true });
    for (let count = 2; count < 20; count += 1) await channel(`room-${count}`);
    expect(await call('conversations.create', { name: 'one-more' })).toMatchObject({
      status: 429,
      retryAfter: '59',
    });
  });

  test('are off unless asked for', async () => {
    const id = await channel();
    for (let count = 0; count < 5; count += 1) {
      expect(await call('chat.postMessage', { channel: id, text: 'a' })).toMatchObject({ ok: true });
    }
  });
});

describe('faults', () => {
  test('of each kind, with and without effect, as often as planned', async () => {
    const id = await channel();
    const post = () => call('chat.postMessage', { channel: id, text: 'a' });
    slack.faults.plan('chat.postMessage', { kind: 'ratelimited', retryAfterS: 30 });
    expect(await post()).toMatchObject({ status: 429, retryAfter: '30' });
    slack.faults.plan('chat.postMessage', { kind: 'http', status: 500, effect: 'none' });
    expect(await post()).toMatchObject({ status: 500 });
    expect(slack.people.messages(id)).toHaveLength(0);
    slack.faults.plan('chat.postMessage', { kind: 'http', status: 503, effect: 'done' });
    expect(await post()).toMatchObject({ status: 503 });
    expect(slack.people.messages(id)).toHaveLength(1);
    slack.faults.plan('chat.postMessage', { kind: 'lost', effect: 'none' });
    await expect(post()).rejects.toThrow('fetch failed');
    expect(slack.people.messages(id)).toHaveLength(1);
    slack.faults.plan('*', { kind: 'lost', effect: 'done' }, { when: (args) => args.text === 'a' });
    await expect(post()).rejects.toThrow('fetch failed');
    expect(slack.people.messages(id)).toHaveLength(2);
    slack.faults.plan('chat.postMessage', { kind: 'slow', ms: 700 });
    const before = ms;
    // The request's own signal makes this clock never wake: the call is left hanging on purpose.
    void post();
    expect(ms).toBe(before);
    slack.faults.plan('chat.postMessage', { kind: 'refuse', error: 'is_archived' });
    expect(await post()).toMatchObject({ error: 'is_archived' });
    expect(await post()).toMatchObject({ ok: true });
  });

  test('are in the journal beside what went well, and the token is not', async () => {
    slack.faults.plan('auth.test', { kind: 'refuse', error: 'account_inactive' });
    await call('auth.test', { token: TOKEN });
    await call('auth.test');
    expect(slack.journal.map(({ method, outcome }) => `${method} ${outcome}`)).toEqual([
      'auth.test account_inactive',
      'auth.test ok',
    ]);
  });
});

describe('what Slack sends', () => {
  const requests: Request[] = [];
  let answer: () => Response;

  beforeEach(() => {
    requests.length = 0;
    answer = () => new Response(null, { status: 200 });
    slack.dispatcher.connect({
      url: 'http://app.invalid/slack/events',
      fetch: async (request) => {
        requests.push(request);
        return answer();
      },
    });
  });

  test('an event again at once, after a minute and after five, until it is taken', async () => {
    answer = () => new Response(null, { status: requests.length < 4 ? 500 : 200 });
    const delivered = await slack.people.sendEvent({ type: 'app_home_opened', user: ALICE });
    expect(delivered).toMatchObject({ status: 500, sends: 4 });
    expect(slept).toEqual([0, 60_000, 300_000]);
    expect(requests.map((one) => one.headers.get('x-slack-retry-num'))).toEqual([null, '1', '2', '3']);
    expect(new Set(requests.map((one) => one.headers.get('x-slack-signature'))).size).toBe(4);
  });

  test('an interaction once, whatever the answer', async () => {
    answer = () => new Response(null, { status: 500 });
    const delivered = await slack.people.runCommand(ALICE, '/cordon list', 'general');
    expect(delivered).toMatchObject({ status: 500, sends: 1 });
  });

  test('nothing that a person could not do', async () => {
    await expect(slack.people.press(ALICE, () => true, 'go')).rejects.toThrow('expected U0ALICE000 to see');
    await expect(slack.people.submitView(ALICE, {})).rejects.toThrow('view open');
    expect(() => slack.people.say('U0GUEST000', 'general', 'x')).toThrow('to be in general');
  });

  test('a trigger that opens one view, within three seconds', async () => {
    const view = {
      type: 'modal',
      title: { type: 'plain_text', text: 't' },
      submit: { type: 'plain_text', text: 'go' },
      blocks: [
        {
          type: 'input',
          block_id: 'text',
          label: { type: 'plain_text', text: 'l' },
          element: { type: 'plain_text_input', action_id: 'value', min_length: 3 },
        },
      ],
    };
    const triggerOf = async () => {
      await slack.people.runCommand(ALICE, '/cordon deny', 'general');
      const last = requests.at(-1);
      return new URLSearchParams(await last?.text()).get('trigger_id');
    };
    expect(await call('views.open', { trigger_id: 'nope', view })).toMatchObject({
      error: 'invalid_trigger_id',
    });
    const late = await triggerOf();
    ms += 3_001;
    expect(await call('views.open', { trigger_id: late, view })).toMatchObject({
      error: 'expired_trigger_id',
    });
    const good = await triggerOf();
    const long = { ...view, title: { type: 'plain_text', text: 'x'.repeat(25) } };
    expect(await call('views.open', { trigger_id: good, view: long })).toMatchObject({
      error: 'invalid_arguments',
    });
    const opened = await call('views.open', { trigger_id: good, view });
    expect(opened).toMatchObject({ ok: true });
    expect(await call('views.open', { trigger_id: good, view })).toMatchObject({
      error: 'exchanged_trigger_id',
    });
    expect(await call('views.update', { view_id: opened.view.id, hash: 'old', view })).toMatchObject({
      error: 'hash_conflict',
    });
    await expect(slack.people.submitView(ALICE, { text: 'ab' })).rejects.toThrow('3 to 3000 characters');
    await slack.people.submitView(ALICE, { text: 'abc' });
    expect(slack.people.openView(ALICE)).toBeUndefined();
  });

  test('a response_url that works five times within half an hour', async () => {
    const urlOf = async () => {
      await slack.people.runCommand(ALICE, '/cordon list', 'general');
      return String(new URLSearchParams(await requests.at(-1)?.text()).get('response_url'));
    };
    const use = async (url: string) =>
      (
        await slack.fetch(
          new Request(url, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ text: 'hello' }),
          }),
        )
      ).status;
    const url = await urlOf();
    for (let count = 0; count < 5; count += 1) expect(await use(url)).toBe(200);
    expect(await use(url)).toBe(404);
    const old = await urlOf();
    ms += 30 * 60_000 + 1;
    expect(await use(old)).toBe(404);
    expect(slack.people.ephemerals(ALICE)).toHaveLength(5);
  });
});
