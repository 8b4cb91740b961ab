import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { MessageMatch } from '../../../src/simulation/slack-double/people.ts';
import type { UpdateView } from '../../../src/slack/view/owed.ts';
import { ALICE, BOB, row, type Stage, stage } from './harness.ts';

const any: MessageMatch = () => true;
const update: UpdateView = {
  id: 'U1',
  template: 'contained',
  to: ['status'],
  text: 'Checkout answers 429 <!channel> until it is released.',
  by: 'alice',
  state: 'waiting',
  quorum: 1,
  expiresAt: '2026-03-01T07:00:00.000Z',
  approvals: [],
};

let on: Stage;
let channel: string;

beforeEach(async () => {
  on = await stage({ double: { channels: [{ name: 'status', members: [ALICE, BOB, 'U0CORDONBOT'] }] } });
  channel = await on.open(row('card'));
  on.engine.setPostmortem({
    sections: [
      { name: 'impact', text: 'One customer.', version: 3 },
      { name: 'detection', text: '', version: 0 },
      { name: 'exposure', text: 'x'.repeat(3001), version: 1 },
    ],
    errors: ['the document has no owner: fill in that row of its first table'],
  });
});
afterEach(async () => {
  await on.close();
});

async function told(user: string): Promise<string> {
  await on.app.idle();
  return on.slack.people.ephemerals(user).at(-1)?.text ?? '';
}

async function typed(user: string, text: string): Promise<void> {
  await on.slack.people.runCommand(user, text, channel);
  await on.app.idle();
}

describe('the postmortem in Slack', () => {
  test('shows what is written and what is missing, and opens a section with what is saved of it', async () => {
    await typed(ALICE, '/cordon postmortem');
    const page = JSON.stringify(on.slack.people.messages(channel).at(-1)?.blocks);
    expect(page).toContain('2 of 3 sections are saved');
    expect(page).toContain('the document has no owner');
    await on.slack.people.press(ALICE, any, 'cordon.write-section.impact');
    await on.app.idle();
    expect(JSON.stringify(on.slack.people.openView(ALICE)?.content)).toContain('One customer.');
    await on.slack.people.submitView(
      ALICE,
      { text: 'Two customers, from the order log.' },
      { duplicates: 1 },
    );
    expect(await told(ALICE)).toBe('✅ Noted.');
    expect(on.engine.executed).toEqual([
      expect.objectContaining({
        command: 'postmortem-write',
        // On the version that was shown, so that nobody writes over somebody else.
        input: {
          incidentId: 'inc-abc',
          section: 'impact',
          text: 'Two customers, from the order log.',
          base: 3,
        },
      }),
    ]);
  });

  test('opens the form of a section that is named without words, and takes words where there are some', async () => {
    await typed(ALICE, '/cordon postmortem write detection');
    expect(on.slack.people.openView(ALICE)?.content.callback_id).toBe('cordon.section.text');
    await typed(BOB, '/cordon postmortem write detection By the rule.');
    await typed(BOB, '/cordon postmortem review clear and complete');
    expect(on.engine.executed.map(({ command, input }) => [command, input])).toEqual([
      ['postmortem-write', { incidentId: 'inc-abc', section: 'detection', text: 'By the rule.' }],
      ['postmortem-review', { incidentId: 'inc-abc', note: 'clear and complete' }],
    ]);
  });

  test('names the file for a section that no form can hold, and opens none', async () => {
    await typed(ALICE, '/cordon postmortem write exposure');
    expect(await told(ALICE)).toContain('cordon postmortem save');
    expect(on.slack.people.openView(ALICE)).toBeUndefined();
  });
});

describe('an update to stakeholders', () => {
  test('is written in a form, and goes the way of every act', async () => {
    await typed(ALICE, '/cordon update');
    await on.slack.people.submitView(ALICE, {
      template: 'contained',
      to: 'status',
      text: 'Released at noon.',
    });
    await on.app.idle();
    expect(on.engine.executed).toEqual([
      expect.objectContaining({
        command: 'update',
        input: { incidentId: 'inc-abc', template: 'contained', to: 'status', text: 'Released at noon.' },
      }),
    ]);
  });

  test('waits in the channel with exactly its words, for somebody to approve', async () => {
    on.engine.set({ updates: [update] });
    expect(await on.deliver(row('update-asked', { update: 'U1' }))).toMatchObject({ kind: 'sent' });
    const asked = JSON.stringify(on.slack.people.messages(channel).at(-1)?.blocks);
    expect(asked).toContain('Checkout answers 429');
    expect(asked).not.toContain('<!channel>');
    await on.slack.people.press(BOB, any, 'cordon.approve-update');
    await on.app.idle();
    expect(on.engine.executed[0]).toMatchObject({
      command: 'update-approve',
      input: { incidentId: 'inc-abc', update: 'U1' },
    });
    on.engine.set({ updates: [{ ...update, state: 'denied' }] });
    expect(await on.deliver(row('update-asked', { update: 'U1' }))).toMatchObject({ kind: 'skipped' });
  });

  test('is posted once in the channel of its stakeholder, and not in that of the incident', async () => {
    const status = on.slack.people.channels().find(({ name }) => name === 'status');
    on.engine.setStakeholders([{ id: 'status', title: 'Status', slack: status?.id ?? '' }]);
    on.engine.set({ updates: [{ ...update, state: 'sent' }] });
    const before = on.slack.people.messages(channel).length;
    expect(await on.deliver(row('update', { update: 'U1', to: 'status' }))).toMatchObject({ kind: 'sent' });
    expect(on.slack.people.messages(channel)).toHaveLength(before);
    const [posted] = on.slack.people.messages('status');
    expect(JSON.stringify(posted?.blocks)).toContain('Parts of the service may not answer');
    expect(JSON.stringify(posted?.blocks)).not.toContain('<!channel>');
    expect(await on.deliver(row('update', { update: 'U1', to: 'nobody' }))).toMatchObject({
      kind: 'failed',
      code: 'cordon_slack_no_subject',
    });
  });
});
