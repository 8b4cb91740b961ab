import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { MessageMatch } from '../../../src/simulation/slack-double/people.ts';
import { ALICE, BOB, GUEST, row, type Stage, stage } from './harness.ts';

let on: Stage;
let channel: string;
const any: MessageMatch = () => true;

beforeEach(async () => {
  on = await stage();
  channel = await on.open(row('card'), row('approval', { attempt: 'att-7' }));
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
  test('of a guest approves nothing, even with a role, and of a member it does (control)', async () => {
    on.slack.people.channel(channel).members.add(GUEST);
    await on.slack.people.press(GUEST, any, 'cordon.approve');
    expect(await told(GUEST)).toContain('full members of this workspace only: it is a guest');
    expect(on.engine.executed).toEqual([]);
    await on.slack.people.press(ALICE, any, 'cordon.approve');
    await on.app.idle();
    expect(on.engine.executed).toHaveLength(1);
  });

  test('approves nothing while Slack does not say who the person is', async () => {
    on.slack.faults.plan('users.info', { kind: 'http', status: 500, effect: 'none' }, { times: 10 });
    await on.slack.people.press(ALICE, any, 'cordon.approve');
    expect(await told(ALICE)).toContain('Slack could not say who you are');
    expect(on.engine.executed).toEqual([]);
  });

  test('asks somebody apart whether it was them, and a guest nothing', async () => {
    const principal = 'arn:aws:iam::111122223333:user/alice';
    on.engine.set({ suspects: [{ responder: 'alice', principal }] });
    expect(await on.deliver(row('ask-identity', { to: 'alice' }))).toMatchObject({ kind: 'sent' });
    const asked = on.slack.people.messages(`dm-${ALICE.toLowerCase()}`);
    expect(asked.map(({ text }) => text)).toEqual([expect.stringContaining('Was this you?')]);
    await on.slack.people.press(ALICE, ({ text }) => text.includes('Was this you?'), 'cordon.claim.not-mine');
    await on.app.idle();
    expect(on.engine.executed[0]).toMatchObject({
      command: 'claim',
      input: { incidentId: 'inc-abc', answer: 'not-mine' },
    });
    // The control: the same person as a guest.
    on.slack.workspace.users.set(ALICE, {
      ...on.slack.workspace.users.get(BOB),
      id: ALICE,
      name: 'alice',
      teamId: 'T0CORDON00',
      isBot: false,
      isUltraRestricted: false,
      isStranger: false,
      deleted: false,
      isRestricted: true,
    });
    expect(await on.deliver(row('ask-identity', { to: 'alice' }))).toMatchObject({
      kind: 'failed',
      code: 'cordon_slack_not_asked',
      message: expect.stringContaining('guest'),
    });
    expect(on.slack.people.messages(`dm-${ALICE.toLowerCase()}`)).toHaveLength(1);
  });
});
