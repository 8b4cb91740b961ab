import { describe, expect, test } from '@jest/globals';
import type { Clock } from '../../../src/clock.ts';
import type { JsonObject } from '../../../src/json.ts';
import { silentLog } from '../../../src/log.ts';
import type { SlackEnvelope } from '../../../src/simulation/slack-double/dispatcher.ts';
import { createSlackDouble } from '../../../src/simulation/slack-double/double.ts';
import { createSlackApp } from '../../../src/slack/app.ts';
import { oneWorkspace } from '../../../src/slack/workspaces.ts';
import { ALICE, approval, DIGEST, fakeEngine, handClock, incident, NOBODY_ON_CALL } from './harness.ts';
import { registered } from './heard.ts';

// Slack waits three seconds for an acknowledgement. What only looks, or opens a form, is acknowledged before anything is
// awaited; an act is acknowledged once it is committed, so that what Slack was told is taken survives a crash. Nothing at
// all waits for Slack. Held promises show it, not a clock: what is held stays so until the acknowledgement is here.

/** Each thing that is listened to, used once: what Slack would send. `acts`: something is committed by it. */
interface Use {
  readonly what: string;
  readonly acts: boolean;
  readonly envelope: SlackEnvelope;
}

const inc = { i: 'inc-abc' };
const plan = { ...inc, a: 'att-7', d: DIGEST };
const question = { ...inc, q: 'inv-1', f: 'triage' };
const functionArn = 'arn:aws:lambda:eu-central-1:111122223333:function:orders';

/** By the id that a button has on the screen; where many share a pattern, one of them. */
const PRESSES: Readonly<Record<string, { readonly value: JsonObject; readonly acts: boolean }>> = {
  'cordon.answer.true_positive': { value: { ...question, c: 'true_positive' }, acts: true },
  'cordon.answer-details': { value: question, acts: false },
  'cordon.approve': { value: plan, acts: true },
  'cordon.approve-typed': { value: plan, acts: false },
  'cordon.deny': { value: plan, acts: false },
  'cordon.release': { value: inc, acts: true },
  'cordon.acknowledge': { value: inc, acts: true },
  'cordon.widen': { value: inc, acts: true },
  'cordon.claim.mine': { value: inc, acts: true },
  'cordon.add-target.1': { value: { ...inc, f: functionArn }, acts: true },
  'cordon.campaign-acknowledge': { value: { k: 'cmp-1' }, acts: true },
  'cordon.campaign-approve': { value: { k: 'cmp-1', d: DIGEST }, acts: true },
  'cordon.campaign-approve-typed': { value: { k: 'cmp-1', d: DIGEST }, acts: false },
  'cordon.drill-stop': { value: inc, acts: true },
  'cordon.page-owner': { value: inc, acts: true },
  'cordon.approve-update': { value: { ...inc, u: 'U1' }, acts: true },
  'cordon.write-section.summary': { value: { ...inc, s: 'summary' }, acts: false },
};

const FORMS: Readonly<Record<string, JsonObject>> = {
  'cordon.answer.form': { ...question, c: 'C1' },
  'cordon.approve.typed': { ...plan, c: 'C1' },
  'cordon.campaign-approve.typed': { k: 'cmp-1', d: DIGEST, c: 'C1' },
  'cordon.deny.reason': { ...plan, c: 'C1' },
  'cordon.note.text': { ...inc, c: 'C1' },
  'cordon.follow-up.text': { ...inc, c: 'C1' },
  'cordon.declare.form': { c: 'C1' },
  'cordon.section.text': { ...inc, s: 'summary', v: 1, c: 'C1' },
  'cordon.update.form': { ...inc, c: 'C1', f: 'update' },
};

const by = {
  team: { id: 'T0CORDON00', domain: 'example' },
  user: { id: ALICE, name: 'alice', team_id: 'T0CORDON00' },
  enterprise: null,
  api_app_id: 'A0CORDON',
  trigger_id: 'unheard-of',
};
const respondAt = 'http://slack.invalid/response/R1';

function uses(): Use[] {
  const heard = registered();
  const typed = (command: string, text: string, acts: boolean): Use => ({
    what: `${command} ${text}`,
    acts,
    envelope: {
      kind: 'command',
      form: {
        team_id: by.team.id,
        channel_id: 'C1',
        channel_name: 'privategroup',
        user_id: ALICE,
        user_name: 'alice',
        command,
        text,
        trigger_id: `${command}-${text}`,
        response_url: respondAt,
      },
    },
  });
  const interaction = (what: string, acts: boolean, payload: JsonObject): Use => ({
    what,
    acts,
    envelope: { kind: 'interaction', payload: { ...by, ...payload } },
  });
  return [
    ...heard.commands.flatMap((command) => [
      typed(command, 'list', false),
      typed(command, 'show INC-12', false),
      typed(command, 'postmortem INC-12', false),
      typed(command, 'no such verb', false),
      typed(command, 'note INC-12 seen in the logs', true),
      typed(command, `declare ${functionArn} 2 seen in the logs`, true),
      typed(command, 'drill start c2-callback', true),
      typed(command, `approve att-7 ${DIGEST.slice(0, 12)}`, true),
    ]),
    ...heard.actions.map((listened) => {
      const id = Object.keys(PRESSES).find((one) =>
        typeof listened === 'string' ? listened === one : listened.test(one),
      );
      const press = PRESSES[id ?? ''];
      if (id === undefined || press === undefined)
        throw new Error(`expected a press of ${String(listened)} above`);
      return interaction(`press ${id}`, press.acts, {
        type: 'block_actions',
        container: { type: 'message', message_ts: '1.000001', channel_id: 'C1', is_ephemeral: false },
        channel: { id: 'C1', name: 'privategroup' },
        message: { type: 'message', ts: '1.000001', text: '' },
        response_url: respondAt,
        actions: [
          {
            type: 'button',
            action_id: id,
            block_id: 'b',
            action_ts: '1.000002',
            value: JSON.stringify(press.value),
          },
        ],
      });
    }),
    ...heard.views.map((callback) => {
      const metadata = FORMS[callback];
      if (metadata === undefined) throw new Error(`expected a form of ${callback} above`);
      return interaction(`send ${callback}`, true, {
        type: 'view_submission',
        view: {
          type: 'modal',
          id: 'V1',
          hash: '1.h',
          callback_id: callback,
          private_metadata: JSON.stringify(metadata),
          state: { values: { text: { value: { type: 'plain_text_input', value: 'because' } } } },
        },
      });
    }),
    ...heard.shortcuts.map((callback) =>
      interaction(`use ${callback}`, false, {
        type: 'message_action',
        callback_id: callback,
        message_ts: '1.000001',
        action_ts: '1.000002',
        channel: { id: 'C1', name: 'privategroup' },
        message: { type: 'message', ts: '1.000001', text: 'seen in the logs' },
        response_url: respondAt,
      }),
    ),
    ...heard.events.map(
      (event): Use => ({
        what: `event ${event}`,
        acts: false,
        envelope: {
          kind: 'event',
          body: {
            type: 'event_callback',
            event_id: 'Ev1',
            team_id: by.team.id,
            event: { type: event, user: ALICE, tab: 'home', channel: 'D1' },
          },
        },
      }),
    ),
  ];
}

/** A door that opens once, and what came to it. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let came = () => {};
  const reached = new Promise<void>((resolve) => {
    came = resolve;
  });
  const pass = async () => {
    came();
    await opened;
  };
  return { open, reached, pass };
}

/** Sends one use to the real Bolt app with everything held that it could wait for. */
function held(use: Use) {
  const { clock: wall } = handClock();
  // How long the app would look for an outsider is over at once: Slack says nothing here.
  const clock: Clock = {
    ...wall,
    sleep: (ms, signal) => (ms <= 1_000 ? Promise.resolve() : wall.sleep(ms, signal)),
  };
  const slack = createSlackDouble({ clock: wall, signingSecret: 'secret', botToken: 'xoxb-test', users: [] });
  const [slackGate, database, commit] = [gate(), gate(), gate()];
  const engine = fakeEngine(incident({ approvals: [approval({ confirm: use.acts ? null : 'checkout' })] }));
  engine.setPostmortem({ sections: [{ name: 'summary', text: '', version: 0 }], errors: [] });
  const order: string[] = [];
  // Every read of the database waits, unless an act is looked at: that may read what it commits.
  const views = new Proxy(engine.views, {
    get: (target, name: keyof typeof engine.views) => async (argument: string) => {
      if (!use.acts) await database.pass();
      return target[name](argument);
    },
  });
  const committed = async <T>(run: () => Promise<T>): Promise<T> => {
    await commit.pass();
    const result = await run();
    order.push('committed');
    return result;
  };
  const app = createSlackApp({
    workspaces: oneWorkspace('xoxb-test'),
    receiver: { kind: 'http', signingSecret: 'secret', port: 0 },
    slackApiUrl: 'http://slack.invalid/api/',
    fetch: async () => {
      order.push('slack');
      await slackGate.pass();
      return Response.json({ ok: false, error: 'expired_trigger_id' });
    },
    clock,
    commands: {
      execute: (request) => committed(() => engine.commands.execute(request)),
      declare: (request) => committed(() => engine.commands.declare(request)),
    },
    views,
    keepOut: engine.keepOut,
    places: engine.places,
    people: {
      slackIdOf: () => undefined,
      responderOf: () => 'alice',
      stakeholders: () => [],
      invitees: () => [],
      onCall: NOBODY_ON_CALL,
    },
    drills: {
      scenarios: async () => [],
      start: () => committed(async () => ({ kind: 'done', summary: 'It starts.' })),
      stop: () => committed(async () => ({ kind: 'done', summary: 'It is stopped.' })),
      running: () => undefined,
      holds: () => false,
    },
    log: silentLog,
  });
  slack.dispatcher.connect({ url: 'http://app.invalid/slack/events', fetch: app.fetch });
  const acknowledged = slack.dispatcher.send(use.envelope).then((delivered) => {
    order.push('acknowledged');
    return delivered;
  });
  const release = async () => {
    for (const one of [commit, database, slackGate]) one.open();
    await acknowledged;
    await app.idle();
  };
  return { acknowledged, commit, order, release };
}

const all = uses();

describe('everything that is listened to', () => {
  test.each(all.filter(({ acts }) => !acts))(
    '$what is acknowledged while the database and Slack are held',
    async (use) => {
      const { acknowledged, order, release } = held(use);
      expect(await acknowledged).toMatchObject({ status: 200, sends: 1 });
      expect(order).not.toContain('committed');
      await release();
    },
  );

  // Approving looks up whether a person is a guest, and is acknowledged when Slack does not say so in time: the decision
  // is not taken then. Every other act is committed first.
  const looking = /approve(?!-update)|deny/;

  test.each(all.filter(({ acts, what }) => acts && !looking.test(what)))(
    '$what is committed, then acknowledged, while Slack is held',
    async (use) => {
      const { acknowledged, commit, order, release } = held(use);
      await commit.reached;
      // The control: an acknowledgement that did not wait for the commit would be here by now.
      await new Promise((resolve) => setImmediate(resolve));
      expect(order).toEqual([]);
      commit.open();
      expect(await acknowledged).toMatchObject({ status: 200, sends: 1 });
      expect(order.filter((one) => one !== 'slack')).toEqual(['committed', 'acknowledged']);
      await release();
    },
  );

  test.each(all.filter(({ acts, what }) => acts && looking.test(what)))(
    '$what is acknowledged while Slack does not say whose hand it is, and decides nothing until then',
    async (use) => {
      const { acknowledged, order, release } = held(use);
      expect(await acknowledged).toMatchObject({ status: 200, sends: 1 });
      expect(order).not.toContain('committed');
      await release();
    },
  );

  test('is used above, each thing', () => {
    const heard = registered();
    const known = [...heard.commands, ...heard.actions, ...heard.views, ...heard.shortcuts, ...heard.events];
    expect(all.length).toBeGreaterThanOrEqual(known.length);
    expect(Object.keys(PRESSES)).toHaveLength(heard.actions.length);
    expect(Object.keys(FORMS).sort()).toEqual(heard.views.toSorted());
  });
});
