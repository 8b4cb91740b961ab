import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { MessageMatch } from '../../../src/simulation/slack-double/people.ts';
import { ALICE, approval, BOB, DIGEST, GUEST, row, STRANGER, type Stage, stage } from './harness.ts';

let on: Stage;
let channel: string;
const any: MessageMatch = () => true;

beforeEach(async () => {
  on = await stage();
  channel = await on.open(
    row('card'),
    row('question', { invocation: 'inv-1' }),
    row('approval', { attempt: 'att-7' }),
  );
});
afterEach(async () => {
  await on.close();
});

/** What the person was told, once everything is worked off. */
async function told(user: string): Promise<string> {
  await on.app.idle();
  return on.slack.people.ephemerals(user).at(-1)?.text ?? '';
}

describe('a press', () => {
  test('answers the question, once, though Slack delivers it three times', async () => {
    const delivered = await on.slack.people.press(ALICE, any, 'cordon.answer.true_positive', {
      duplicates: 2,
    });
    expect(delivered).toMatchObject({ status: 200, sends: 3 });
    expect(await told(ALICE)).toBe('✅ Noted.');
    expect(on.engine.executed).toEqual([
      {
        actor: { kind: 'responder', slackUserId: ALICE },
        command: 'answer',
        input: { incidentId: 'inc-abc', invocationId: 'inv-1', answer: { verdict: 'true_positive' } },
        idempotencyKey: expect.stringMatching(/^slack:action:/),
      },
    ]);
  });

  test('reaches the engine twice when two people press, for the engine to decide', async () => {
    await on.slack.people.press(ALICE, any, 'cordon.answer.benign');
    await on.slack.people.press(BOB, any, 'cordon.answer.true_positive');
    await on.app.idle();
    expect(on.engine.executed.map(({ actor }) => actor)).toEqual([
      { kind: 'responder', slackUserId: ALICE },
      { kind: 'responder', slackUserId: BOB },
    ]);
  });

  test('carries the digest of the plan that was shown', async () => {
    await on.slack.people.press(ALICE, any, 'cordon.approve');
    await on.app.idle();
    expect(on.engine.executed[0]).toMatchObject({
      command: 'approve',
      input: { incidentId: 'inc-abc', approvalId: 'att-7', digest: DIGEST },
    });
  });

  test('tells the person why it was refused, with the code', async () => {
    on.engine.answerWith({
      kind: 'refused',
      code: 'cordon_self_approval',
      message: 'You asked for this plan.',
    });
    await on.slack.people.press(ALICE, any, 'cordon.approve');
    expect(await told(ALICE)).toBe('🚫 You asked for this plan. (cordon_self_approval)');
  });

  test('is taken again after the engine could not take it', async () => {
    on.engine.answerWith(new Error('database down'));
    await on.slack.people.press(ALICE, any, 'cordon.approve', { duplicates: 1 });
    expect(await told(ALICE)).toContain('could not confirm');
    expect(await told(ALICE)).not.toContain('database down');
    expect(on.engine.executed).toHaveLength(2);
  });

  test('of somebody of another workspace decides nothing', async () => {
    on.slack.people.channel(channel).members.add(STRANGER);
    await on.slack.people.press(STRANGER, any, 'cordon.approve');
    expect(await told(STRANGER)).toContain('Only people of this workspace');
    expect(on.engine.executed).toEqual([]);
  });

  test('releases with a button that asks first', async () => {
    await on.slack.people.press(ALICE, any, 'cordon.release');
    await on.app.idle();
    expect(on.engine.executed[0]).toMatchObject({ command: 'release', input: { incidentId: 'inc-abc' } });
  });

  test('adds a function that was suggested, with one press', async () => {
    const other = 'arn:aws:lambda:eu-central-1:111122223333:function:pay';
    on.engine.suggest({
      suggestions: [
        {
          functionArn: other,
          functionName: 'pay',
          because: [{ kind: 'role', value: 'arn:aws:iam::111122223333:role/shared' }],
        },
      ],
      takenAt: ['2026-03-01T02:50:00.000Z'],
      stale: false,
    });
    expect(await on.deliver(row('scope'))).toMatchObject({ kind: 'sent' });
    const shown = on.slack.people.messages(channel).at(-1);
    expect(JSON.stringify(shown?.blocks)).toContain('same role `arn:aws:iam::111122223333:role/shared`');
    await on.slack.people.press(ALICE, any, 'cordon.add-target.1');
    await on.app.idle();
    expect(on.engine.executed[0]).toMatchObject({
      command: 'add-target',
      input: { incidentId: 'inc-abc', functionArn: other },
    });
  });

  test('suggests nothing where the inventory knows of nothing', async () => {
    expect(await on.deliver(row('scope'))).toMatchObject({ kind: 'skipped' });
  });

  test.each(['widen', 'page-owner'])(
    '%s acts on the whole incident, and the channel is told',
    async (command) => {
      await on.slack.people.press(ALICE, any, `cordon.${command}`);
      await on.app.idle();
      expect(on.engine.executed[0]).toMatchObject({
        command,
        input: { incidentId: 'inc-abc', reason: 'with the button on the card' },
      });
      expect(on.slack.people.messages(channel).at(-1)?.text).toContain(`<@${ALICE}>: Noted.`);
    },
  );

  test('is acknowledged in under a second while Slack itself takes ten', async () => {
    on.slack.faults.plan('*', { kind: 'slow', ms: 10_000 }, { times: 10 });
    const delivered = await on.slack.people.press(ALICE, any, 'cordon.deny');
    expect(delivered.status).toBe(200);
    expect(delivered.ackMs).toBeLessThan(1000);
    // Ends the calls that still wait, so that the test need not.
    await on.served.close();
  });
});

describe('a modal', () => {
  test('denies with the reason that was typed, and says so to the person', async () => {
    await on.slack.people.press(ALICE, any, 'cordon.deny');
    await on.app.idle();
    await on.slack.people.submitView(ALICE, { text: 'the role is shared with payments' });
    expect(await told(ALICE)).toBe('✅ Noted.');
    expect(on.engine.executed).toEqual([
      expect.objectContaining({
        command: 'deny',
        input: {
          incidentId: 'inc-abc',
          approvalId: 'att-7',
          digest: DIGEST,
          reason: 'the role is shared with payments',
        },
      }),
    ]);
  });

  test('answers the whole form', async () => {
    await on.slack.people.press(ALICE, any, 'cordon.answer-details');
    await on.app.idle();
    await on.slack.people.submitView(
      ALICE,
      { verdict: 'true_positive', severity: '1', note: 'seen in the logs' },
      { duplicates: 1 },
    );
    await on.app.idle();
    expect(on.engine.executed.map(({ input }) => input)).toEqual([
      {
        incidentId: 'inc-abc',
        invocationId: 'inv-1',
        answer: { verdict: 'true_positive', severity: 1, note: 'seen in the logs' },
      },
    ]);
  });

  test('that Slack does not open leaves another way', async () => {
    on.slack.faults.plan('views.open', { kind: 'refuse', error: 'expired_trigger_id' });
    await on.slack.people.press(ALICE, any, 'cordon.deny');
    expect(await told(ALICE)).toContain('/cordon deny att-7');
  });

  test('makes a note of a message', async () => {
    on.slack.people.say(BOB, channel, 'the token leaked on Tuesday');
    await on.slack.people.useShortcut(ALICE, (message) => message.user === BOB, 'cordon.note');
    await on.app.idle();
    await on.slack.people.submitView(ALICE, {});
    await on.app.idle();
    expect(on.engine.executed[0]).toMatchObject({
      command: 'note',
      input: {
        incidentId: 'inc-abc',
        text: 'the token leaked on Tuesday',
        at: expect.stringMatching(/^2026-03-01T03:00:0/),
      },
    });
  });

  test.each([
    [
      'cordon.evidence-note',
      { command: 'note', text: /^Evidence \(message, sha256 [0-9a-f]{64}\): the key/ },
    ],
    ['cordon.follow-up', { command: 'task-add', text: /^the key of/ }],
  ])('%s keeps a message', async (callbackId, expected) => {
    on.slack.people.say(
      BOB,
      channel,
      'the key of arn:aws:lambda:eu-central-1:111122223333:function:pay leaked',
    );
    await on.slack.people.useShortcut(ALICE, (message) => message.user === BOB, callbackId);
    await on.app.idle();
    await on.slack.people.submitView(ALICE, {});
    await on.app.idle();
    expect(on.engine.executed).toMatchObject([
      { command: expected.command, input: { text: expect.stringMatching(expected.text) } },
    ]);
  });

  test('declares an incident out of a message, with the function that it names', async () => {
    const text = 'look at arn:aws:lambda:eu-central-1:111122223333:function:pay please';
    on.slack.people.say(BOB, 'general', text);
    await on.slack.people.useShortcut(ALICE, (message) => message.user === BOB, 'cordon.declare');
    await on.app.idle();
    await on.slack.people.submitView(ALICE, { severity: '1' });
    await on.app.idle();
    expect(on.engine.declared).toMatchObject([
      {
        functionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:pay',
        severity: 1,
        reason: text,
        slackUserId: ALICE,
      },
    ]);
  });
});

describe('the home page', () => {
  const home = async (user: string) => {
    await on.slack.people.sendEvent({ type: 'app_home_opened', user, tab: 'home', channel: 'D1' });
    await on.app.idle();
    return JSON.stringify(on.slack.people.home(user));
  };

  test('shows a responder what is theirs', async () => {
    on.engine.set({
      tasks: [
        { id: 'T1', text: 'rotate the key', owner: 'alice', dueAt: null, doneBy: null, doneAt: null },
        { id: 'T2', text: 'not mine', owner: 'bob', dueAt: null, doneBy: null, doneAt: null },
      ],
    });
    const page = await home(ALICE);
    expect(page).toContain('rotate the key');
    expect(page).not.toContain('not mine');
    expect(page).toContain('/cordon approve att-7');
    expect(page).toContain('INC-12');
    expect(page).toContain('No drill is running');
  });

  test('shows nothing to anybody else', async () => {
    const page = await home(GUEST);
    expect(page).toContain('responders of the enrolment file only');
    expect(page).not.toContain('INC-12');
  });
});

test('“I take it” on the card is heard by the channel', async () => {
  await on.slack.people.press(ALICE, any, 'cordon.acknowledge');
  await on.app.idle();
  expect(on.engine.executed).toMatchObject([{ command: 'acknowledge', input: { incidentId: 'inc-abc' } }]);
  expect(on.slack.people.messages(channel).at(-1)?.text).toContain(`<@${ALICE}>`);
});

describe('a request', () => {
  const press = (send: Parameters<Stage['slack']['people']['press']>[3]) =>
    on.slack.people.press(ALICE, any, 'cordon.approve', send);

  test.each([
    ['a wrong signature', { signature: 'wrong' }],
    ['no signature', { signature: 'missing' }],
    ['a signature of six minutes ago', { skewMs: -6 * 60_000 }],
    ['a signature of six minutes ahead', { skewMs: 6 * 60_000 }],
  ] as const)('with %s is refused', async (_name, send) => {
    expect((await press(send)).status).toBe(401);
    await on.app.idle();
    expect(on.engine.executed).toEqual([]);
  });

  test.each([-4 * 60_000, 4 * 60_000])('signed %d ms off is taken (control)', async (skewMs) => {
    expect((await press({ skewMs })).status).toBe(200);
    await on.app.idle();
    expect(on.engine.executed).toHaveLength(1);
  });

  test('that was captured and is played again is refused', async () => {
    await press({});
    const captured = on.slack.dispatcher.lastRequest();
    if (captured === undefined) throw new Error('expected a request');
    expect((await on.slack.dispatcher.replay(captured)).status).toBe(401);
    on.advance(4 * 60_000);
    expect((await on.slack.dispatcher.replay(captured)).status).toBe(401);
    on.advance(10 * 60_000);
    expect((await on.slack.dispatcher.replay(captured)).status).toBe(401);
    await on.app.idle();
    expect(on.engine.executed).toHaveLength(1);
  });

  test('with a changed body is refused', async () => {
    await press({ signature: 'wrong' });
    const captured = on.slack.dispatcher.lastRequest();
    if (captured === undefined) throw new Error('expected a request');
    expect((await on.slack.dispatcher.replay({ ...captured, body: `${captured.body}x` })).status).toBe(401);
  });

  test('larger than a megabyte is refused', async () => {
    const answer = await on.app.fetch(
      new Request('http://app.invalid/slack/events', { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) }),
    );
    expect(answer.status).toBe(413);
  });

  test('to another path or by GET is not found', async () => {
    expect((await on.app.fetch(new Request('http://app.invalid/slack/events'))).status).toBe(404);
    expect((await on.app.fetch(new Request('http://app.invalid/', { method: 'POST' }))).status).toBe(404);
  });

  test('of a kind that nobody listens to is not acknowledged', async () => {
    const delivered = await on.slack.dispatcher.send({
      kind: 'interaction',
      payload: {
        type: 'block_actions',
        user: { id: ALICE },
        team: { id: 'T0' },
        actions: [{ action_id: 'x' }],
      },
    });
    expect(delivered.status).toBe(404);
  });

  test('to verify the address gets its challenge back', async () => {
    const delivered = await on.slack.dispatcher.send({
      kind: 'event',
      body: { type: 'url_verification', challenge: 'c-1' },
    });
    expect(delivered).toMatchObject({ status: 200, body: '{"challenge":"c-1"}' });
  });
});

describe('/cordon', () => {
  const run = async (text: string, where = channel) => {
    const delivered = await on.slack.people.runCommand(ALICE, text, where);
    expect(delivered.status).toBe(200);
    return told(ALICE);
  };

  test('help knows where it is called', async () => {
    expect(await run('/cordon help')).toContain('This is the channel of *INC-12*');
    expect(await run('/ir', 'general')).toContain('not the channel of an incident');
  });

  test('lists and shows', async () => {
    expect(await run('/cordon list', 'general')).toContain('*INC-12*');
    expect(await run('/cordon show INC-12', 'general')).toContain('INC-12');
    expect(on.slack.people.ephemerals(ALICE).at(-1)?.blocks.length).toBeGreaterThan(3);
    expect(await run('/cordon show INC-99', 'general')).toContain('There is no incident `INC-99`');
  });

  test('names the nearest verb for one that it does not know', async () => {
    expect(await run('/cordon relaese now')).toContain('Did you mean *release*?');
    expect(await run('/cordon xyzzy')).not.toContain('Did you mean');
    expect(await run('/cordon <!channel>')).not.toContain('<!channel>');
  });

  test('asks for the incident where there is none', async () => {
    const told = await run('/cordon note hello', 'general');
    expect(told).toContain('belongs to no incident');
    // Which channel, as a link that only its members can follow.
    expect(told).toContain(`*INC-12* in <#${channel}>`);
    expect(on.engine.executed).toEqual([]);
  });

  test('says who is on call, what the plan is, call by call, and what evidence there is', async () => {
    expect(await run('/cordon oncall', 'general')).toContain(`tier 1: <@${ALICE}>`);
    on.engine.set({
      containment: [
        {
          actionTitle: 'Quarantine the execution role',
          objectArn: 'arn:aws:iam::111122223333:role/checkout',
          state: 'held',
          detail: '',
          changes: approval().changes,
        },
      ],
    });
    const plan = await run('/cordon plan');
    expect(plan).toContain('`iam:PutRolePolicy` · held');
    expect(plan).toContain('_undo:_ Delete the inline policy');
    const evidence = await run('/cordon evidence INC-12', 'general');
    expect(evidence).toContain('`code.zip` · 12 bytes · sha256 `eeeeeeeeeeeeeeee`');
  });

  test.each(['list', 'show INC-12', 'plan INC-12', 'evidence INC-12', 'tasks INC-12', 'oncall'])(
    '%s shows nothing to who is no responder',
    async (words) => {
      await on.slack.people.runCommand(GUEST, `/cordon ${words}`, 'general');
      const shown = await told(GUEST);
      expect(shown).toContain('Only responders');
      expect(shown).not.toMatch(/checkout|INC-12/);
    },
  );

  test('acts, and echoes it to the channel', async () => {
    await run('/cordon note the token leaked on Tuesday');
    expect(on.engine.executed[0]).toMatchObject({
      command: 'note',
      input: { incidentId: 'inc-abc', text: 'the token leaked on Tuesday' },
      idempotencyKey: expect.stringMatching(/^slack:command:/),
    });
    expect(on.slack.people.messages(channel).at(-1)?.text).toBe(`✅ <@${ALICE}>: Noted.`);
  });

  test('releases only with a reason', async () => {
    expect(await run('/cordon release')).toContain('expected REASON');
    await run('/cordon release INC-12 the finding was a test', 'general');
    expect(on.engine.executed).toEqual([
      expect.objectContaining({
        command: 'release',
        input: { incidentId: 'inc-abc', reason: 'the finding was a test' },
      }),
    ]);
  });

  test('takes the same words as the terminal, with mentions and times in them', async () => {
    await run('/cordon task add rotate the key of <https://a.example|a.example> for <@U0BOB00000|bob> by 2h');
    await run('/ir task done INC-12 T1', 'general');
    await run('/cordon note it began earlier at 02:50Z');
    await run('/cordon note looked at logs');
    await run('/cordon sev 1 customers &lt;are&gt; hit');
    expect(on.engine.executed.map(({ command, input }) => ({ command, ...input }))).toEqual([
      {
        command: 'task-add',
        incidentId: 'inc-abc',
        text: 'rotate the key of https://a.example',
        owner: '<@U0BOB00000|bob>',
        due: expect.stringMatching(/^2026-03-01T05:00:0/),
      },
      { command: 'task-done', incidentId: 'inc-abc', task: 'T1' },
      {
        command: 'note',
        incidentId: 'inc-abc',
        text: 'it began earlier',
        at: '2026-03-01T02:50:00.000Z',
      },
      { command: 'note', incidentId: 'inc-abc', text: 'looked at logs' },
      { command: 'severity', incidentId: 'inc-abc', severity: 1, reason: 'customers <are> hit' },
    ]);
    expect(await run('/cordon sev 9 all')).toContain('expected 1-4 to be one of 1, 2, 3, 4');
  });

  test('declares an incident, and lists mine', async () => {
    await run('/cordon declare arn:aws:lambda:eu-central-1:111122223333:function:pay 1 it mines', 'general');
    expect(on.engine.declared).toMatchObject([
      { functionArn: expect.stringMatching(/:pay$/), severity: 1, reason: 'it mines', slackUserId: ALICE },
    ]);
    expect(await run('/cordon declare arn:aws:x', 'general')).toContain('what you saw');
    expect(await run('/cordon list mine', 'general')).toContain('INC-12');
    expect(await run('/cordon list --stale', 'general')).toContain('Somebody was at every open incident');
  });

  test('approves the plan that was typed, and no other', async () => {
    const short = DIGEST.slice(0, 12);
    expect(await run('/cordon approve att-7')).toContain('first 12 characters');
    on.engine.set({ approvals: [approval({ digest: 'c'.repeat(64) })] });
    expect(await run(`/cordon approve att-7 ${short}`)).toContain('it has changed');
    expect(on.engine.executed).toEqual([]);
    on.engine.set({ approvals: [approval()] });
    await run(`/cordon approve att-7 ${short}`);
    await run(`/cordon deny att-7 ${short} not now`);
    expect(on.engine.executed.map(({ command, input }) => ({ command, ...input }))).toEqual([
      { command: 'approve', incidentId: 'inc-abc', approvalId: 'att-7', digest: DIGEST },
      { command: 'deny', incidentId: 'inc-abc', approvalId: 'att-7', digest: DIGEST, reason: 'not now' },
    ]);
  });
});
