import { describe, expect, test } from '@jest/globals';
import { redeployment } from '../../../src/simulation/world/attackers/redeploy.ts';
import { diffSnapshots } from '../../../src/simulation/world/snapshot.ts';
import { loadWorld } from '../../../src/simulation/world/spec.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { act, answer, untilClosed, untilLevel, untilNothingIsHeld, viewOf } from '../../support/answers.ts';
import { engineForEachTest } from '../../support/each-test.ts';
import { drive } from '../../support/engine.ts';
import { ACCOUNT, FUNCTION_ARN, smallWorld } from '../../support/world.ts';

const DEPLOYER = {
  name: 'deployer',
  accessKeyId: 'AKIADEPLOYER00000000',
  secretAccessKey: 'deployer-world-secret-key',
};
const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

const MINUTE_MS = 60_000;

/** Epoch seconds from which CloudTrail was asked, in the order of the questions. */
let lookedUpFrom: number[];

const on = engineForEachTest({
  world: () => {
    lookedUpFrom = [];
    const [own] = smallWorld().users;
    return loadWorldWith([own, { ...DEPLOYER, policies: { everything } }]);
  },
  engine: (ground) => ({
    fetch: async (request) => {
      if (request.headers.get('x-amz-target')?.endsWith('LookupEvents') === true)
        lookedUpFrom.push(((await request.clone().json()) as { StartTime: number }).StartTime); // as the SDK sends it
      return ground.world.fetch(request);
    },
  }),
});

/** The small account, in which somebody deploys besides. */
function loadWorldWith(users: unknown) {
  return loadWorld(JSON.stringify({ ...smallWorld(), users }));
}

const reserved = () => on.ground.world.state.functions.get(FUNCTION_ARN)?.reserved;
const levels = async (id: string) =>
  (await readTimeline(on.engine.sql, id)).flatMap(({ body }) => {
    const data = body?.kind === 'containment.level' ? body.data : null;
    return data === null ? [] : [String((data as { level?: unknown }).level)]; // written by `setLevel`
  });
const entries = async (id: string, kind: string) =>
  (await readTimeline(on.engine.sql, id)).flatMap(({ body }) => (body?.kind === kind ? [body] : []));
const view = (id: string) => viewOf(on.engine, id);
const forMinutes = async (minutes: number) => {
  const untilMs = on.engine.clock.now().getTime() + minutes * 60_000;
  await drive(on.engine, () => on.engine.clock.now().getTime() >= untilMs);
};
const secret = {
  service: 'secretsmanager',
  action: 'GetSecretValue',
  resource: `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:payments`,
};

describe('the watch over what is contained', () => {
  test('leaves a quiet function at effective, and never invokes it', async () => {
    const id = await on.engine.submit();
    await untilLevel(on.engine, id, 'effective');
    const heldAt = on.ground.clock.now().getTime() / 1000;
    await forMinutes(1);
    await on.restart({ awayMs: 40 * MINUTE_MS });
    // Two looks: one that was due, and one after it.
    await forMinutes(3);
    // At first everything since the stop; then what no look can have read yet, CloudTrail being a quarter of an hour late.
    expect(lookedUpFrom[0]).toBeLessThanOrEqual(heldAt);
    const minutesBack = (on.ground.clock.now().getTime() / 1000 - (lookedUpFrom.at(-1) ?? 0)) / 60;
    expect(minutesBack).toBeGreaterThan(15);
    expect(minutesBack).toBeLessThan(35);
    expect((await view(id)).level).toBe('effective');
    expect(await levels(id)).not.toContain('observed');
    expect(on.ground.world.journal.entries().filter((call) => call.operation === 'Invoke')).toEqual([]);
    expect((await view(id)).watches).toMatchObject([{ functionArn: FUNCTION_ARN, through: [], drifts: [] }]);
  });

  test('counts the asynchronous events that are lost where no sink could be set', async () => {
    const id = await on.engine.submit();
    await untilLevel(on.engine, id, 'effective');
    for (let sent = 0; sent < 3; sent += 1)
      await on.ground.world.attacker.invoke('checkout-webhook', { event: true });
    await drive(on.engine, async () => (await view(id)).impact.dropped === 3);
    expect(on.ground.world.events().lost).toHaveLength(3);
    expect((await view(id)).impact).toMatchObject({ dropping: ['checkout-webhook'], dropped: 3 });
  });

  test('observes that calls of the function are refused, once CloudTrail says so', async () => {
    const stolen = on.ground.world.attacker.stealCredentials('checkout-webhook');
    const id = await on.engine.submit();
    await untilLevel(on.engine, id, 'effective');
    await forMinutes(1);
    expect(await on.ground.world.attacker.callAs(stolen, secret)).toMatchObject({ kind: 'denied' });
    await forMinutes(3);
    // CloudTrail is five minutes late: what it does not know yet is not shown yet.
    expect((await view(id)).level).toBe('effective');
    await untilLevel(on.engine, id, 'observed');
    expect((await view(id)).watches[0]?.refused).toBe(1);
  });

  test('calls a success after the cut-off a breach: recorded, told, and shown as the level of the incident', async () => {
    const stolen = on.ground.world.attacker.stealCredentials('checkout-webhook');
    const id = await on.engine.submit();
    await untilLevel(on.engine, id, 'effective');
    await forMinutes(1);
    // An organisation that undoes the denies behind everybody's back stands for whatever makes them not bite.
    const role = on.ground.world.state.roles.get('checkout-webhook-role');
    for (const name of [...(role?.policies.current.inline.keys() ?? [])]) {
      if (!name.startsWith('Cordon')) continue;
      await on.ground.world.attacker.callAs(DEPLOYER, {
        service: 'iam',
        action: 'DeleteRolePolicy',
        resource: role?.arn ?? '',
        request: { PolicyName: name },
      });
    }
    await forMinutes(0.1);
    expect(await on.ground.world.attacker.callAs(stolen, secret)).toMatchObject({ kind: 'ok' });
    await untilLevel(on.engine, id, 'breached');
    const [breach] = await entries(id, 'containment.breached');
    expect(breach?.summary).toContain('secretsmanager:GetSecretValue');
    expect((await view(id)).containedAt).toBeNull();
    expect((await view(id)).watches[0]?.through).toMatchObject([{ call: 'secretsmanager:GetSecretValue' }]);
    // Put again and silent for longer than CloudTrail is late, it is contained again, and says since when.
    await forMinutes(1);
    await on.restart({ awayMs: 15 * MINUTE_MS });
    await untilLevel(on.engine, id, 'effective');
    expect((await levels(id)).slice(-2)).toEqual(['breached', 'effective']);
    expect((await view(id)).containedAt).not.toBeNull();
  });
});

describe('the guard against drift', () => {
  const deployment = () => redeployment(on.ground.world, DEPLOYER, { functionArn: FUNCTION_ARN });

  test('puts again what a deployment undid, says who it was, and releases exactly', async () => {
    const before = on.ground.world.snapshot();
    const id = await on.engine.submit();
    await untilLevel(on.engine, id, 'effective');
    await deployment().round();
    expect(reserved()).toBeUndefined();
    await drive(on.engine, () => reserved() === 0);
    const [found] = await entries(id, 'containment.drift');
    expect(found?.summary).toContain('is unset, expected 0; put again (1 of 3 times without asking)');
    await drive(on.engine, async () => (await view(id)).watches[0]?.drifts[0]?.by !== null);
    expect((await view(id)).watches[0]?.drifts).toMatchObject([
      { by: `arn:aws:iam::${ACCOUNT}:user/deployer`, asks: false },
    ]);
    await untilLevel(on.engine, id, 'effective');
    expect(await levels(id)).toEqual(['accepted', 'effective', 'accepted', 'effective']);
    await answer(on.engine, id, 'triage', { verdict: 'false_positive' });
    await untilClosed(on.engine, id);
    await untilNothingIsHeld(on.engine, id);
    expect(diffSnapshots(before, on.ground.world.snapshot())).toEqual([]);
  });

  test('does not fight: after three times it asks, waits for the answer, and does what is said', async () => {
    const id = await on.engine.submit();
    await untilLevel(on.engine, id, 'effective');
    const puts = () => on.ground.world.journal.writes({ operation: 'PutFunctionConcurrency' }).length;
    const asked = async () => (await view(id)).approvals.filter((each) => each.status === 'open');
    for (let times = 0; times < 4; times += 1) {
      await deployment().round();
      if (times < 3) await drive(on.engine, () => reserved() === 0);
    }
    await drive(on.engine, async () => (await asked()).length > 0);
    expect(puts()).toBe(4);
    await forMinutes(2);
    await on.restart({ awayMs: 60 * MINUTE_MS });
    await forMinutes(3);
    expect(puts()).toBe(4);
    expect((await view(id)).level).toBe('accepted');
    const [approval] = await asked();
    await act(
      on.engine,
      id,
      'approve',
      { approvalId: approval?.approvalId ?? '', digest: approval?.digest ?? '', confirm: 'checkout-webhook' },
      'bob',
    );
    await drive(on.engine, () => reserved() === 0);
    expect(puts()).toBe(5);
  });

  test('goes on after the incident is closed with its containment handed over', async () => {
    const id = await on.engine.submit();
    await untilLevel(on.engine, id, 'effective');
    await act(on.engine, id, 'acknowledge', {});
    await act(on.engine, id, 'close', { reason: 'stays contained until the rewrite' });
    await untilClosed(on.engine, id);
    await deployment().round();
    await drive(on.engine, () => reserved() === 0);
    expect((await entries(id, 'containment.drift')).length).toBe(1);

    // CONTROL: without the watch what was undone stays undone.
    await on.restart({
      meanwhile: () => deployment().round(),
      awayMs: 60 * MINUTE_MS,
    });
    expect(reserved()).toBeUndefined();
    await drive(on.engine, () => reserved() === 0);
  });
});
