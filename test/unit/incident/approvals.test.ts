import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadGuardrails } from '../../../src/definitions.ts';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { approve as approvePlan } from '../../support/answers.ts';
import {
  drive,
  enrolmentText,
  freshGround,
  type Ground,
  quiet,
  startEngine,
  type TestEngine,
} from '../../support/engine.ts';
import { FUNCTION_ARN } from '../../support/world.ts';

/** Two people for zero concurrency, whatever the default policies say. */
const TWO = `
@id("two-for-zero")
@reason("Two approvers must agree.")
@expires("15m")
@on_expiry("refuse")
forbid (principal, action == Action::"lambda.reserve-zero-concurrency", resource)
unless { context.approvals >= 2 };
`;

let ground: Ground;
let engine: TestEngine;

beforeEach(async () => {
  ground = await freshGround();
});

afterEach(async () => {
  await engine.stop();
  await ground.sql.close();
});

async function start(roles = 'approver', seed = 'engine'): Promise<TestEngine> {
  const carol = `  - { id: carol, name: Carol, cli: carol, roles: [approver] }\n`;
  const text = enrolmentText('act').replace('cli: bob, roles: [approver]', `cli: bob, roles: [${roles}]`);
  const files = await loadGuardrails();
  const guardrails = { ...files, policies: [...files.policies, { file: 'two.cedar', text: TWO }] };
  const enrolment = parseEnrolment(`${text}${carol}`, 'enrolment.yaml');
  engine = await startEngine(ground, { seed, overrides: { enrolment, guardrails } });
  return engine;
}

async function asked(id: string) {
  const all = (await engine.cordon.views.incidentView(id))?.approvals ?? [];
  const found = all.find(({ objectArn }) => objectArn === FUNCTION_ARN);
  if (found === undefined) throw new Error('nobody was asked');
  return found;
}

const zeros = () => ground.world.journal.writes({ operation: 'PutFunctionConcurrency' });

async function approve(id: string, name: string, digest?: string) {
  const approval = await asked(id);
  return approvePlan(engine, id, { ...approval, digest: digest ?? approval.digest }, name);
}

describe('a quorum of two', () => {
  beforeEach(async () => {
    await start();
  });

  test('is not met by one person, nor by one person twice; two at once make one write', async () => {
    const id = await engine.submit();
    await quiet(engine);
    expect(await approve(id, 'bob')).toMatchObject({ summary: expect.stringContaining('1 of 2') });
    expect(await approve(id, 'bob')).toMatchObject({ code: 'cordon_approval_twice' });
    await quiet(engine);
    expect(zeros()).toEqual([]);
    const both = await Promise.all([approve(id, 'carol'), approve(id, 'alice')]);
    expect(both.map(({ kind }) => kind).sort()).toEqual(['done', 'refused']);
    await quiet(engine);
    expect(zeros()).toHaveLength(1);
    const decided = (await readTimeline(engine.sql, id)).findLast(
      ({ body }) => body?.kind === 'attempt.decided' && body.summary.includes('reserve-zero'),
    );
    const given = await asked(id);
    expect(decided?.body?.data).toMatchObject({
      policies: ['playbook-contains'],
      digest: given.digest,
      approvals: expect.arrayContaining(['bob']),
    });
  });

  test('of a plan that has changed meanwhile is asked for anew', async () => {
    const id = await engine.submit();
    await quiet(engine);
    const before = await asked(id);
    await approve(id, 'bob');
    // Somebody deploys between the question and the second answer.
    const { functions } = ground.world.state;
    for (const each of functions.values()) if (each.arn === FUNCTION_ARN) each.reserved = 7;
    expect(await approve(id, 'carol')).toMatchObject({ kind: 'done' });
    await quiet(engine);
    expect(zeros()).toEqual([]);
    const after = await asked(id);
    expect([after.status, after.digest === before.digest]).toEqual(['open', false]);
    expect(await approve(id, 'bob', before.digest)).toMatchObject({ code: 'cordon_approval_plan_changed' });
    await approve(id, 'bob');
    await approve(id, 'carol');
    await quiet(engine);
    expect(zeros()).toHaveLength(1);
  });

  test('that nobody meets in time is over, and says so to who comes late', async () => {
    const id = await engine.submit();
    await drive(engine, async () => (await asked(id)).status === 'expired');
    expect(await approve(id, 'bob')).toMatchObject({ code: 'cordon_approval_settled' });
    expect(zeros()).toEqual([]);
  });
});

describe('an approval by somebody whose role was taken away', () => {
  test.each([
    ['observer', 'open', 0],
    ['approver', 'approved', 1],
  ])('as %s: the question is %s, and there are %i writes', async (role, status, writes) => {
    await start();
    const id = await engine.submit();
    await quiet(engine);
    await approve(id, 'bob');
    await engine.stop();
    // The enrolment file is another one now; the second row is the control.
    await start(role, 'again');
    expect(await approve(id, 'carol')).toMatchObject({ kind: 'done' });
    await quiet(engine);
    expect([(await asked(id)).status, zeros().length]).toEqual([status, writes]);
  });
});
