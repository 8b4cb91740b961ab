import { afterEach, describe, expect, test } from '@jest/globals';
import type { Clock } from '../../../src/clock.ts';
import { silentLog } from '../../../src/log.ts';
import { createSlackDouble, type SlackDouble } from '../../../src/simulation/slack-double/double.ts';
import { type ServedSlack, serveSlack } from '../../../src/simulation/slack-double/serve.ts';
import { createSlackApp, type SlackApp } from '../../../src/slack/app.ts';
import { oneWorkspace } from '../../../src/slack/workspaces.ts';
import { ALICE, approval, DIGEST, fakeEngine, handClock, NOBODY_ON_CALL, row } from './harness.ts';

interface Stage {
  readonly slack: SlackDouble;
  readonly served: ServedSlack;
  readonly app: SlackApp;
  readonly engine: ReturnType<typeof fakeEngine>;
  /** Once `over`, whatever is waited for is due at once. */
  readonly waits: { over: boolean };
  /** Resolves with the app's next call of a method. */
  answered(method: string): Promise<void>;
}

let on: Stage | undefined;

afterEach(async () => {
  // Stopping waits for the end of the connection; one that is cut leaves the SDK waiting for half a minute.
  if (on !== undefined) on.waits.over = false;
  await on?.app.stop();
  await on?.served.close();
  on = undefined;
});

/** The real Bolt app and SDK, connected to the double by a WebSocket. */
async function connected(): Promise<Stage> {
  const { clock: wall } = handClock();
  const waits = { over: false };
  const clock: Clock = {
    ...wall,
    sleep: (ms, signal) => (waits.over ? Promise.resolve() : wall.sleep(ms, signal)),
  };
  const slack = createSlackDouble({
    clock: wall,
    signingSecret: 'unused',
    botToken: 'xoxb-test',
    appToken: 'xapp-test',
    users: [{ id: ALICE, name: 'alice' }],
    channels: [{ name: 'general', members: [ALICE] }],
  });
  const served = await serveSlack(slack);
  const engine = fakeEngine();
  const heard = new Map<string, () => void>();
  const answered = (method: string) =>
    new Promise<void>((resolve) => {
      heard.set(`/api/${method}`, resolve);
    });
  engine.invited.splice(0, 2, ALICE);
  const app = createSlackApp({
    workspaces: oneWorkspace('xoxb-test'),
    receiver: { kind: 'socket', appToken: 'xapp-test' },
    slackApiUrl: served.apiUrl,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const answer = await fetch(request);
      heard.get(new URL(request.url).pathname)?.();
      return answer;
    },
    clock,
    commands: engine.commands,
    keepOut: engine.keepOut,
    views: engine.views,
    places: engine.places,
    people: {
      slackIdOf: () => undefined,
      responderOf: (id) => (id === ALICE ? 'alice' : undefined),
      stakeholders: () => [],
      invitees: () => [ALICE],
      onCall: NOBODY_ON_CALL,
    },
    log: silentLog,
  });
  on = { slack, served, app, engine, waits, answered };
  await app.start();
  slack.dispatcher.connectBySocket(slack.sockets);
  return on;
}

describe('Socket Mode', () => {
  test('takes commands, presses and forms over its connection, and acknowledges each there', async () => {
    const { slack, app, engine, answered } = await connected();
    for (const one of [row('open-channel'), row('card'), row('approval', { attempt: 'att-7' })]) {
      engine.keep(one, await app.deliver(one));
    }
    const acknowledged = { status: 200, body: '{}' };
    expect(await slack.people.runCommand(ALICE, '/cordon acknowledge INC-12', 'general')).toMatchObject(
      acknowledged,
    );
    expect(await slack.people.press(ALICE, () => true, 'cordon.approve')).toMatchObject(acknowledged);
    expect(engine.executed.map(({ command }) => command)).toEqual(['acknowledge', 'approve']);

    // What the acknowledgement of a form carries comes back the same way: a word that is not the function's.
    engine.set({ approvals: [approval({ confirm: 'checkout' })] });
    const settled = row('approval-settled', { attempt: 'att-7', digest: DIGEST });
    engine.keep(settled, await app.deliver(settled));
    const opened = answered('views.open');
    await slack.people.press(ALICE, () => true, 'cordon.approve-typed');
    await opened;
    engine.answerWith({ kind: 'refused', code: 'cordon_approval_unconfirmed', message: 'Type checkout.' });
    const submitted = await slack.people.submitView(ALICE, { text: 'chekout' });
    expect(JSON.parse(submitted.body)).toEqual({
      response_action: 'errors',
      errors: { text: 'Type checkout.' },
    });
  });

  test('connects again when Slack asks for it, also where Slack is away just then', async () => {
    const { slack, engine, waits } = await connected();
    waits.over = true;
    await slack.people.runCommand(ALICE, '/cordon acknowledge INC-12', 'general');
    slack.sockets.refresh();
    await slack.sockets.connected(2);
    await slack.people.runCommand(ALICE, '/cordon acknowledge INC-12', 'general');

    // The SDK's own way back would reject a promise that nobody holds here, and so end the process.
    slack.faults.plan('apps.connections.open', { kind: 'http', status: 503, effect: 'none' });
    slack.faults.plan('apps.connections.open', { kind: 'lost', effect: 'none' });
    slack.sockets.cut();
    await slack.sockets.connected(3);
    await slack.people.runCommand(ALICE, '/cordon acknowledge INC-12', 'general');
    expect(engine.executed).toHaveLength(3);
    expect(
      slack.journal.filter(({ method }) => method === 'apps.connections.open').map(({ outcome }) => outcome),
    ).toEqual(['ok', 'ok', 'http_503', 'lost', 'ok']);
  });

  test('is opened with the app token alone, and once with each ticket', async () => {
    const { served, slack } = await connected();
    const open = async (token: string) => {
      const answer = await fetch(`${served.apiUrl}apps.connections.open`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      });
      return answer.json();
    };
    expect(await open('xoxb-test')).toEqual({ ok: false, error: 'not_allowed_token_type' });
    expect(await open('xapp-other')).toEqual({ ok: false, error: 'invalid_auth' });
    expect(await open('xapp-test')).toMatchObject({ ok: true, url: expect.stringMatching(/^ws:/) });
    expect(slack.workspace.channels.size).toBe(1);
  });
});
