import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { App, verifySlackRequest } from '@slack/bolt';
import { silentLog } from '../../../src/log.ts';
import { createSlackDouble } from '../../../src/simulation/slack-double/double.ts';
import { createSlackApp } from '../../../src/slack/app.ts';
import { clientOptions } from '../../../src/slack/client.ts';
import { oneWorkspace } from '../../../src/slack/workspaces.ts';
import { ALICE, fakeEngine, handClock, NOBODY_ON_CALL, row } from './harness.ts';

// What Cordon does otherwise than Bolt's defaults, and why. When one of these fails after an upgrade,
// the reason in src/slack may be gone.
describe('Bolt 5.1', () => {
  test('takes a request that was signed an hour ahead: hence a signature check of our own', () => {
    const nowMs = Date.parse('2026-03-01T03:00:00Z');
    const timestamp = nowMs / 1000 + 3600;
    const hash = createHmac('sha256', 'secret').update(`v0:${timestamp}:body`).digest('hex');
    const verify = (at: number) =>
      verifySlackRequest({
        signingSecret: 'secret',
        body: 'body',
        headers: { 'x-slack-signature': `v0=${hash}`, 'x-slack-request-timestamp': at },
        nowMilliseconds: nowMs,
      });
    expect(() => verify(timestamp)).not.toThrow();
    // Control: on the other side it has a bound.
    expect(() => verify(timestamp - 7200)).toThrow('stale');
  });

  test('asks Slack who the bot is before each listener when it is given a token: hence `authorize`', async () => {
    const asked: string[] = [];
    const app = new App({
      token: 'xoxb-test',
      tokenVerificationEnabled: false,
      receiver: { init: () => {}, start: async () => {}, stop: async () => {} },
      clientOptions: {
        ...clientOptions({ log: silentLog }),
        fetch: async (input) => {
          asked.push(String(input));
          return Response.json({ ok: true, user_id: 'U1', bot_id: 'B1' });
        },
      },
    });
    app.command('/x', async ({ ack }) => ack());
    const askedAtAck: number[] = [];
    await app.processEvent({
      body: { command: '/x', team_id: 'T1', user_id: 'U2', channel_id: 'C1' },
      ack: async () => {
        askedAtAck.push(asked.length);
      },
    });
    expect(asked).toEqual(['https://slack.com/api/auth.test']);
    expect(askedAtAck).toEqual([1]);
  });
});

describe('the app', () => {
  test('runs without a socket, as an exercise in virtual time needs it', async () => {
    const { clock } = handClock();
    const slack = createSlackDouble({
      clock,
      signingSecret: 'secret',
      botToken: 'xoxb-test',
      users: [{ id: ALICE, name: 'alice' }],
    });
    const engine = fakeEngine();
    const app = createSlackApp({
      workspaces: oneWorkspace('xoxb-test'),
      receiver: { kind: 'http', signingSecret: 'secret', port: 0 },
      slackApiUrl: 'http://slack.invalid/api/',
      fetch: (input, init) => slack.fetch(new Request(input, init)),
      clock,
      commands: engine.commands,
      keepOut: engine.keepOut,
      views: engine.views,
      places: engine.places,
      people: {
        slackIdOf: () => undefined,
        responderOf: () => undefined,
        stakeholders: () => [],
        invitees: () => [ALICE],
        onCall: NOBODY_ON_CALL,
      },
      log: silentLog,
    });
    slack.dispatcher.connect({ url: 'http://app.invalid/slack/events', fetch: app.fetch });
    for (const one of [row('open-channel'), row('card'), row('question', { invocation: 'inv-1' })]) {
      engine.keep(one, await app.deliver(one));
    }
    await slack.people.press(ALICE, () => true, 'cordon.answer.true_positive');
    await app.idle();
    expect(engine.executed).toHaveLength(1);
    expect(slack.people.ephemerals(ALICE).map(({ text }) => text)).toEqual(['✅ Noted.']);
  });

  test('takes nothing over HTTP in Socket Mode, where the connection itself is the proof', async () => {
    const { clock } = handClock();
    const engine = fakeEngine();
    const app = createSlackApp({
      workspaces: oneWorkspace('xoxb-test'),
      receiver: { kind: 'socket', appToken: 'xapp-test' },
      clock,
      commands: engine.commands,
      keepOut: engine.keepOut,
      views: engine.views,
      places: engine.places,
      people: {
        slackIdOf: () => undefined,
        responderOf: () => undefined,
        stakeholders: () => [],
        invitees: () => [],
        onCall: NOBODY_ON_CALL,
      },
      log: silentLog,
    });
    const answer = await app.fetch(new Request('http://app.invalid/slack/events', { method: 'POST' }));
    expect(answer.status).toBe(404);
  });
});
