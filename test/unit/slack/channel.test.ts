import { afterEach, describe, expect, test } from '@jest/globals';
import { WebClient } from '@slack/web-api';
import type { ChannelSettings } from '../../../src/slack/channel.ts';
import { SCOPES } from '../../../src/slack/manifest.ts';
import type { SlackCampaign } from '../../../src/slack/view/campaign.ts';
import type { IncidentView } from '../../../src/slack/view/incident.ts';
import { ALICE, BOB, GUEST, incident, row, STRANGER, type Stage, stage, TOKEN } from './harness.ts';

let on: Stage;
afterEach(async () => {
  await on.close();
});

const PLAIN: ChannelSettings = { prefix: 'inc-', bookmarks: [] };

describe('the name of a channel', () => {
  test('begins as the enrolment file says, and an exercise with drill- before it', async () => {
    on = await stage({ channels: { ...PLAIN, prefix: 'sec_' } });
    expect(on.slack.people.channel(await on.open()).name).toBe('sec_12-checkout');
    await on.close();
    on = await stage({ channels: { ...PLAIN, prefix: 'sec_' }, view: incident({ exercise: true }) });
    expect(on.slack.people.channel(await on.open()).name).toBe('drill-sec_12-checkout');
  });

  test('is one that Slack takes, whatever the function is called, and keeps its number and suffix', async () => {
    const [target] = incident().targets;
    if (target === undefined) throw new Error('expected a target');
    const functionName = `Ünïcode.${'Long_'.repeat(40)}`;
    const prefix = 'security-incidents-2';
    const view = incident({ targets: [{ ...target, functionName }] });
    const taken = `${prefix}12-n-code-${'long-'.repeat(40)}`.slice(0, 80).replace(/-+$/, '');
    on = await stage({
      channels: { ...PLAIN, prefix },
      view,
      double: { channels: [{ name: taken, members: [ALICE] }] },
    });
    const { name } = on.slack.people.channel(await on.open());
    expect(name).toMatch(/^security-incidents-212-n-code-[a-z-]{1,50}-2$/);
    expect(name.length).toBeLessThanOrEqual(80);
  });
});

describe('the links above a channel', () => {
  const channels: ChannelSettings = {
    ...PLAIN,
    bookmarks: [
      { title: 'Runbook', link: 'https://wiki.example/runbooks/lambda' },
      { title: 'Evidence', link: 'https://evidence.example/{id}?incident={number}' },
    ],
  };
  const shown = (channel: string) =>
    on.slack.people.channel(channel).bookmarks.map(({ title, link }) => [title, link]);
  const both = [
    ['Runbook', 'https://wiki.example/runbooks/lambda'],
    ['Evidence', 'https://evidence.example/inc-abc?incident=12'],
  ];

  test('are there once, with the incident in them, however often it is furnished', async () => {
    on = await stage({ channels });
    const channel = await on.open(row('card'), row('furnish'), row('furnish'));
    expect(shown(channel)).toEqual(both);
    // The control: Slack itself takes the same link again.
    const web = new WebClient(TOKEN, { slackApiUrl: on.served.apiUrl });
    await web.bookmarks.add({
      channel_id: channel,
      title: 'Runbook',
      type: 'link',
      link: String(both[0]?.[1]),
    });
    expect(shown(channel)).toHaveLength(3);
  });

  test.each(['bookmarks.list', 'bookmarks.add'])(
    'are there once when the answer to %s was lost',
    async (method) => {
      on = await stage({ channels });
      const channel = await on.open(row('card'));
      on.slack.faults.plan(method, { kind: 'lost', effect: 'done' });
      const furnishing = row('furnish');
      expect(await on.deliver(furnishing)).toMatchObject({ kind: 'retry' });
      expect(await on.deliver(furnishing, true)).toMatchObject({ kind: 'sent', result: { notes: [] } });
      expect(shown(channel)).toEqual(both);
    },
  );

  test('hold nothing up in an app that was installed without their scopes, and the card is pinned', async () => {
    const scopes = SCOPES.map(({ scope }) => scope).filter((scope) => !scope.startsWith('bookmarks'));
    on = await stage({ channels, double: { scopes } });
    const channel = await on.open(row('card'));
    expect(await on.deliver(row('furnish'))).toMatchObject({
      kind: 'sent',
      result: { notes: [expect.stringContaining('install the manifest again')] },
    });
    expect(on.slack.people.channel(channel).pins.size).toBe(1);
    expect(shown(channel)).toEqual([]);
  });

  test('are not asked for where there are none', async () => {
    on = await stage();
    await on.open(row('card'), row('furnish'));
    expect(on.slack.journal.filter(({ method }) => method.startsWith('bookmarks'))).toEqual([]);
  });
});

describe('who must not be in a channel', () => {
  const suspects = [{ responder: 'alice', principal: 'arn:aws:iam::111122223333:user/alice' }];

  async function crowded(): Promise<string> {
    on = await stage();
    const channel = await on.open(row('card'));
    for (const member of [GUEST, STRANGER]) on.slack.people.channel(channel).members.add(member);
    return channel;
  }
  const members = (channel: string) => [...on.slack.people.channel(channel).members];

  test('is taken out of it, and it is written down: a suspect, a guest, somebody of another organisation', async () => {
    const channel = await crowded();
    on.engine.set({ suspects });
    expect(await on.deliver(row('furnish', { keepOut: true }))).toMatchObject({
      kind: 'sent',
      result: {
        notes: [
          expect.stringMatching(/^alice was removed .*AWS identity/),
          expect.stringContaining(`${GUEST} was removed from the channel: it is a guest`),
          expect.stringContaining(
            `${STRANGER} was removed from the channel: it belongs to another organisation`,
          ),
        ],
      },
    });
    expect(members(channel)).toEqual([on.slack.botUserId, BOB]);
    // Once: the second look finds nobody.
    expect(await on.deliver(row('furnish', { keepOut: true }))).toMatchObject({
      kind: 'sent',
      result: { notes: [] },
    });
  });

  test('does not mean a responder who is no suspect (control)', async () => {
    const channel = await crowded();
    await on.deliver(row('furnish', { keepOut: true }));
    expect(members(channel)).toEqual([on.slack.botUserId, ALICE, BOB]);
  });

  test('is out when the answer was lost, and it is tried again', async () => {
    const channel = await crowded();
    on.engine.set({ suspects });
    on.slack.faults.plan('conversations.kick', { kind: 'lost', effect: 'done' });
    const removing = row('furnish', { keepOut: true });
    expect(await on.deliver(removing)).toMatchObject({ kind: 'retry' });
    expect(await on.deliver(removing)).toMatchObject({ kind: 'sent' });
    expect(members(channel)).toEqual([on.slack.botUserId, BOB]);
  });

  test('is named where Slack does not let the app remove them, and the others go', async () => {
    const channel = await crowded();
    on.engine.set({ suspects });
    on.slack.faults.plan('conversations.kick', { kind: 'refuse', error: 'restricted_action' });
    expect(await on.deliver(row('furnish', { keepOut: true }))).toMatchObject({
      kind: 'failed',
      code: 'cordon_slack_not_removed',
      message: expect.stringMatching(/alice could not be removed .*restricted_action.*by hand/),
    });
    expect(members(channel)).toEqual([on.slack.botUserId, ALICE, BOB]);
  });

  test('is not let back in with one incident while they are a suspect of another there', async () => {
    const channel = await crowded();
    on.slack.people.channel(channel).members.delete(ALICE);
    const other = { ...incident({ id: 'inc-other', number: 13, suspects }) };
    on.engine.leadWithOthers(ledWith(other));
    on.engine.alsoKnows(other);
    await on.deliver(row('invite', { responder: 'alice' }));
    expect(members(channel)).not.toContain(ALICE);
    on.engine.alsoKnows({ ...other, suspects: [] });
    await on.deliver(row('invite', { responder: 'alice' }));
    expect(members(channel)).toContain(ALICE);
  });
});

describe('somebody who comes into a channel', () => {
  const suspects = [{ responder: 'alice', principal: 'arn:aws:iam::111122223333:user/alice' }];

  async function joined(user: string, channel: string): Promise<readonly string[]> {
    await on.slack.people.join(user, channel, BOB);
    await on.app.idle();
    return on.engine.keptOut;
  }

  test.each([
    ['a guest', GUEST],
    ['somebody of another organisation', STRANGER],
  ])('has it looked at when it is %s', async (_, user) => {
    on = await stage();
    expect(await joined(user, await on.open(row('card')))).toEqual(['inc-abc']);
  });

  test('has it looked at when they are a suspect of the incident, or of another one that is led there', async () => {
    on = await stage();
    const channel = await on.open(row('card'));
    on.engine.set({ suspects });
    expect(await joined(ALICE, channel)).toEqual(['inc-abc']);
    on.engine.set({ suspects: [] });
    const other = { ...incident({ id: 'inc-other', number: 13, suspects }) };
    on.engine.leadWithOthers(ledWith(other));
    on.engine.alsoKnows(other);
    expect(await joined(ALICE, channel)).toEqual(['inc-abc', 'inc-other']);
  });

  test('has it looked at when Slack does not say who they are', async () => {
    on = await stage();
    const channel = await on.open(row('card'));
    on.slack.faults.plan('users.info', { kind: 'http', status: 500, effect: 'none' }, { times: 10 });
    expect(await joined(ALICE, channel)).toEqual(['inc-abc']);
  });

  test('is let be when it is a responder, the app itself, or a channel of nobody’s incident (control)', async () => {
    on = await stage();
    const channel = await on.open(row('card'));
    expect(await joined(ALICE, channel)).toEqual([]);
    expect(await joined(on.slack.botUserId, channel)).toEqual([]);
    expect(await joined(GUEST, 'general')).toEqual([]);
  });
});

/** The campaign of the stage's incident and another. */
function ledWith(other: IncidentView): SlackCampaign {
  return {
    id: 'cmp-1',
    number: 1,
    exercise: false,
    anchor: 'inc-abc',
    openedAt: other.openedAt,
    lead: null,
    severity: 2,
    members: [incident(), other].map(({ id, number }) => ({
      id,
      number,
      functionNames: ['checkout'],
      status: 'open' as const,
      severity: 2,
      level: 'effective' as const,
      plans: 0,
      questions: 0,
    })),
    shares: [],
    plans: [],
    plansDigest: null,
    questions: [],
  };
}
