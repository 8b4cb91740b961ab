import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inProcessHandler } from '../../../src/aws/in-process.ts';
import { systemClock } from '../../../src/clock.ts';
import { declarationDocument } from '../../../src/command/declare.ts';
import { readConfig } from '../../../src/config.ts';
import { randomIds } from '../../../src/id.ts';
import { silentLog } from '../../../src/log.ts';
import { rehearse } from '../../../src/main/rehearse.ts';
import { createWorld, type World } from '../../../src/simulation/world/world.ts';
import { alertJson, enrolmentText } from '../../support/engine.ts';
import { borrowedDatabase } from '../../support/template.ts';
import { FUNCTION_ARN, ROLE_ARN, smallWorld } from '../../support/world.ts';

let folder: string;
let world: World;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cordon-rehearse-'));
  world = createWorld(smallWorld(), { clock: systemClock, seed: 'rehearsal' });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const declared = (functionArn: string) =>
  declarationDocument({
    functionArn,
    severity: 2,
    reason: 'a dry run',
    by: 'alice',
    key: 'one',
    now: systemClock.now(),
  });

async function rehearsal(mode: string, alert: unknown = alertJson(), more = '') {
  const enrolment = join(folder, `${mode}.yaml`);
  await writeFile(enrolment, `${enrolmentText(mode)}${more}`);
  return rehearse(readConfig({ CORDON_DATA_DIR: join(folder, 'data'), CORDON_ENROLMENT: enrolment }), {
    bytes: Buffer.from(JSON.stringify(alert)),
    source: 'alice',
    clock: systemClock,
    ids: randomIds,
    log: silentLog,
    openRecord: borrowedDatabase,
    transport: {
      kind: 'world',
      endpoint: 'http://127.0.0.1:1',
      requestHandler: inProcessHandler(world.fetch, systemClock),
    },
  });
}

describe('a dry run', () => {
  test('shows each write and its undoing, and what the guardrails say in the account’s own mode', async () => {
    const [acting] = await rehearsal('act');
    expect(acting).toMatchObject({ kind: 'rehearsed', playbook: 'lambda-compromise', mode: 'act' });
    const attempts = acting?.kind === 'rehearsed' ? acting.attempts : [];
    expect([...new Set(attempts.map(({ action }) => action))].sort()).toEqual([
      'iam.quarantine-role',
      'lambda.reserve-zero-concurrency',
    ]);
    for (const attempt of attempts) {
      expect(attempt).toMatchObject({ decision: 'run', verdict: 'Run.', problem: null });
      expect(attempt.calls.length).toBeGreaterThan(0);
    }
  });

  test('says whom the guardrails would ask', async () => {
    const [asking] = await rehearsal('ask');
    const decisions = asking?.kind === 'rehearsed' ? asking.attempts : [];
    expect(decisions.length).toBeGreaterThanOrEqual(2);
    for (const { decision, verdict } of decisions) {
      expect(decision).toBe('ask');
      expect(verdict).toMatch(/^Ask \d/);
    }
  });

  test('of one function prints each call with its permission and what takes it back', async () => {
    const [plan] = await rehearsal('observe', declared(FUNCTION_ARN));
    expect(plan).toMatchObject({ kind: 'rehearsed', mode: 'observe', title: 'Declared by alice: a dry run' });
    const attempts = plan?.kind === 'rehearsed' ? plan.attempts : [];
    expect(attempts.length).toBeGreaterThanOrEqual(2);
    for (const { calls, decision, policies } of attempts) {
      expect([decision, policies]).toEqual(['refuse', ['observe-writes-nothing']]);
      for (const call of calls) {
        expect(call.permission.action).toBe(call.call);
        expect(call.permission.resource).toMatch(/^arn:aws:(lambda|iam):/);
        expect(call.permission.resource).not.toContain('{');
        expect(call.revert.summary).not.toBe('');
        expect(call.revert.permissions.length).toBeGreaterThan(0);
      }
    }
  });

  test('of what Cordon never contains says why, also by hand', async () => {
    const excluded = `\nexclusions: ['${FUNCTION_ARN}']\n`;
    expect(await rehearsal('act', declared(`${FUNCTION_ARN}:live`), excluded)).toMatchObject([
      { kind: 'refused', code: 'cordon_target_excluded' },
    ]);
    const role = `\nself: ['${ROLE_ARN}']\n`;
    const [plan] = await rehearsal('act', declared(FUNCTION_ARN), role);
    const attempts = plan?.kind === 'rehearsed' ? plan.attempts : [];
    const onRole = attempts.filter(({ object }) => object === ROLE_ARN);
    expect(onRole.length).toBeGreaterThan(0);
    for (const { decision, policies } of onRole) {
      expect([decision, policies]).toEqual(['refuse', ['never-excluded']]);
    }
  });

  test('writes nothing to the account, and leaves nothing on this machine', async () => {
    expect(world.journal.writes()).toEqual([]);
    // The control: it did look.
    expect(world.journal.entries().map(({ operation }) => operation)).toContain('GetFunctionConcurrency');
    expect((await readdir(folder)).sort()).toEqual(['act.yaml', 'ask.yaml', 'observe.yaml']);
  });

  test('says why an alert would be turned away', async () => {
    expect(await rehearsal('act', { no: 'alert' })).toMatchObject([
      { kind: 'refused', code: 'cordon_alert_unknown_format' },
    ]);
  });
});
