import { rm } from 'node:fs/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import type { JsonObject } from '../../../src/json.ts';
import { createPageDeliver } from '../../../src/paging/deliver.ts';
import type { Page } from '../../../src/paging/port.ts';
import type { SlackDouble } from '../../../src/simulation/slack-double/double.ts';
import type { SlackApp } from '../../../src/slack/app.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { untilLevel } from '../../support/answers.ts';
import {
  drive,
  enrolmentText,
  freshGround,
  type Ground,
  pass,
  quiet,
  START,
  startEngine,
  type TestEngine,
  timelineKinds,
} from '../../support/engine.ts';
import { peopleOn, slackDouble } from '../../support/slack.ts';
import { ACCOUNT, REGION, ROLE_ARN, smallWorld } from '../../support/world.ts';

const ESCALATION = 'escalation: { tiers: [[alice], [bob]], severity: 2, afterMinutes: 2 }\n';

let ground: Ground;
let engine: TestEngine;
let slack: SlackDouble;
let app: SlackApp | undefined;
let pages: Page[];
let calls = 0;

const arnOf = (index: number) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:worker-${index}`;

/** An engine with `functions` functions on one role, a workspace, and a paging service that only remembers. */
async function start(functions: number, budget = 1000, more = (text: string) => text): Promise<void> {
  const world = smallWorld();
  const [template] = world.functions;
  if (template === undefined) throw new Error('expected a function in the small world');
  ground = await freshGround({
    world: {
      ...world,
      functions: Array.from({ length: functions }, (_, index) => ({ ...template, name: `worker-${index}` })),
    },
  });
  slack = slackDouble(ground.clock);
  pages = [];
  const text = enrolmentText('act').replace(
    'profile: dynamic }',
    `profile: dynamic, containmentsPerHour: ${budget} }`,
  );
  engine = await startEngine(ground, {
    overrides: {
      exercise: false,
      enrolment: parseEnrolment(
        more(`${text}${ESCALATION}budgets: { containmentsPerHour: ${budget} }\n`),
        'enrolment.yaml',
      ),
      people: peopleOn({
        sql: ground.sql,
        clock: ground.clock,
        fetch: slack.fetch,
        onApp: (made) => {
          app = made;
          slack.dispatcher.connect({ url: 'http://app.invalid/slack/events', fetch: made.fetch });
        },
      }),
      pages: (views) =>
        createPageDeliver({
          services: [
            {
              name: 'recorder',
              send: async (page) => {
                pages.push(page);
                return { kind: 'sent' };
              },
            },
          ],
          incidentView: views.incidentView,
        }),
    },
  });
}

afterEach(async () => {
  await engine.stop();
  await ground.sql.close();
  await rm(ground.dataDir, { recursive: true, force: true, maxRetries: 10 });
});

const submit = (index: number) => engine.submit({ id: `finding${index}`, functionArn: arnOf(index) });

const act = (command: string, input: JsonObject, name = 'alice', key = `campaign-test-key-${calls++}`) =>
  engine.cordon.execute({
    command,
    incident: null,
    identity: { kind: 'cli', name },
    input,
    idempotencyKey: key,
  });

const campaigns = () => engine.cordon.views.openCampaigns();

/** What a channel shows by itself, without what is said in threads. */
const inChannel = (name: string) =>
  slack.people.channel(name).messages.filter(({ threadTs, ts }) => threadTs === undefined || threadTs === ts);

/** Waits until a channel's card says so: Slack lets an app write about once a second. */
const untilCard = (name: string, text: string) =>
  drive(engine, () => inChannel(name)[0]?.text.includes(text) ?? false);

describe('many alerts about functions of one role', () => {
  test('are as many contained functions, one channel, one card, and one page a round of escalation', async () => {
    const count = 24;
    await start(count);
    // All at once, so that many find out together that they belong together.
    const ids = await Promise.all(Array.from({ length: count }, (_, index) => submit(index)));
    expect(new Set(ids).size).toBe(count);
    await drive(
      engine,
      () =>
        new Set(
          ground.world.journal
            .entries({ operation: 'PutFunctionConcurrency', outcome: 'ok' })
            .map(({ target }) => target),
        ).size === count,
    );
    // Deliveries and what is left of this second: nobody has to wait for the evidence of a hundred functions.
    await drive(engine, async () => {
      const [campaign] = await campaigns();
      return campaign?.members.every(({ level }) => level === 'effective') ?? false;
    });
    const found = await campaigns();
    expect(found).toHaveLength(1);
    expect(found[0]?.members).toHaveLength(count);
    expect(found[0]?.shares).toEqual([expect.stringMatching(/^role arn:aws:iam::/)]);

    await drive(engine, () =>
      slack.people
        .channels()
        .some(({ name }) =>
          JSON.stringify(inChannel(name)[0]?.blocks).includes(`${count} incidents, ${count} functions`),
        ),
    );
    expect(slack.people.channels()).toHaveLength(1);
    const [channel] = slack.people.channels();
    const shown = inChannel(channel?.name ?? '');
    const [card] = shown;
    expect(channel?.pins.size).toBe(1);
    expect(channel?.pins.has(card?.ts ?? '')).toBe(true);
    expect(JSON.stringify(card?.blocks)).toContain(`${count} incidents, ${count} functions`);
    // Besides the card, only the one call for somebody to take it.
    expect(shown.slice(1).map(({ text }) => text)).toEqual([expect.stringContaining('Nobody has taken')]);
    const triggers = pages.filter(({ event }) => event === 'trigger');
    expect(new Set(triggers.map(({ incident }) => incident.id))).toEqual(new Set([ids[0]]));
    // Nobody answers, so the chain of escalation goes on; but each round of it is one page, whatever the number of incidents.
    const rounds = triggers.map(({ to }) => to.join());
    expect(new Set(rounds).size).toBe(rounds.length);
  }, 600_000);
});

describe('a campaign', () => {
  test('is made by the second incident, in the channel of the first, which its suspect has to leave, and recorded in its timeline', async () => {
    const principal = `arn:aws:iam::${ACCOUNT}:user/bob`;
    await start(2, 1000, (text) => text.replace('cli: bob,', `cli: bob, principals: ['${principal}'],`));
    const first = await submit(0);
    await quiet(engine);
    expect(await campaigns()).toEqual([]);
    await untilCard('inc-1-worker-0', 'INC-1');
    const members = () => slack.people.channel('inc-1-worker-0').members;
    // As long as it was not his identity, he belonged there (control).
    expect(members().has('U0BOB00000')).toBe(true);
    await ground.sql.query('insert into cordon.inventory (account, region) values ($1, $2)', [
      ACCOUNT,
      REGION,
    ]);
    await ground.sql.query(
      `insert into cordon.inventory_function (function_arn, account, region, roles, shared_with, taken_at, changed_by, changed_at)
       values ($1, $2, $3, $4, 1, $5, $6, $5)`,
      [arnOf(1), ACCOUNT, REGION, [ROLE_ARN], START.toISOString(), principal],
    );
    const second = await submit(1);
    await quiet(engine);
    expect((await campaigns()).map(({ members }) => members.map(({ id }) => id))).toEqual([[first, second]]);
    expect(await timelineKinds(engine, first)).not.toContain('campaign.joined');
    expect(await timelineKinds(engine, second)).toContain('campaign.joined');
    expect(slack.people.channels().filter(({ name }) => name.includes('inc-'))).toHaveLength(1);
    await untilCard('inc-1-worker-0', 'CMP-1');
    expect([members().has('U0BOB00000'), members().has('U0ALICE000')]).toEqual([false, true]);
    const said = (await readTimeline(ground.sql, second)).flatMap(({ body }) =>
      body?.kind === 'slack.sent' ? [body.summary] : [],
    );
    expect(said).toContainEqual(
      expect.stringMatching(/bob was removed from the channel: their own AWS identity/),
    );
    // Somebody lets him in again, who does not know.
    await slack.people.join('U0BOB00000', 'inc-1-worker-0', 'U0ALICE000');
    expect(members().has('U0BOB00000')).toBe(true);
    await drive(engine, () => !members().has('U0BOB00000'));
    // The question of each is below the card.
    const below = () =>
      slack.people.channel('inc-1-worker-0').messages.filter(({ threadTs }) => threadTs !== undefined);
    await drive(engine, () => below().some(({ text }) => text.includes('INC-2: Triage')));
    expect(below().filter(({ text }) => text.includes('INC-2: Triage'))).toHaveLength(1);
  });

  test('is not made of incidents that share nothing (control)', async () => {
    await start(2);
    const first = await submit(0);
    const alone = {
      cordon: 1,
      id: 'another',
      type: 'egress:unknown-host',
      category: 'function-compromise',
      title: 'Another function, of which no role is known.',
      severity: 8,
      confidence: 0.9,
      function: { arn: arnOf(1) },
      lastSeenAt: ground.clock.now().toISOString(),
    };
    const bytes = new TextEncoder().encode(JSON.stringify(alone));
    const receivedAt = ground.clock.now();
    const [outcome] = await engine.cordon.engine.accept.submit({
      bytes,
      via: 'cli',
      source: 'test',
      receivedAt,
    });
    expect(outcome).toMatchObject({ kind: 'opened' });
    await quiet(engine);
    expect(await campaigns()).toEqual([]);
    await drive(engine, () => slack.people.channels().length === 2);
    expect(await timelineKinds(engine, first)).not.toContain('campaign.joined');
  });

  test('is made by an address that findings of different kinds share, and not by a private one', async () => {
    await start(3);
    const finding = (index: number, remoteAddresses: readonly string[]) => ({
      cordon: 1,
      id: `egress-${index}`,
      type: `egress:kind-${index}`,
      category: 'function-compromise',
      title: 'A function of which no role is known speaks to somebody.',
      severity: 8,
      confidence: 0.9,
      function: { arn: arnOf(index) },
      remoteAddresses,
      lastSeenAt: ground.clock.now().toISOString(),
    });
    const open = async (index: number, addresses: readonly string[]) => {
      const [outcome] = await engine.cordon.engine.accept.submit({
        bytes: new TextEncoder().encode(JSON.stringify(finding(index, addresses))),
        via: 'cli',
        source: 'test',
        receivedAt: ground.clock.now(),
      });
      expect(outcome).toMatchObject({ kind: 'opened' });
      await quiet(engine);
    };
    await open(0, ['10.0.0.7']);
    await open(1, ['10.0.0.7', '198.51.100.7']);
    expect(await campaigns()).toEqual([]);
    await open(2, ['198.51.100.7']);
    expect(await campaigns()).toMatchObject([
      { shares: ['source 198.51.100.7'], members: [{ number: 2 }, { number: 3 }] },
    ]);
  });

  test('is taken up as a whole: the pages of all its incidents end', async () => {
    await start(3);
    const ids = await Promise.all([submit(0), submit(1), submit(2)]);
    await quiet(engine);
    expect(await act('campaign-acknowledge', { campaign: 'CMP-1' }, 'eve')).toMatchObject({
      code: 'cordon_command_not_allowed',
    });
    expect(await act('campaign-acknowledge', { campaign: 'CMP-1' })).toMatchObject({
      kind: 'done',
      summary: 'took up 3 incidents',
    });
    for (const id of ids) expect((await engine.cordon.views.incidentView(id))?.lead).toBe('alice');
    expect((await campaigns())[0]?.lead).toBe('alice');
  });

  test('has its plans approved as they were listed, each by its own digest, and no other list', async () => {
    await start(3, 0);
    const ids = await Promise.all([submit(0), submit(1)]);
    await quiet(engine);
    const shown = (await campaigns())[0];
    expect(shown?.plans.length).toBeGreaterThanOrEqual(2);
    expect(ground.world.journal.writes()).toHaveLength(0);

    // Another alert comes in while the person reads: the list is another one.
    ids.push(await submit(2));
    await quiet(engine);
    const stale = { campaign: 'CMP-1', digest: shown?.plansDigest ?? '' };
    expect(await act('campaign-approve', stale, 'bob')).toMatchObject({
      code: 'cordon_approval_plan_changed',
    });
    expect(ground.world.journal.writes()).toHaveLength(0);

    const now = (await campaigns())[0];
    const fresh = { campaign: 'CMP-1', digest: now?.plansDigest ?? '' };
    expect(await act('campaign-approve', fresh, 'eve')).toMatchObject({ code: 'cordon_command_not_allowed' });
    expect(await act('campaign-approve', fresh, 'bob')).toMatchObject({
      code: 'cordon_approval_unconfirmed',
    });
    const typed = { ...fresh, confirm: 'CMP-1' };
    expect(await act('campaign-approve', typed, 'bob', 'campaign-approve-once')).toMatchObject({
      kind: 'done',
      summary: `approved ${now?.plans.length} plans`,
    });
    await quiet(engine);
    expect(ground.world.journal.writes().length).toBeGreaterThanOrEqual(now?.plans.length ?? 0);
    for (const id of ids) {
      const given = (await readTimeline(ground.sql, id)).filter(
        (each) => each.body?.kind === 'approval.given',
      );
      expect(given.length).toBeGreaterThan(0);
    }
  });

  test('has its list approved in a form, where its name is typed: nothing else will do, and nothing twice', async () => {
    await start(2, 0);
    await Promise.all([submit(0), submit(1)]);
    const list = async () => {
      const [shown] = await campaigns();
      return shown?.members.every(({ plans }) => plans > 0) === true ? shown.plansDigest : null;
    };
    // The button is of the list that the card shows.
    await drive(engine, async () => {
      const digest = (await list())?.slice(0, 12) ?? 'none yet';
      return slack.people
        .channels()
        .some(({ name }) => JSON.stringify(inChannel(name)[0]?.blocks ?? '').includes(digest));
    });
    const told = async () => {
      await app?.idle();
      await pass(engine, 5_000);
    };
    await slack.people.press('U0BOB00000', () => true, 'cordon.campaign-approve-typed');
    await told();
    const form = JSON.stringify(slack.people.openView('U0BOB00000')?.content);
    expect(form).toContain('Type the campaign’s name: CMP-1');
    for (const name of ['worker-0', 'worker-1']) expect(form).toContain(name);
    const wrong = await slack.people.submitView('U0BOB00000', { text: 'INC-1' });
    expect(wrong.body).toContain('"response_action":"errors"');
    expect(ground.world.journal.writes()).toHaveLength(0);
    await slack.people.submitView('U0BOB00000', { text: ' cmp-1 ' }, { duplicates: 1 });
    await told();
    const writes = ground.world.journal.writes().length;
    expect(writes).toBeGreaterThanOrEqual(2);
    expect((await campaigns())[0]?.plans).toEqual([]);
  });

  test('gives an incident back a channel of its own, and takes it in again, each in the timelines', async () => {
    await start(2);
    const [first, second] = [await submit(0), await submit(1)];
    await quiet(engine);
    expect(await act('campaign-split', { incident: 'INC-1', reason: 'ours' })).toMatchObject({
      code: 'cordon_command_not_now',
    });
    expect(await act('campaign-split', { incident: 'INC-2', reason: 'another attacker' })).toMatchObject({
      kind: 'done',
    });
    await quiet(engine);
    expect(await campaigns()).toEqual([]);
    await untilCard('inc-1-worker-0', 'INC-1');
    expect(slack.people.channels().map(({ name }) => name)).toEqual(['inc-1-worker-0', 'inc-2-worker-1']);
    await untilCard('inc-2-worker-1', 'INC-2');
    expect(await timelineKinds(engine, second)).toContain('campaign.split');
    const noted = (await readTimeline(ground.sql, first)).map((each) => each.body?.summary);
    expect(noted).toContainEqual('alice split INC-2 off: another attacker');

    const merge = { campaign: 'INC-2', into: 'INC-1', reason: 'the same key after all' };
    expect(await act('campaign-merge', merge)).toMatchObject({ kind: 'done' });
    await quiet(engine);
    expect((await campaigns()).map(({ members }) => members.length)).toEqual([2]);
    expect(await timelineKinds(engine, second)).toContain('campaign.merged');
    expect(slack.people.channels()).toHaveLength(2);
    // The channel that is left says where they went, and what comes next goes to the other.
    await drive(engine, () => inChannel('inc-2-worker-1').some(({ text }) => text.includes('led elsewhere')));
    await untilCard('inc-1-worker-0', 'CMP-1');
    // Again is no second move.
    expect(await act('campaign-merge', merge)).toMatchObject({ summary: 'they are one campaign already' });
    await untilLevel(engine, second, 'effective');
  });

  test('answers an open triage of all at once', async () => {
    await start(2);
    const ids = [await submit(0), await submit(1)];
    await quiet(engine);
    const triage = { campaign: 'CMP-1', verdict: 'true_positive', reason: 'the key leaked on Tuesday' };
    expect(await act('campaign-triage', triage)).toMatchObject({ summary: 'answered 2 questions' });
    await quiet(engine);
    for (const id of ids) {
      const view = await engine.cordon.views.incidentView(id);
      expect(view?.questions.find(({ form }) => form === 'triage')).toMatchObject({ status: 'answered' });
    }
    expect(await act('campaign-triage', triage)).toMatchObject({ code: 'cordon_question_settled' });
    expect(await act('campaign-triage', { ...triage, campaign: 'CMP-9' })).toMatchObject({
      code: 'cordon_campaign_not_found',
    });
  });
});
