import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { redeployment } from '../../../src/simulation/world/attackers/redeploy.ts';
import { diffSnapshots } from '../../../src/simulation/world/snapshot.ts';
import { loadWorld } from '../../../src/simulation/world/spec.ts';
import type { EmbeddedSql } from '../../../src/store/pglite.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { act, answer, untilClosed, untilLevel, untilNothingIsHeld } from '../../support/answers.ts';
import { drive, freshGround, type Ground, startEngine, type TestEngine } from '../../support/engine.ts';
import { freshDatabase } from '../../support/template.ts';
import { ACCOUNT, FUNCTION_ARN, smallWorld } from '../../support/world.ts';

const DEPLOYER = {
  name: 'deployer',
  accessKeyId: 'AKIADEPLOYER00000000',
  secretAccessKey: 'deployer-world-secret-key',
};
const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

let sql: EmbeddedSql;
let ground: Ground;
let engine: TestEngine;
/** Epoch seconds from which CloudTrail was asked, in the order of the questions. */
let lookedUpFrom: number[];

beforeAll(async () => {
  sql = await freshDatabase();
});

afterAll(async () => {
  await sql.close();
});

beforeEach(async () => {
  const base = smallWorld();
  const [own] = base.users;
  const deployer = { ...DEPLOYER, policies: { everything } };
  const users = [own, deployer];
  ground = await freshGround({ sql, world: loadWorldWith(users) });
  lookedUpFrom = [];
  engine = await startEngine(ground, {
    fetch: async (request) => {
      if (request.headers.get('x-amz-target')?.endsWith('LookupEvents') === true)
        lookedUpFrom.push(((await request.clone().json()) as { StartTime: number }).StartTime); // as the SDK sends it
      return ground.world.fetch(request);
    },
  });
});

afterEach(async () => {
  await engine.stop();
});

/** The small account, in which somebody deploys besides. */
function loadWorldWith(users: unknown) {
  return loadWorld(JSON.stringify({ ...smallWorld(), users }));
}

const reserved = () => ground.world.state.functions.get(FUNCTION_ARN)?.reserved;
const levels = async (id: string) =>
  (await readTimeline(engine.sql, id)).flatMap(({ body }) => {
    const data = body?.kind === 'containment.level' ? body.data : null;
    return data === null ? [] : [String((data as { level?: unknown }).level)]; // written by `setLevel`
  });
const entries = async (id: string, kind: string) =>
  (await readTimeline(engine.sql, id)).flatMap(({ body }) => (body?.kind === kind ? [body] : []));
const view = async (id: string) => {
  const found = await engine.cordon.views.incidentView(id);
  if (found === undefined) throw new Error('no such incident');
  return found;
};
const forMinutes = async (minutes: number) => {
  const untilMs = engine.clock.now().getTime() + minutes * 60_000;
  await drive(engine, () => engine.clock.now().getTime() >= untilMs);
};
const secret = {
  service: 'secretsmanager',
  action: 'GetSecretValue',
  resource: `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:payments`,
};

describe('the watch over what is contained', () => {
  test('leaves a quiet function at effective, and never invokes it', async () => {
    const id = await engine.submit();
    await untilLevel(engine, id, 'effective');
    const heldAt = ground.clock.now().getTime() / 1000;
    await forMinutes(50);
    // At first everything since the stop; then what no look can have read yet, CloudTrail being a quarter of an hour late.
    expect(lookedUpFrom[0]).toBeLessThanOrEqual(heldAt);
    const minutesBack = (ground.clock.now().getTime() / 1000 - (lookedUpFrom.at(-1) ?? 0)) / 60;
    expect(minutesBack).toBeGreaterThan(15);
    expect(minutesBack).toBeLessThan(35);
    expect((await view(id)).level).toBe('effective');
    expect(await levels(id)).not.toContain('observed');
    expect(ground.world.journal.entries().filter((call) => call.operation === 'Invoke')).toEqual([]);
    expect((await view(id)).watches).toMatchObject([{ functionArn: FUNCTION_ARN, through: [], drifts: [] }]);
  });

  test('counts the asynchronous events that are lost where no sink could be set', async () => {
    const id = await engine.submit();
    await untilLevel(engine, id, 'effective');
    for (let sent = 0; sent < 3; sent += 1)
      await ground.world.attacker.invoke('checkout-webhook', { event: true });
    await forMinutes(5);
    expect(ground.world.events().lost).toHaveLength(3);
    expect((await view(id)).impact).toMatchObject({ dropping: ['checkout-webhook'], dropped: 3 });
  });

  test('observes that calls of the function are refused, once CloudTrail says so', async () => {
    const stolen = ground.world.attacker.stealCredentials('checkout-webhook');
    const id = await engine.submit();
    await untilLevel(engine, id, 'effective');
    await forMinutes(1);
    expect(await ground.world.attacker.callAs(stolen, secret)).toMatchObject({ kind: 'denied' });
    await forMinutes(3);
    // CloudTrail is five minutes late: what it does not know yet is not shown yet.
    expect((await view(id)).level).toBe('effective');
    await untilLevel(engine, id, 'observed');
    expect((await view(id)).watches[0]?.refused).toBe(1);
  });

  test('calls a success after the cut-off a breach: recorded, told, and shown as the level of the incident', async () => {
    const stolen = ground.world.attacker.stealCredentials('checkout-webhook');
    const id = await engine.submit();
    await untilLevel(engine, id, 'effective');
    await forMinutes(1);
    // An organisation that undoes the denies behind everybody's back stands for whatever makes them not bite.
    const role = ground.world.state.roles.get('checkout-webhook-role');
    for (const name of [...(role?.policies.current.inline.keys() ?? [])]) {
      if (!name.startsWith('Cordon')) continue;
      await ground.world.attacker.callAs(DEPLOYER, {
        service: 'iam',
        action: 'DeleteRolePolicy',
        resource: role?.arn ?? '',
        request: { PolicyName: name },
      });
    }
    await forMinutes(0.1);
    expect(await ground.world.attacker.callAs(stolen, secret)).toMatchObject({ kind: 'ok' });
    await untilLevel(engine, id, 'breached');
    const [breach] = await entries(id, 'containment.breached');
    expect(breach?.summary).toContain('secretsmanager:GetSecretValue');
    expect((await view(id)).containedAt).toBeNull();
    expect((await view(id)).watches[0]?.through).toMatchObject([{ call: 'secretsmanager:GetSecretValue' }]);
    // Put again and silent for longer than CloudTrail is late, it is contained again, and says since when.
    await untilLevel(engine, id, 'effective');
    expect((await levels(id)).slice(-2)).toEqual(['breached', 'effective']);
    expect((await view(id)).containedAt).not.toBeNull();
  });
});

describe('the guard against drift', () => {
  const deployment = () => redeployment(ground.world, DEPLOYER, { functionArn: FUNCTION_ARN });

  test('puts again what a deployment undid, says who it was, and releases exactly', async () => {
    const before = ground.world.snapshot();
    const id = await engine.submit();
    await untilLevel(engine, id, 'effective');
    await deployment().round();
    expect(reserved()).toBeUndefined();
    await drive(engine, () => reserved() === 0);
    const [found] = await entries(id, 'containment.drift');
    expect(found?.summary).toContain('is unset, expected 0; put again (1 of 3 times without asking)');
    await drive(engine, async () => (await view(id)).watches[0]?.drifts[0]?.by !== null);
    expect((await view(id)).watches[0]?.drifts).toMatchObject([
      { by: `arn:aws:iam::${ACCOUNT}:user/deployer`, asks: false },
    ]);
    await untilLevel(engine, id, 'effective');
    expect(await levels(id)).toEqual(['accepted', 'effective', 'accepted', 'effective']);
    await answer(engine, id, 'triage', { verdict: 'true_positive' });
    await answer(engine, id, 'recovery', { decision: 'release' });
    await untilClosed(engine, id);
    await untilNothingIsHeld(engine, id);
    expect(diffSnapshots(before, ground.world.snapshot())).toEqual([]);
  });

  test('does not fight: after three times it asks, waits for the answer, and does what is said', async () => {
    const id = await engine.submit();
    await untilLevel(engine, id, 'effective');
    const puts = () => ground.world.journal.writes({ operation: 'PutFunctionConcurrency' }).length;
    const asked = async () => (await view(id)).approvals.filter((each) => each.status === 'open');
    for (let times = 0; times < 4; times += 1) {
      await deployment().round();
      if (times < 3) await drive(engine, () => reserved() === 0);
    }
    await drive(engine, async () => (await asked()).length > 0);
    expect(puts()).toBe(4);
    await forMinutes(60);
    expect(puts()).toBe(4);
    expect((await view(id)).level).toBe('accepted');
    const [approval] = await asked();
    await act(
      engine,
      id,
      'approve',
      { approvalId: approval?.approvalId ?? '', digest: approval?.digest ?? '', confirm: 'checkout-webhook' },
      'bob',
    );
    await drive(engine, () => reserved() === 0);
    expect(puts()).toBe(5);
  });

  test('goes on after the incident is closed with its containment handed over', async () => {
    const id = await engine.submit();
    await untilLevel(engine, id, 'effective');
    await act(engine, id, 'acknowledge', {});
    await act(engine, id, 'close', { reason: 'stays contained until the rewrite' });
    await untilClosed(engine, id);
    await deployment().round();
    await drive(engine, () => reserved() === 0);
    expect((await entries(id, 'containment.drift')).length).toBe(1);
  });

  test('CONTROL: without the watch what was undone stays undone', async () => {
    const id = await engine.submit();
    await untilLevel(engine, id, 'effective');
    await engine.stop();
    await deployment().round();
    for (let waits = 0; waits < 500 && engine.clock.advanceToNext(); waits += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(reserved()).toBeUndefined();
    engine = await startEngine(ground, { seed: 'second' });
    await drive(engine, () => reserved() === 0);
  });
});
