import { afterEach, describe, expect, test } from '@jest/globals';
import { QUARANTINE_PATH } from '../../../src/action/quarantine-names.ts';
import { preparedQuarantines } from '../../../src/action/quarantine-prepared.ts';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import { guardPolicy } from '../../../src/enrolment/guard-policy.ts';
import type { PersistentAttacker } from '../../../src/simulation/world/attackers/persistent.ts';
import { selfHealingAttacker } from '../../../src/simulation/world/attackers/self-healing.ts';
import { loadWorld } from '../../../src/simulation/world/spec.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { untilLevel } from '../../support/answers.ts';
import {
  drive,
  enrolmentText,
  freshGround,
  type Ground,
  startEngine,
  type TestEngine,
} from '../../support/engine.ts';
import { ACCOUNT, FUNCTION_ARN, REGION, smallWorld } from '../../support/world.ts';

const NAME = 'checkout-webhook';
const ROLE = 'checkout-webhook-role';
const allow = (Action: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
});
const PREPARED = preparedQuarantines({
  partition: 'aws',
  account: ACCOUNT,
  region: REGION,
  functionName: NAME,
  logGroups: [],
});
const GUARD = guardPolicy({
  partition: 'aws',
  account: ACCOUNT,
  roles: { read: 'CordonRead', contain: 'CordonContain', release: 'CordonRelease' },
  // The engine under test calls as this user.
  deployers: [`arn:aws:iam::${ACCOUNT}:user/cordon`],
});

/** An account whose function may write IAM, which is what such an attacker lives by. */
function account(means: { readonly prepared: boolean; readonly guarded: boolean }) {
  const base = smallWorld();
  return loadWorld(
    JSON.stringify({
      ...base,
      roles: base.roles.map((role) =>
        role.name === ROLE ? { ...role, policies: { work: allow('*') } } : role,
      ),
      managedPolicies: means.prepared
        ? PREPARED.map(({ name, document }) => ({ name, path: QUARANTINE_PATH, document }))
        : [],
      ...(means.guarded
        ? { organisation: { id: 'o-exampleorg1', serviceControlPolicies: [[allow('*'), GUARD]] } }
        : {}),
    }),
  );
}

let ground: Ground;
let engine: TestEngine;
let attacker: PersistentAttacker;
let over: AbortController;
let running: Promise<void>;

afterEach(async () => {
  over.abort();
  await running;
  await engine.stop();
  await ground.sql.close();
});

async function attacked(
  profile: 'static' | 'dynamic',
  means: { readonly prepared: boolean; readonly guarded: boolean },
): Promise<string> {
  ground = await freshGround({ world: account(means) });
  await start(profile);
  attacker = selfHealingAttacker(ground.world, NAME);
  // It looks around before anybody knows of it.
  await attacker.round();
  over = new AbortController();
  running = attacker.run(ground.clock, 500, over.signal);
  return engine.submit();
}

async function start(profile: 'static' | 'dynamic', seed = 'engine'): Promise<void> {
  const text = enrolmentText('act').replace('profile: dynamic', `profile: ${profile}`);
  engine = await startEngine(ground, {
    seed,
    overrides: { enrolment: parseEnrolment(text, 'enrolment.yaml') },
  });
}

const secret = {
  service: 'secretsmanager',
  action: 'GetSecretValue',
  resource: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:payments`,
};
const gets = async () =>
  (await ground.world.attacker.callAs(ground.world.attacker.stealCredentials(NAME), secret)).kind;
const levels = async (id: string) =>
  (await readTimeline(engine.sql, id)).flatMap(
    ({ body }) =>
      body?.kind === 'containment.level' ? [String((body.data as { level?: unknown }).level)] : [], // written by `setLevel`
  );
const successes = (action: string) =>
  attacker.attempts.filter((attempt) => attempt.action === action && attempt.outcome === 'ok').length;
const minutes = async (count: number) => {
  const untilMs = engine.clock.now().getTime() + count * 60_000;
  await drive(engine, () => engine.clock.now().getTime() >= untilMs, 20_000);
};

/** It has tried for long enough; what follows is CloudTrail's lag. */
async function rests(): Promise<void> {
  over.abort();
  await running;
}

describe('an attacker who strips every restraint of its role twice a second', () => {
  test('is held by the guarded policy, and nobody is told so before it is', async () => {
    const id = await attacked('static', { prepared: true, guarded: true });
    await untilLevel(engine, id, 'effective');
    // What people are told is so: credentials of the function are refused, and nobody can call it.
    expect(await gets()).toBe('denied');
    expect(ground.world.state.functions.get(FUNCTION_ARN)?.reserved).toBe(0);
    expect(successes('iam:DetachRolePolicy')).toBe(0);
    await minutes(1);
    expect(await gets()).toBe('denied');
    await rests();
    await untilLevel(engine, id, 'observed');
    expect(await levels(id)).not.toContain('breached');
  });

  test('CONTROL: strips an inline deny, which is never called contained and is reported as breached', async () => {
    const id = await attacked('dynamic', { prepared: false, guarded: false });
    await minutes(2);
    expect(await gets()).toBe('ok');
    await rests();
    await untilLevel(engine, id, 'breached');
    expect(successes('iam:DeleteRolePolicy')).toBeGreaterThan(0);
    expect(await levels(id)).not.toContain('effective');
    const kinds = (await readTimeline(engine.sql, id)).map(({ body }) => body?.kind);
    expect(kinds).toContain('containment.breached');
    expect(kinds).toContain('containment.drift');
  });

  test('is answered by the next rung: an inline deny that was stripped twice becomes the guarded one', async () => {
    const id = await attacked('dynamic', { prepared: true, guarded: true });
    const holds = async () => [...(await engine.state(id)).holds.values()];
    await drive(engine, async () =>
      (await holds()).some((hold) => typeof hold.desired.policyArn === 'string'),
    );
    await minutes(1);
    expect(await gets()).toBe('denied');
    await rests();
    // CloudTrail then says what got through in between; after its lag without more, it is contained again.
    await untilLevel(engine, id, 'breached');
    await engine.stop();
    void ground.clock.sleep(15 * 60_000);
    ground.clock.advanceToNext();
    await start('dynamic', 'a quarter of an hour later');
    await drive(engine, async () => (await levels(id)).at(-1) === 'effective', 20_000);
    expect(await gets()).toBe('denied');
  });
});
