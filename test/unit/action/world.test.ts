import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ContainAction, ReadAction } from '../../../src/action/action.ts';
import { ACTIONS, CATALOGUE } from '../../../src/action/catalogue.ts';
import { PURPOSES, policyFor } from '../../../src/action/permissions.ts';
import type { ActionContext, AwsPurpose, HeldObject, Target } from '../../../src/action/ports.ts';
import { createAwsAccess } from '../../../src/aws/access.ts';
import { inProcessHandler } from '../../../src/aws/in-process.ts';
import type { Clock } from '../../../src/clock.ts';
import type { JsonObject } from '../../../src/json.ts';
import { createWorld, type World } from '../../../src/simulation/world/world.ts';
import { actionContext, memoryEvidence } from '../../support/action-context.ts';
import { failureOf, openGuard } from '../../support/aws-access.ts';
import { ACCOUNT, FUNCTION_ARN, REGION, ROLE_ARN, smallWorld } from '../../support/world.ts';

/**
 * The actions against the simulated account, whose own evaluator decides what they and the attacker may do.
 * Cordon's three roles have exactly the generated least-privilege policies: a permission that is not declared
 * fails here.
 */

const TARGET: Target = {
  functionArn: FUNCTION_ARN,
  functionName: 'checkout-webhook',
  partition: 'aws',
  account: ACCOUNT,
  region: REGION,
  roles: [ROLE_ARN],
  tier: 'test',
  tags: {},
};

const ROLE_NAMES: Readonly<Record<AwsPurpose, string>> = {
  read: 'CordonRead',
  contain: 'CordonContain',
  release: 'CordonRelease',
};

const CREDENTIALS = { accessKeyId: 'AKIACORDONWORLD00000', secretAccessKey: 'cordon-world-secret-key' };

/** A clock on which waiting takes no time, and time passes by waiting. */
function ownTime(): Clock {
  let nowMs = Date.parse('2026-11-20T12:00:00.000Z');
  return {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
    },
  };
}

let clock: Clock;
let world: World;
let context: (overrides?: Partial<ActionContext>) => ActionContext;

beforeEach(() => {
  clock = ownTime();
  const base = smallWorld();
  const roles = PURPOSES.map((purpose) => ({
    name: ROLE_NAMES[purpose],
    path: '/',
    trust: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/cordon` },
          Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
        },
      ],
    },
    policies: {
      generated: {
        ...policyFor(CATALOGUE, purpose, {
          partition: 'aws',
          account: ACCOUNT,
          region: REGION,
          profile: 'dynamic',
        }),
      },
    },
    attached: [],
    tags: {},
    description: '',
  }));
  // The schema's JSON type is mutable, ours is not; the world copies what it is given.
  const logs = [
    {
      group: '/aws/lambda/checkout-webhook',
      streams: [{ name: 's', events: [{ secondsAgo: 60, message: 'START' }] }],
    },
  ];
  const spec = smallWorld({ roles: [...base.roles, ...roles] as typeof base.roles, logs });
  world = createWorld(spec, { clock, seed: 'actions' });
  const handler = inProcessHandler((request) => world.fetch(request));
  const open = createAwsAccess({
    transport: {
      kind: 'world',
      endpoint: 'http://127.0.0.1:1',
      requestHandler: handler,
      credentials: CREDENTIALS,
    },
    clock,
    random: () => 0.5,
    readAttempts: 1,
    roleFor: (account, purpose) => ({ roleArn: `arn:aws:iam::${account}:role/${ROLE_NAMES[purpose]}` }),
  });
  context = (overrides = {}) =>
    actionContext(open, {
      target: TARGET,
      clock,
      aws: (purpose) =>
        open(
          { account: ACCOUNT, region: REGION, partition: 'aws', purpose, sourceIdentity: 'inc-1' },
          openGuard(),
        ),
      ...overrides,
    });
});

function contain(id: string): ContainAction {
  const action = ACTIONS.get(id);
  if (action?.effect !== 'contain') throw new Error(`${id} does not contain`);
  return action;
}

function read(id: string): ReadAction {
  const action = ACTIONS.get(id);
  if (action?.effect !== 'read') throw new Error(`${id} does not read`);
  return action;
}

/** Contains with one action, as the engine does, and returns the hold and the way back. */
async function strike(id: string, input: JsonObject) {
  const action = contain(id);
  const [object] = action.objects(TARGET, input);
  if (object === undefined) throw new Error('the action names no object');
  const prior = await action.capture(context(), object, input);
  const { desired } = action.plan({ object, input, prior, target: TARGET, incidentId: 'inc-1' });
  await action.apply(context(), object, desired);
  const hold: HeldObject = {
    objectKey: object.key,
    action: id,
    input,
    prior,
    desired,
    acceptedAt: clock.now().toISOString(),
  };
  return {
    hold,
    observe: () => action.observe(context(), object, prior, desired),
    release: () => action.revert(context(), object, prior, desired),
  };
}

const QUARANTINE = { roles: [ROLE_ARN], mode: 'function' };

function steal() {
  const credentials = world.attacker.stealCredentials('checkout-webhook');
  return async () => {
    const resource = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:payments`;
    return (
      await world.attacker.callAs(credentials, {
        service: 'secretsmanager',
        action: 'GetSecretValue',
        resource,
      })
    ).kind;
  };
}

describe('the actions in a simulated account', () => {
  test('contain: the attacker is denied after the propagation, and its invocation is throttled', async () => {
    const attack = steal();
    expect(await attack()).toBe('ok');
    const concurrency = await strike('lambda.reserve-zero-concurrency', {});
    const quarantine = await strike('iam.quarantine-role', QUARANTINE);
    const verify = () =>
      read('containment.verify').run(context({ held: [concurrency.hold, quarantine.hold] }), {});
    expect(await verify()).toMatchObject({ level: 'read_back' });
    await clock.sleep(10_000);
    expect(await verify()).toMatchObject({
      level: 'effective',
      detail: '2 of 2 held objects read back as set; the propagation budget has passed.',
    });
    expect(await attack()).toBe('denied');
    expect((await world.attacker.invoke('checkout-webhook')).kind).toBe('throttled');
  });

  test('release puts the account back exactly', async () => {
    const before = JSON.stringify(world.snapshot());
    const holds = [
      await strike('lambda.reserve-zero-concurrency', {}),
      await strike('iam.quarantine-role', QUARANTINE),
    ];
    expect(JSON.stringify(world.snapshot())).not.toBe(before);
    for (const hold of holds) expect(await hold.observe()).toEqual({ kind: 'in-effect' });
    for (const hold of holds) await hold.release();
    expect(JSON.stringify(world.snapshot())).toBe(before);
  });

  test('a write whose answer is lost is found in effect; one that never arrived is not', async () => {
    const quarantine = contain('iam.quarantine-role');
    const [object] = quarantine.objects(TARGET, QUARANTINE);
    if (object === undefined) throw new Error('the action names no object');
    const prior = await quarantine.capture(context(), object, QUARANTINE);
    const { desired } = quarantine.plan({
      object,
      input: QUARANTINE,
      prior,
      target: TARGET,
      incidentId: 'inc-1',
    });
    const unknown = expect.objectContaining({ classification: 'unknown' });

    world.inject({ operation: 'iam:PutRolePolicy', fault: { kind: 'dropped-request', how: 'reset' } });
    expect(await failureOf(quarantine.apply(context(), object, desired))).toEqual(unknown);
    expect(await quarantine.observe(context(), object, prior, desired)).toEqual({ kind: 'not-in-effect' });

    world.clearFaults();
    world.inject({ operation: 'iam:PutRolePolicy', fault: { kind: 'lost-response', how: 'reset' } });
    expect(await failureOf(quarantine.apply(context(), object, desired))).toEqual(unknown);
    expect(await quarantine.observe(context(), object, prior, desired)).toEqual({ kind: 'in-effect' });
  });

  test('the manifest and the evidence are complete with the read role alone', async () => {
    const evidence = memoryEvidence();
    expect(await read('target.capture-manifest').run(context({ evidence }), {})).toMatchObject({
      roles: [ROLE_ARN],
      sharedWith: 0,
      unknown: [],
    });
    // No rate budget stands before these calls, and CloudTrail takes two a second.
    world.settings.rateLimits = false;
    await read('evidence.snapshot').run(context({ evidence }), {});
    expect(evidence.gaps).toEqual([]);
    const logs = [...evidence.items.values()].find(({ item }) => item.artifact === 'function-logs');
    expect(logs?.text).toContain('"message":"START"');
    const code = [...evidence.items.values()].filter(({ item }) => item.artifact === 'code-package');
    expect(code.map(({ matches }) => matches)).toEqual([true]);
    const leaking = [...evidence.items.values()].filter(({ text }) => text.includes('not-for-anyones-eyes'));
    expect(leaking.every(({ item }) => item.secret)).toBe(true);
  });
});
