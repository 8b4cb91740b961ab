import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseEnrolment } from '../../src/enrolment/enrolment.ts';
import { createPageDeliver } from '../../src/paging/deliver.ts';
import { createVirtualClock } from '../../src/simulation/virtual-clock.ts';
import { createWorld } from '../../src/simulation/world/world.ts';
import type { EmbeddedSql } from '../../src/store/pglite.ts';
import { readTimeline, timelineHead } from '../../src/store/timeline.ts';
import { verifyChain } from '../../src/timeline/verify.ts';
import { drive, enrolmentText, type Ground, START, startEngine, type TestEngine } from '../support/engine.ts';
import { type CrashPoint, createMortal, type Mortal, mortalDisk, mortalSql } from '../support/mortal.ts';
import { peopleOn, slackDouble } from '../support/slack.ts';
import { borrowedDatabase, emptyDatabase } from '../support/template.ts';
import { ACCOUNT, REGION, smallWorld } from '../support/world.ts';

/**
 * Two alerts about functions of one role, in a process that is killed at each commit, each step of the outbox, each call to
 * Slack and each page while the campaign opens, and restarted on the same database: one campaign, one channel, one card and
 * one page, whenever it died. Nothing is looked at in the account, nor contained: what dies within that is another matter,
 * so the engine here delivers and performs nothing, and each step that it is killed at is one of the opening.
 */

const ENROLMENT = `${enrolmentText('observe')}escalation: { tiers: [[alice]], severity: 2, afterMinutes: 120 }\n`;
const arnOf = (index: number) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:worker-${index}`;

let sql: EmbeddedSql;

beforeAll(async () => {
  sql = await borrowedDatabase();
});
afterAll(() => sql.close());

interface Opened {
  readonly calls: readonly string[];
  readonly problems: readonly string[];
}

async function openCampaign(crash: CrashPoint | null): Promise<Opened> {
  await emptyDatabase(sql);
  const clock = createVirtualClock(START);
  const small = smallWorld();
  const [template] = small.functions;
  if (template === undefined) throw new Error('expected a function in the small world');
  const functions = [0, 1].map((index) => ({ ...template, name: `worker-${index}` }));
  const world = createWorld({ ...small, functions }, { clock, seed: 'campaign' });
  const ground: Ground = { sql, world, clock, dataDir: await mkdtemp(join(tmpdir(), 'cordon-campaign-')) };
  const slack = slackDouble(clock);
  const pages: string[] = [];
  const start = (mortal: Mortal, seed: string) => begin(ground, slack, pages, mortal, seed);

  const mortal = createMortal(crash);
  let engine = await Promise.race([start(mortal, 'first'), mortal.death]);
  if (engine !== undefined) await Promise.race([submitBoth(engine), mortal.death]);
  if (engine !== undefined) await opened(engine, slack, mortal);
  const calls = [...mortal.calls];
  if (engine === undefined || mortal.dead()) {
    // Who sent an alert and got no receipt sends it again; who got one may, too.
    engine = await start(createMortal(null), 'second');
    await submitBoth(engine);
    await opened(engine, slack, createMortal(null));
  }
  const problems = await problemsOf(engine, slack, pages);
  await engine.stop();
  await rm(ground.dataDir, { recursive: true, force: true, maxRetries: 10 });
  return { calls, problems };
}

function begin(
  ground: Ground,
  slack: ReturnType<typeof slackDouble>,
  pages: string[],
  mortal: Mortal,
  seed: string,
): Promise<TestEngine> {
  const own = mortalSql(ground.sql, mortal);
  const enrolment = parseEnrolment(ENROLMENT, 'enrolment.yaml');
  return startEngine(ground, {
    seed,
    sql: own,
    dead: mortal.dead,
    overrides: {
      exercise: false,
      roles: { perform: false, deliver: true },
      enrolment,
      disk: mortalDisk(mortal),
      people: peopleOn({
        sql: own,
        clock: ground.clock,
        enrolment,
        fetch: (request) => mortal.call(`slack ${new URL(request.url).pathname}`, () => slack.fetch(request)),
      }),
      pages: (views) =>
        createPageDeliver({
          services: [
            {
              name: 'recorder',
              // As a paging service does: the same key again is the same page.
              send: (page) =>
                mortal.call('page', async () => {
                  const key = JSON.stringify([page.event, page.incident.id, page.to]);
                  if (!pages.includes(key)) pages.push(key);
                  return { kind: 'sent' };
                }),
            },
          ],
          incidentView: views.incidentView,
        }),
    },
  });
}

async function submitBoth(engine: TestEngine): Promise<void> {
  for (const index of [0, 1]) await engine.submit({ id: `finding${index}`, functionArn: arnOf(index) });
}

/** Until people see the campaign, or the process is dead. */
async function opened(
  engine: TestEngine,
  slack: ReturnType<typeof slackDouble>,
  mortal: Mortal,
): Promise<void> {
  const cards = () =>
    slack.people.channels().map(({ messages }) => JSON.stringify(messages[0]?.blocks ?? ''));
  await drive(
    engine,
    () => mortal.dead() || cards().some((card) => card.includes('2 incidents, 2 functions')),
  );
}

async function problemsOf(
  engine: TestEngine,
  slack: ReturnType<typeof slackDouble>,
  pages: readonly string[],
): Promise<readonly string[]> {
  const problems: string[] = [];
  const check = (what: string, ok: boolean, found: unknown) => {
    if (!ok) problems.push(`${what}: found ${JSON.stringify(found)}`);
  };
  const campaigns = await engine.cordon.views.openCampaigns();
  check('one campaign', campaigns.length === 1, campaigns.length);
  check('of both incidents', campaigns[0]?.members.length === 2, campaigns[0]?.members);
  const channels = slack.people.channels();
  check(
    'one channel',
    channels.length === 1,
    channels.map(({ name }) => name),
  );
  const [channel] = channels;
  const cards = (channel?.messages ?? []).filter(({ blocks }) =>
    JSON.stringify(blocks ?? '').includes('CMP-1'),
  );
  check('one card', cards.length === 1, cards.length);
  check('which is pinned', channel?.pins.has(cards[0]?.ts ?? '') === true, [...(channel?.pins ?? [])]);
  const triggered = pages.filter((page) => page.startsWith('["trigger"'));
  check('one page', triggered.length === 1, triggered);
  for (const { id, number } of campaigns[0]?.members ?? []) {
    const entries = await readTimeline(engine.sql, id);
    const joined = entries.filter(({ body }) => body?.kind === 'campaign.joined').length;
    check(`INC-${number} says once that it joined`, joined === (number === 1 ? 0 : 1), joined);
    const verdict = verifyChain(id, entries, await timelineHead(engine.sql, id));
    check(`the chain of INC-${number} verifies`, verdict.kind === 'intact', verdict);
  }
  return problems;
}

test('a campaign that opens while the process dies is one campaign, in one channel, with one page', async () => {
  const clean = await openCampaign(null);
  expect(clean.problems).toEqual([]);
  // What is due once the card stands is no part of the opening.
  expect(clean.calls.length).toBeGreaterThan(8);
  const bad: unknown[] = [];
  for (const index of pointsOf(clean.calls)) {
    const { problems } = await openCampaign({ index, when: 'after' });
    if (problems.length > 0) bad.push({ index, call: clean.calls[index], problems });
  }
  // Before anything of it was written down: the sender has no receipt, and sends again.
  const { problems } = await openCampaign({ index: 0, when: 'before' });
  expect([...bad, ...problems]).toEqual([]);
}, 240_000);

/** So many deaths a run; dying after a call is dying before the next. */
const DEATHS = 8;

/** Every step that something else may see (a commit, a message, a page), evenly over the opening where there are more. */
function pointsOf(calls: readonly string[]): readonly number[] {
  const seen = calls.flatMap((call, index) =>
    call.startsWith('sql') || call === 'page' || /chat|conversations|pins/.test(call) ? [index] : [],
  );
  const every = Math.ceil(seen.length / DEATHS);
  return seen.filter((_, place) => place % every === 0);
}
