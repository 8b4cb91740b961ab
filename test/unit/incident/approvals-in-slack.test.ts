import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { loadGuardrails } from '../../../src/definitions.ts';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import type { GuardrailFiles } from '../../../src/guardrail/check.ts';
import type { MessageMatch } from '../../../src/simulation/slack-double/people.ts';
import type { SlackMessageState } from '../../../src/simulation/slack-double/state.ts';
import type { EmbeddedSql } from '../../../src/store/pglite.ts';
import { heldActions } from '../../support/answers.ts';
import { drive, enrolmentText, freshGround, type Ground, pass, quiet } from '../../support/engine.ts';
import { createMortal, mortalSql } from '../../support/mortal.ts';
import { type SlackEngine, slackDouble, startSlackEngine } from '../../support/slack.ts';
import { settle } from '../../support/stepped-clock.ts';
import { borrowedDatabase } from '../../support/template.ts';
import { ACCOUNT, FUNCTION_ARN, REGION } from '../../support/world.ts';

/** The line of the reference's definition of done: every way in which an approval can go wrong has its answer. */

const ALICE = 'U0ALICE000';
const BOB = 'U0BOB00000';
const EVE = 'U0EVE00000';
const NAME = 'checkout-webhook';

/** One person for zero concurrency and nothing else, so that exactly one plan waits. */
const ASK_ONE = `
@id("one-for-zero")
@reason("One approver must agree.")
@expires("15m")
@on_expiry("refuse")
forbid (principal, action == Action::"lambda.reserve-zero-concurrency", resource)
unless { context.approvals >= 1 };
`;

let database: EmbeddedSql;
let guardrails: GuardrailFiles;
let ground: Ground;
let on: SlackEngine;
let id: string;

beforeAll(async () => {
  database = await borrowedDatabase();
  const files = await loadGuardrails();
  guardrails = { ...files, policies: [...files.policies, { file: 'one.cedar', text: ASK_ONE }] };
});
afterAll(() => database.close());

beforeEach(async () => {
  ground = await freshGround({ sql: database });
});
afterEach(async () => {
  await on.engine.stop();
  await rm(ground.dataDir, { recursive: true, force: true, maxRetries: 10 });
});

type Start = Omit<NonNullable<Parameters<typeof startSlackEngine>[1]>, 'enrolment'>;

/** `text` alters the enrolment file. */
async function start(text: (file: string) => string = (file) => file, more: Start = {}): Promise<void> {
  const enrolment = parseEnrolment(text(enrolmentText('act')), 'enrolment.yaml');
  on = await startSlackEngine(ground, {
    ...more,
    enrolment,
    overrides: { guardrails, ...more.overrides },
  });
}

async function asked(): Promise<void> {
  id = await on.engine.submit();
  await pass(on.engine, 10_000);
}

const messages = () => on.slack.people.channels().flatMap((channel) => channel.messages);
const hasButton = (message: SlackMessageState, actionId: string) =>
  JSON.stringify(message.blocks).includes(`"${actionId}"`);
const cards = () => messages().filter((message) => hasButton(message, 'cordon.deny'));
const any: MessageMatch = () => true;
const zeros = () => ground.world.journal.writes({ operation: 'PutFunctionConcurrency' }).length;
const plan = async () => {
  const found = (await on.engine.cordon.views.incidentView(id))?.approvals.find(
    ({ objectArn }) => objectArn === FUNCTION_ARN,
  );
  if (found === undefined) throw new Error('nobody was asked');
  return found;
};

async function openForm(user: string): Promise<void> {
  await on.slack.people.press(user, any, 'cordon.approve-typed');
  await on.told(user);
}

/** Presses the button and types the name, as a person does. */
async function approve(user: string, typed = NAME): Promise<string> {
  await openForm(user);
  await on.slack.people.submitView(user, { text: typed });
  return on.told(user);
}

describe('a function whose role is denied and whose stop waits for people', () => {
  const level = async () => (await on.engine.cordon.views.incidentView(id))?.level;

  test('is not called contained before they agree, and is then', async () => {
    await start();
    await asked();
    await pass(on.engine, 60_000);
    expect(await heldActions(on.engine, id)).toContain('iam.quarantine-role');
    expect(await level()).toBe('read_back');
    await approve(BOB);
    await drive(on.engine, async () => (await level()) === 'effective');
    expect(zeros()).toBe(1);
  });
});

describe('the card of a plan', () => {
  test('names the function, account, Region, exact calls, blast radius, what undoing does, who asks, which policy, until when', async () => {
    await start();
    await asked();
    const [card, ...more] = cards();
    expect(more).toEqual([]);
    const shown = JSON.stringify(card?.blocks);
    for (const fact of [
      FUNCTION_ARN,
      ACCOUNT,
      REGION,
      'lambda:PutFunctionConcurrency',
      `${NAME} stops: its callers are throttled or denied until it is released.`,
      'No other function is touched.',
      '*Reversible:* yes',
      '*Asked by:* the playbook',
      'one-for-zero',
      '03:15 UTC',
      'it is refused',
      `/cordon approve ${(await plan()).approvalId}`,
    ]) {
      expect(shown).toContain(fact);
    }
  });
});

describe('production', () => {
  beforeEach(async () => {
    await start();
    await asked();
  });

  test('takes the name of the function and nothing else; a wrong one is told beside the field', async () => {
    await openForm(BOB);
    expect(JSON.stringify(on.slack.people.openView(BOB)?.content)).toContain('lambda:PutFunctionConcurrency');
    for (const typed of ['checkout', 'CHECKOUT-WEBHOOK', 'sibling']) {
      const delivered = await on.slack.people.submitView(BOB, { text: typed });
      expect(delivered).toMatchObject({
        status: 200,
        body: expect.stringContaining('"response_action":"errors"'),
      });
      expect(delivered.body).toContain('this is production');
    }
    await quiet(on.engine);
    expect([(await plan()).status, zeros()]).toEqual(['open', 0]);
    await on.slack.people.submitView(BOB, { text: ` ${NAME} ` });
    expect(await on.told(BOB)).toContain('✅ approved lambda.reserve-zero-concurrency; it runs now');
    expect([(await plan()).status, zeros()]).toEqual(['approved', 1]);
    expect(cards()).toEqual([]);
  });

  test('is not approved by a button of an earlier version, which asks for no name', async () => {
    const { approvalId, digest } = await plan();
    const command = `/cordon approve ${approvalId} ${digest.slice(0, 12)}`;
    const [channel] = on.slack.people.channels();
    await on.slack.people.runCommand(BOB, command, channel?.id ?? '');
    expect(await on.told(BOB)).toContain('cordon_approval_unconfirmed');
    expect(zeros()).toBe(0);
    await on.slack.people.runCommand(BOB, `${command} ${NAME}`, channel?.id ?? '');
    await on.told(BOB);
    expect(zeros()).toBe(1);
  });
});

test('elsewhere a press is enough (control)', async () => {
  await start((file) => file.replace('tier: production', 'tier: staging'));
  await asked();
  await on.slack.people.press(BOB, any, 'cordon.approve');
  expect(await on.told(BOB)).toContain('it runs now');
  expect(zeros()).toBe(1);
});

describe('an approval', () => {
  beforeEach(async () => {
    await start();
    await asked();
  });

  test('pressed twice is one approval, and the second press is told whose it was', async () => {
    await openForm(BOB);
    await on.slack.people.submitView(BOB, { text: NAME }, { duplicates: 2 });
    await on.told(BOB);
    expect(on.slack.people.ephemerals(BOB)).toHaveLength(1);
    const { approvalId, digest } = await plan();
    const again = `/cordon approve ${approvalId} ${digest.slice(0, 12)} ${NAME}`;
    await on.slack.people.runCommand(BOB, again, on.slack.people.channels()[0]?.id ?? '');
    expect(await on.told(BOB)).toMatch(/already approved by bob at 2026-11-24T03:/);
    expect((await plan()).given).toHaveLength(1);
    expect(zeros()).toBe(1);
  });

  test('by two at once is one, and the other is told whose it was', async () => {
    await openForm(BOB);
    await openForm(ALICE);
    await Promise.all([
      on.slack.people.submitView(BOB, { text: NAME }),
      on.slack.people.submitView(ALICE, { text: NAME }),
    ]);
    const told = [await on.told(BOB), await on.told(ALICE)];
    expect(told.filter((text) => text.startsWith('✅'))).toHaveLength(1);
    expect(told.filter((text) => /already approved by (bob|alice) at/.test(text))).toHaveLength(1);
    expect(zeros()).toBe(1);
  });

  test('that comes after the time is over does not count', async () => {
    await openForm(BOB);
    await drive(on.engine, async () => (await plan()).status === 'expired');
    await on.slack.people.submitView(BOB, { text: NAME });
    expect(await on.told(BOB)).toMatch(/expired at 2026-11-24T03:15.*nobody approved in time/);
    expect(zeros()).toBe(0);
    expect(cards().filter((card) => JSON.stringify(card.blocks).includes(FUNCTION_ARN))).toEqual([]);
  });

  test('of a plan that was denied meanwhile is told by whom and why', async () => {
    await openForm(BOB);
    await on.slack.people.press(ALICE, any, 'cordon.deny');
    await on.told(ALICE);
    await on.slack.people.submitView(ALICE, { text: 'it is our own load test' });
    await on.told(ALICE);
    await on.slack.people.submitView(BOB, { text: NAME });
    expect(await on.told(BOB)).toMatch(/already denied by alice at .*: it is our own load test/);
    expect(zeros()).toBe(0);
  });

  test('of a plan that has changed does not count, and the new plan is asked about once', async () => {
    await openForm(ALICE);
    const before = await plan();
    // Somebody deploys between the question and the answer.
    for (const each of ground.world.state.functions.values()) {
      if (each.arn === FUNCTION_ARN) each.reserved = 7;
    }
    await approve(BOB);
    expect([zeros(), (await plan()).digest === before.digest]).toEqual([0, false]);
    await on.slack.people.submitView(ALICE, { text: NAME });
    expect(await on.told(ALICE)).toContain('the plan has changed since you were shown it');
    expect(zeros()).toBe(0);
    const [card, ...more] = cards();
    expect(more).toEqual([]);
    expect(JSON.stringify(card?.blocks)).toContain((await plan()).digest.slice(0, 12));
    expect(messages().filter(({ text }) => text.includes('the plan has changed since'))).toHaveLength(1);
    await approve(ALICE);
    expect(zeros()).toBe(1);
  });

  test('by somebody without the role is refused, with the reason', async () => {
    on.slack.people.channels()[0]?.members.add(EVE);
    await openForm(EVE);
    await on.slack.people.submitView(EVE, { text: NAME });
    expect(await on.told(EVE)).toContain('eve may not do this');
    expect(zeros()).toBe(0);
  });
});

describe('somebody whose role is taken away between the press and the word', () => {
  test.each<[string, string, string]>([
    ['has another role', 'roles: [observer]', 'bob may not do this'],
    ['is no responder any more', 'roles: [observer], slack: U0OTHER000', 'not among the responders'],
  ])('%s: it does not count, and they are told', async (_name, then, answer) => {
    await start();
    await asked();
    await openForm(BOB);
    const { slack } = on;
    await on.engine.stop();
    await start(
      (file) =>
        then.includes('slack')
          ? file.replace('slack: U0BOB00000, cli: bob, roles: [approver]', `cli: bob, ${then}`)
          : file.replace('cli: bob, roles: [approver]', `cli: bob, ${then}`),
      { slack, seed: 'again' },
    );
    await on.slack.people.submitView(BOB, { text: NAME });
    expect(await on.told(BOB)).toContain(answer);
    expect(zeros()).toBe(0);
    await approve(ALICE);
    expect(zeros()).toBe(1);
  });
});

test('nobody approves what they declared themselves', async () => {
  await start();
  const declared = await on.engine.cordon.declare({
    identity: { kind: 'slack', userId: ALICE },
    input: { functionArn: FUNCTION_ARN, severity: 1, reason: 'it talks to a host that nobody knows' },
    idempotencyKey: 'declare-1',
  });
  if (declared.kind !== 'declared') throw new Error('expected an incident');
  id = declared.incidentId;
  await pass(on.engine, 10_000);
  expect(await approve(ALICE)).toContain('you asked for this yourself');
  expect(zeros()).toBe(0);
  expect(await approve(BOB)).toContain('it runs now');
  expect(zeros()).toBe(1);
});

describe('a process that dies between the press and the write', () => {
  test.each<['before' | 'after', number]>([
    ['before', 0],
    ['after', 1],
  ])(
    '%s the approval is committed: acknowledged never, and %i approvals after the restart',
    async (when, given) => {
      const slack = slackDouble(ground.clock);
      const armed = { at: Number.POSITIVE_INFINITY };
      // Dies at the commit that is next once it is armed; the calls before that are the incident's own.
      const mortal = createMortal({
        get index() {
          return armed.at;
        },
        when,
      });
      await start(undefined, { slack, sql: mortalSql(database, mortal), dead: mortal.dead });
      await asked();
      await openForm(BOB);
      armed.at = mortal.calls.length;
      const form = slack.people.openView(BOB);
      const press = slack.people.submitView(BOB, { text: NAME });
      await mortal.death;
      // Slack waits three seconds and tells the person that it did not work: a dead process says nothing.
      let status: number | undefined;
      let over = false;
      void press.then((delivered) => {
        status = delivered.status;
        over = true;
      });
      for (await settle(); !over; await settle()) ground.clock.advanceToNext();
      expect(status).not.toBe(200);
      await start(undefined, { slack, seed: 'again' });
      await quiet(on.engine);
      expect((await plan()).given).toHaveLength(given);
      expect(zeros()).toBe(given);
      // The form is still open, as after any failure: the person sends it again.
      if (form !== undefined) form.open = true;
      await on.slack.people.submitView(BOB, { text: NAME });
      await on.told(BOB);
      expect((await plan()).given).toHaveLength(1);
      expect(zeros()).toBe(1);
    },
  );
});
