import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parseOwners } from '../../../src/inventory/owners.ts';
import type { EmbeddedSql } from '../../../src/store/pglite.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { heldActions, untilLevel } from '../../support/answers.ts';
import { drive, freshGround, type Ground, pass } from '../../support/engine.ts';
import { type SlackEngine, startSlackEngine } from '../../support/slack.ts';
import { borrowedDatabase } from '../../support/template.ts';
import { FUNCTION_ARN } from '../../support/world.ts';

/** Acts that are typed in the incident's channel, with the real app and engine: what they do, and what everybody sees of it. */

const ALICE = 'U0ALICE000';
const EVE = 'U0EVE00000';
const ROLE = 'iam.quarantine-role';
const STOP = 'lambda.reserve-zero-concurrency';

let database: EmbeddedSql;
let ground: Ground;
let on: SlackEngine;
let id: string;
let channel: string;

beforeAll(async () => {
  database = await borrowedDatabase();
});
afterAll(() => database.close());

beforeEach(async () => {
  ground = await freshGround({ sql: database });
  on = await startSlackEngine(ground, {
    overrides: { owners: parseOwners('checkout-webhook @bob team-payments', 'OWNERS') },
  });
  id = await on.engine.submit();
  await untilLevel(on.engine, id, 'effective');
  const own = () => on.slack.people.channels().find(({ name }) => name.endsWith('1-checkout-webhook'));
  await drive(on.engine, () => own() !== undefined);
  channel = own()?.name ?? '';
});
afterEach(async () => {
  await on.engine.stop();
  await rm(ground.dataDir, { recursive: true, force: true, maxRetries: 10 });
});

/** Types it, twice as far as Slack is concerned, and reads what only that person is told. */
async function type(user: string, text: string): Promise<string> {
  on.slack.people.channel(channel).members.add(user);
  await on.slack.people.runCommand(user, `/cordon ${text}`, channel, { duplicates: 1 });
  return on.told(user);
}
/** Messages of the channel that have all of these words, once there is one. */
async function heard(...words: string[]): Promise<readonly string[]> {
  const found = () =>
    on.slack.people
      .messages(channel)
      .map(({ text, blocks }) => text + JSON.stringify(blocks))
      .filter((said) => words.every((word) => said.includes(word)));
  await drive(on.engine, () => found().length > 0);
  await pass(on.engine, 10_000);
  return found();
}
const entries = async (kind: string) =>
  (await readTimeline(ground.sql, id)).flatMap(({ body }) => (body?.kind === kind ? [body] : []));
const reserved = () =>
  [...ground.world.state.functions.values()].find(({ arn }) => arn === FUNCTION_ARN)?.reserved;

describe('/cordon rollback', () => {
  test('undoes one action for the channel to see, once, and leaves the rest contained', async () => {
    await type(ALICE, `rollback ${ROLE} payments need the role`);
    await drive(on.engine, async () => !(await heldActions(on.engine, id)).includes(ROLE));
    expect(await heldActions(on.engine, id)).toContain(STOP);
    expect(reserved()).toBe(0);
    const asked = (await entries('command.accepted')).filter(({ summary }) => summary.includes('to undo'));
    expect(asked).toMatchObject([
      {
        actor: { kind: 'responder', id: 'alice', via: 'slack' },
        data: { command: 'rollback', action: ROLE, reason: 'payments need the role' },
      },
    ]);
    expect(await heard(ROLE, 'is undone')).toHaveLength(1);
  });

  test('names what is held when it is asked for something else, and undoes nothing', async () => {
    const said = await type(ALICE, 'rollback iam.nothing payments need the role');
    expect(said).toContain(ROLE);
    expect(said).toContain(STOP);
    expect(await type(EVE, `rollback ${STOP} let me`)).toContain('cordon_command_not_allowed');
    expect(await heldActions(on.engine, id)).toEqual(expect.arrayContaining([ROLE, STOP]));
    expect(await entries('command.accepted')).toEqual([]);
  });
});

describe('/cordon page', () => {
  test('calls a team, in the channel and in the timeline, once', async () => {
    await type(ALICE, 'page team-payments customers see 429');
    expect(await entries('page.asked')).toMatchObject([
      {
        actor: { kind: 'responder', id: 'alice', via: 'slack' },
        data: { to: ['team-payments'], team: 'team-payments', reason: 'customers see 429' },
      },
    ]);
    expect(await heard('team-payments', 'customers see 429')).toHaveLength(1);
  });

  test('says which teams there are when there is none of that name, and calls nobody', async () => {
    expect(await type(ALICE, 'page team-payment customers see 429')).toContain('team-payments');
    expect(await type(EVE, 'page approver let me')).toContain('cordon_command_not_allowed');
    expect(await entries('page.asked')).toEqual([]);
  });
});
