import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { Means, Target } from '../../../src/action/ports.ts';
import { QUARANTINE_PATH } from '../../../src/action/quarantine-names.ts';
import { preparedQuarantines } from '../../../src/action/quarantine-prepared.ts';
import type { JsonObject } from '../../../src/json.ts';
import { canonicalJson } from '../../../src/timeline/canonical.ts';
import { type ActionWorld, actionWorld, containing, reading, TARGET } from '../../support/action-world.ts';
import { failureOf } from '../../support/aws-access.ts';
import { ACCOUNT, FUNCTION_ARN, REGION, ROLE_ARN } from '../../support/world.ts';

const SINK = `arn:aws:sqs:${REGION}:${ACCOUNT}:quarantine`;
const MEANS: Means = { profile: 'dynamic', sink: SINK, codeSigningConfig: null };
const WITH_SINK: Target = { ...TARGET, means: MEANS };
const MAPPING = '5f0d8a64-3c1e-4c53-9a6b-2f1f7b1e9a10';
const PAUSED = '6f0d8a64-3c1e-4c53-9a6b-2f1f7b1e9a11';

/** A function with every door, each in a state that release must find again. */
const SPEC: JsonObject = parse(`
iamPropagationMs: 4000
latencyMs: 0
rateLimits: false
roles:
  - name: checkout-webhook-role
    policies:
      work:
        Version: '2012-10-17'
        Statement: [{ Effect: Allow, Action: ['sqs:*', 's3:PutObject', 'logs:*'], Resource: '*' }]
functions:
  - name: checkout-webhook
    role: checkout-webhook-role
    reservedConcurrency: 40
    versions: [{ description: one }, { description: two }]
    aliases: [{ name: live, version: '1' }, { name: next, version: '2', weights: { '1': 0.5 } }]
    eventInvoke:
      - { qualifier: live, maximumRetryAttempts: 1, onSuccess: 'arn:aws:sqs:${REGION}:${ACCOUNT}:done' }
      - { qualifier: next, maximumEventAgeSeconds: 900, onFailure: 'arn:aws:sqs:${REGION}:${ACCOUNT}:done' }
    provisionedConcurrency:
      - { qualifier: live, requested: 3 }
    urls: [{ authType: NONE }, { alias: live, authType: AWS_IAM }]
    permissions:
      - { sid: anyone, principal: '*', action: 'lambda:InvokeFunctionUrl', condition: { StringEquals: { 'lambda:FunctionUrlAuthType': NONE } } }
      - { sid: bucket, principal: { Service: s3.amazonaws.com }, condition: { ArnLike: { 'AWS:SourceArn': 'arn:aws:s3:::uploads' }, StringEquals: { 'AWS:SourceAccount': '${ACCOUNT}' } } }
      - { sid: odd, principal: { AWS: 'arn:aws:iam::999988887777:root' }, condition: { IpAddress: { 'aws:SourceIp': 192.0.2.0/24 } } }
      - { qualifier: live, sid: partner, principal: { AWS: 'arn:aws:iam::999988887777:root' } }
eventSourceMappings:
  - { uuid: ${MAPPING}, function: checkout-webhook, source: 'arn:aws:sqs:${REGION}:${ACCOUNT}:orders' }
  - { uuid: ${PAUSED}, function: checkout-webhook, source: 'arn:aws:sqs:${REGION}:${ACCOUNT}:orders', enabled: false }
scalableTargets:
  - { function: checkout-webhook, qualifier: live, min: 3, max: 5, policies: [{ name: keep-busy }] }
queues: [{ name: orders }, { name: done }, { name: quarantine }]
`);

interface Case {
  readonly id: string;
  readonly what: string;
  readonly input: JsonObject;
  readonly target?: Target;
  /** The write that is made, as the world names it. */
  readonly write: string;
  /** What somebody else does to the object, so that it is neither ours nor as before. */
  readonly interfere?: (found: ActionWorld) => Promise<unknown>;
}

const by = (found: ActionWorld) => found.context().aws('release').doors;

const CASES: readonly Case[] = [
  {
    id: 'lambda.keep-async-events',
    what: 'a qualifier without a configuration',
    input: { qualifiers: ['$LATEST'] },
    target: WITH_SINK,
    write: 'lambda:PutFunctionEventInvokeConfig',
  },
  {
    id: 'lambda.keep-async-events',
    what: 'a qualifier with other settings, which stay',
    input: { qualifiers: ['live'] },
    target: WITH_SINK,
    write: 'lambda:UpdateFunctionEventInvokeConfig',
    interfere: (found) =>
      by(found).updateDestinations(FUNCTION_ARN, 'live', {
        onSuccess: null,
        onFailure: `arn:aws:sqs:${REGION}:${ACCOUNT}:orders`,
      }),
  },
  {
    id: 'lambda.pause-event-source',
    what: 'a mapping that polls',
    input: { mappings: [MAPPING] },
    write: 'lambda:UpdateEventSourceMapping',
  },
  {
    id: 'lambda.suspend-scaling',
    what: 'a target with a policy, which stays',
    input: { qualifiers: ['live'] },
    write: 'application-autoscaling:RegisterScalableTarget',
    interfere: (found) =>
      found.context().aws('release').scaling.suspend('checkout-webhook', 'live', {
        scaleIn: false,
        scaleOut: true,
        scheduled: false,
      }),
  },
  {
    id: 'lambda.remove-provisioned-concurrency',
    what: 'an alias with three',
    input: { qualifiers: ['live'] },
    write: 'lambda:DeleteProvisionedConcurrencyConfig',
    interfere: (found) => by(found).putProvisioned(FUNCTION_ARN, 'live', 7),
  },
  {
    id: 'lambda.close-url',
    what: 'a URL that is open to all',
    input: { urls: ['$LATEST'] },
    write: 'lambda:UpdateFunctionUrlConfig',
  },
  {
    id: 'lambda.remove-permission',
    what: 'a statement of the function itself',
    input: { statements: ['bucket'] },
    write: 'lambda:RemovePermission',
    interfere: (found) =>
      by(found).addPermission(FUNCTION_ARN, null, {
        statementId: 'bucket',
        action: 'lambda:InvokeFunction',
        principal: '*',
      }),
  },
  {
    id: 'lambda.remove-permission',
    what: 'a statement of an alias',
    input: { statements: ['live/partner'] },
    write: 'lambda:RemovePermission',
  },
  {
    id: 'iam.deny-privilege',
    what: 'a role, inline',
    input: { roles: [ROLE_ARN] },
    write: 'iam:PutRolePolicy',
    interfere: (found) =>
      found
        .context()
        .aws('release')
        .iam.putInlinePolicy('checkout-webhook-role', `CordonQuarantine-secrets-${REGION}-checkout-webhook`, {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Deny', Action: 's3:GetObject', Resource: '*' }],
        }),
  },
  {
    id: 'iam.deny-apis',
    what: 'a role',
    input: { roles: [ROLE_ARN], actions: ['sqs:ListQueues', 's3:ListAllMyBuckets'] },
    write: 'iam:PutRolePolicy',
  },
  {
    id: 'lambda.cap-concurrency',
    what: 'a function with a higher reservation',
    input: { limit: 5 },
    write: 'lambda:PutFunctionConcurrency',
    interfere: (found) => found.context().aws('release').lambda.putReservedConcurrency(FUNCTION_ARN, 9),
  },
];

// The order of members and of statements says nothing about what they allow.
const snapshot = (found: ActionWorld) => canonicalJson(found.world.snapshot());

describe.each(CASES)('$id on $what', ({ id, input, target, write, interfere }) => {
  test('contains and releases exactly, with the declared permissions and no others', async () => {
    const found = actionWorld(SPEC, target);
    const before = snapshot(found);
    const attempt = await found.attempt(id, input);
    expect(attempt.changes).toHaveLength(1);
    expect(await attempt.observe()).toEqual({ kind: 'not-in-effect' });
    await attempt.apply();
    expect(snapshot(found)).not.toBe(before);
    expect(await attempt.observe()).toEqual({ kind: 'in-effect' });
    expect((await found.attempt(id, input)).changes).toEqual([]);
    await attempt.revert();
    expect(snapshot(found)).toBe(before);
    expect(await attempt.observe()).toEqual({ kind: 'not-in-effect' });

    const declared = new Set(containing(id).permissions.map(({ purpose, action }) => `${purpose} ${action}`));
    const unasked = [...found.called].filter(
      (call) => !call.endsWith('sts:AssumeRole') && !declared.has(call),
    );
    expect(unasked).toEqual([]);
  });

  test('finds out by looking what a lost answer did', async () => {
    const found = actionWorld(SPEC, target);
    const attempt = await found.attempt(id, input);
    const unknown = expect.objectContaining({ classification: 'unknown' });
    found.world.inject({ operation: write, fault: { kind: 'dropped-request', how: 'reset' } });
    expect(await failureOf(attempt.apply())).toEqual(unknown);
    expect(await attempt.observe()).toEqual({ kind: 'not-in-effect' });
    found.world.clearFaults();
    found.world.inject({ operation: write, fault: { kind: 'lost-response', how: 'reset' } });
    expect(await failureOf(attempt.apply())).toEqual(unknown);
    expect(await attempt.observe()).toEqual({ kind: 'in-effect' });
  });

  test('says so when somebody else changed it', async () => {
    if (interfere === undefined) return;
    const found = actionWorld(SPEC, target);
    const attempt = await found.attempt(id, input);
    await attempt.apply();
    // Out of the attempt's way first: some of these names are taken while ours is there.
    await attempt.revert();
    if (id === 'lambda.remove-permission') {
      await found.context().aws('contain').doors.removePermission(FUNCTION_ARN, null, 'bucket');
    }
    await interfere(found);
    expect(await attempt.observe()).toMatchObject({ kind: 'conflict' });
  });
});

describe('the rungs short of isolation', () => {
  const STATIC: Target = { ...TARGET, means: { ...MEANS, profile: 'static' } };
  const prepared = preparedQuarantines({ ...TARGET, logGroups: [] });
  const withPolicies = {
    ...SPEC,
    managedPolicies: prepared.map(({ name, document }) => ({ name, path: QUARANTINE_PATH, document })),
  };
  const allows = async (found: ActionWorld, action: string) => {
    const [service = '', operation = ''] = action.split(':');
    const stolen = found.world.attacker.stealCredentials('checkout-webhook');
    const resource = `arn:aws:sqs:${REGION}:${ACCOUNT}:orders`;
    await found.clock.sleep(5_000);
    const call = { service, action: operation, resource };
    return (await found.world.attacker.callAs(stolen, call)).kind !== 'denied';
  };

  test('deny what was abused, and leave the rest to the function', async () => {
    const found = actionWorld(SPEC);
    expect(await allows(found, 'sqs:GetQueueAttributes')).toBe(true);
    const attempt = await found.attempt('iam.deny-apis', {
      roles: [ROLE_ARN],
      actions: ['sqs:GetQueueAttributes'],
    });
    await attempt.apply();
    expect(await allows(found, 'sqs:GetQueueAttributes')).toBe(false);
    expect(await allows(found, 'sqs:ReceiveMessage')).toBe(true);
    const verify = reading('containment.verify');
    await found.clock.sleep(10_000);
    expect(await verify.run(found.context({ held: [attempt.hold] }), {})).toMatchObject({
      level: 'effective',
    });
  });

  test('attach what was prepared under profile static, which refuses what nobody could prepare', async () => {
    const found = actionWorld(withPolicies, STATIC);
    const before = snapshot(found);
    const attempt = await found.attempt('iam.deny-privilege', { roles: [ROLE_ARN] });
    await attempt.apply();
    expect(found.world.state.roles.get('checkout-webhook-role')?.policies.current.attached).toHaveLength(1);
    expect(await attempt.observe()).toEqual({ kind: 'in-effect' });
    await attempt.revert();
    expect(snapshot(found)).toBe(before);
    const refused = found.attempt('iam.deny-apis', { roles: [ROLE_ARN], actions: ['sqs:ListQueues'] });
    expect(await failureOf(refused)).toMatchObject({ code: 'cordon_action_unsupported' });
  });

  test('take no pattern for an API: its name comes from what an attacker called', () => {
    const { input } = containing('iam.deny-apis');
    for (const action of ['sqs:*', '*', 's3:Get?', 'sqs', 'sqs:$x']) {
      expect(input.safeParse({ roles: [ROLE_ARN], actions: [action] }).success).toBe(false);
    }
  });
});

describe('what is left as it is', () => {
  test.each([
    ['lambda.pause-event-source', { mappings: [PAUSED] }],
    ['lambda.close-url', { urls: ['live'] }],
    ['lambda.suspend-scaling', { qualifiers: ['next'] }],
    ['lambda.remove-provisioned-concurrency', { qualifiers: ['next'] }],
    ['lambda.remove-permission', { statements: ['no-such-statement'] }],
    ['lambda.cap-concurrency', { limit: 100 }],
  ])('%s %j plans nothing where nothing is to be done', async (id, input) => {
    expect((await actionWorld(SPEC).attempt(id, input)).changes).toEqual([]);
  });

  test('the retries and the age of asynchronous events, and their success destination', async () => {
    const found = actionWorld(SPEC, WITH_SINK);
    await (await found.attempt('lambda.keep-async-events', { qualifiers: ['live'] })).apply();
    const functions = JSON.parse(snapshot(found)).functions[FUNCTION_ARN];
    expect(functions.eventInvoke.live).toEqual({
      maximumRetryAttempts: 1,
      maximumEventAgeSeconds: null,
      onFailure: SINK,
      onSuccess: `arn:aws:sqs:${REGION}:${ACCOUNT}:done`,
    });
  });

  test('a statement that AddPermission cannot make: the plan says so, and release asks a person', async () => {
    const found = actionWorld(SPEC);
    const attempt = await found.attempt('lambda.remove-permission', { statements: ['odd'] });
    expect(attempt.changes[0]?.undo).toBe(
      'A person must put statement odd back: AddPermission has no parameter for IpAddress on aws:SourceIp',
    );
    await attempt.apply();
    expect(await failureOf(attempt.revert())).toMatchObject({ code: 'cordon_action_unsupported' });
  });

  test('events of an account without a sink: refused, not lost in silence', async () => {
    const found = actionWorld(SPEC);
    const refused = found.attempt('lambda.keep-async-events', { qualifiers: ['$LATEST'] });
    expect(await failureOf(refused)).toMatchObject({ code: 'cordon_action_unsupported' });
  });
});

describe('stopping the function', () => {
  const stop = 'lambda.reserve-zero-concurrency';

  test('is refused while it would lose what could be kept, and names it', async () => {
    const found = actionWorld(SPEC, WITH_SINK);
    const refusal = await failureOf(found.attempt(stop, {}));
    expect(refusal).toMatchObject({ code: 'cordon_preserve_first' });
    expect(String(refusal)).toContain('messages of 1 event source mapping(s)');
    expect(String(refusal)).toContain('asynchronous events of $LATEST, live');
    expect(await reading('target.survey-doors').run(found.context(), {})).toEqual({
      senders: [ROLE_ARN],
      mappings: [MAPPING],
      // The sink of `next` is newer than the suspicion: it may be the attacker's.
      sinkless: ['$LATEST', 'live', 'next'],
      provisioned: ['live'],
    });
  });

  test('is tried, and told from any other refusal, under provisioned concurrency', async () => {
    const found = actionWorld(SPEC);
    const attempt = await found.attempt(stop, { losses: 'accept' });
    expect(await failureOf(attempt.apply())).toMatchObject({
      code: 'cordon_provisioned_concurrency',
      classification: 'terminal',
    });
  });

  test('loses nothing after preservation, and everything is as before after release', async () => {
    const found = actionWorld(SPEC, WITH_SINK);
    const before = snapshot(found);
    const survey = await reading('target.survey-doors').run(found.context(), {});
    const { mappings, sinkless, provisioned } = survey as Record<string, string[]>; // its declared output
    const steps: [string, JsonObject][] = [
      ['lambda.keep-async-events', { qualifiers: sinkless ?? [] }],
      ['lambda.pause-event-source', { mappings: mappings ?? [] }],
      ['lambda.suspend-scaling', { qualifiers: provisioned ?? [] }],
      ['lambda.remove-provisioned-concurrency', { qualifiers: provisioned ?? [] }],
      [stop, {}],
    ];
    const done = [];
    for (const [id, input] of steps) {
      const objects = containing(id).objects(WITH_SINK, containing(id).input.parse(input)).length;
      for (let at = 0; at < objects; at += 1) {
        const attempt = await found.attempt(id, input, at);
        await attempt.apply();
        done.push(attempt);
      }
    }
    await found.clock.sleep(60_000);
    expect(
      (await found.world.attacker.invoke('checkout-webhook', { event: true, payload: { order: 1 } })).kind,
    ).toBe('accepted');
    const { delivered, lost } = found.world.events();
    expect(lost).toEqual([]);
    expect(delivered.map((event) => event.destination)).toEqual([SINK]);
    for (const attempt of done.reverse()) await attempt.revert();
    expect(snapshot(found)).toBe(before);
  });

  test('in the naive order fails in the same account: refused by AWS, or with the event lost', async () => {
    const bare: JsonObject = {
      ...SPEC,
      functions: [{ name: 'checkout-webhook', role: 'checkout-webhook-role', urls: [{ authType: 'NONE' }] }],
      eventSourceMappings: [],
      scalableTargets: [],
    };
    const found = actionWorld(bare);
    await (await found.attempt(stop, { losses: 'accept' })).apply();
    await found.world.attacker.invoke('checkout-webhook', { event: true, payload: { order: 1 } });
    expect(found.world.events().lost).toEqual([
      expect.objectContaining({ condition: 'ZeroReservedConcurrency', reason: 'no-sink' }),
    ]);
  });
});
