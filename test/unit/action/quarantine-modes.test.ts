import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { Means, Target } from '../../../src/action/ports.ts';
import { preparedQuarantines } from '../../../src/action/quarantine-prepared.ts';
import type { JsonObject } from '../../../src/json.ts';
import { canonicalJson } from '../../../src/timeline/canonical.ts';
import { type ActionWorld, actionWorld, reading, TARGET } from '../../support/action-world.ts';
import { failureOf } from '../../support/aws-access.ts';
import { ACCOUNT, REGION, ROLE_ARN } from '../../support/world.ts';

const means = (profile: Means['profile']): Means => ({ profile, sink: null, codeSigningConfig: null });
const DYNAMIC: Target = { ...TARGET, means: means('dynamic') };
const STATIC: Target = { ...TARGET, means: means('static') };
const queue = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;

/** Two functions on one role, with a sink for each failed event, and the prepared policies of the template. */
function account(sink: string): JsonObject {
  const prepared = preparedQuarantines({ ...STATIC, logGroups: [], sinks: [sink] });
  return {
    ...(parse(`
iamPropagationMs: 4000
latencyMs: 0
rateLimits: false
roles:
  - name: checkout-webhook-role
    policies:
      work:
        Version: '2012-10-17'
        Statement:
          - { Effect: Allow, Action: ['sqs:*', 's3:*', 'sns:*', 'events:*', 'lambda:InvokeFunction', 'kms:*', 'logs:*', 'secretsmanager:*'], Resource: '*' }
functions:
  - name: checkout-webhook
    role: checkout-webhook-role
    urls: [{ authType: NONE }]
    eventInvoke: [{ onFailure: '${sink}' }]
    behaviour: { calls: [{ action: 's3:GetObject', resource: 'arn:aws:s3:::receipts/1' }] }
  - name: sibling
    role: checkout-webhook-role
    urls: [{ authType: NONE }]
    behaviour: { calls: [{ action: 's3:GetObject', resource: 'arn:aws:s3:::receipts/1' }] }
  - { name: takes-failed, role: checkout-webhook-role }
logs: [{ group: /aws/lambda/checkout-webhook, streams: [] }]
queues: [{ name: failed }]
topics: [{ name: failed }]
eventBuses: [{ name: failed }]
buckets: [{ name: failed-events }, { name: receipts, objects: { '1': one } }]
secrets: [{ name: payments, value: invented }]
`) as JsonObject),
    managedPolicies: prepared.map(({ name, document }) => ({
      name,
      path: '/cordon/quarantine/',
      document: { ...document },
    })),
  };
}

async function deny(found: ActionWorld, mode: 'function' | 'role', sinks: readonly string[] = []) {
  const attempt = await found.attempt('iam.quarantine-role', { roles: [ROLE_ARN], mode, sinks });
  await attempt.apply();
  await found.clock.sleep(10_000);
  return attempt;
}

async function steals(found: ActionWorld): Promise<string> {
  const credentials = found.world.attacker.stealCredentials('checkout-webhook');
  const resource = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:payments`;
  return (
    await found.world.attacker.callAs(credentials, {
      service: 'secretsmanager',
      action: 'GetSecretValue',
      resource,
    })
  ).kind;
}

const deniedOf = (found: ActionWorld, name: string) =>
  found.world.journal
    .entries()
    .filter((entry) => /AccessDenied/.test(entry.outcome) && entry.sourceFunctionArn?.endsWith(`:${name}`))
    .length;

describe.each([
  ['dynamic', DYNAMIC],
  ['static', STATIC],
])('profile %s', (_, target) => {
  test('mode B denies the function, and its siblings see no denied call', async () => {
    const found = actionWorld(account(queue('failed')), target);
    const before = canonicalJson(found.world.snapshot());
    expect(await steals(found)).toBe('ok');
    const attempt = await deny(found, 'function');
    expect(await steals(found)).toBe('denied');
    for (let call = 0; call < 5; call += 1) await found.world.attacker.invoke('sibling');
    expect(deniedOf(found, 'sibling')).toBe(0);
    const verified = await reading('containment.verify').run(found.context({ held: [attempt.hold] }), {});
    expect(verified).toMatchObject({ level: 'effective' });
    await attempt.revert();
    expect(canonicalJson(found.world.snapshot())).toBe(before);
  });

  test.each([
    ['a queue', queue('failed')],
    ['a bucket', 'arn:aws:s3:::failed-events'],
    ['a topic', `arn:aws:sns:${REGION}:${ACCOUNT}:failed`],
    ['a bus', `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/failed`],
    ['a function', `arn:aws:lambda:${REGION}:${ACCOUNT}:function:takes-failed`],
  ])('mode A denies every session, and failed events still reach %s', async (_kind, sink) => {
    const found = actionWorld(account(sink), target);
    const attempt = await deny(found, 'role', [sink]);
    expect(await steals(found)).toBe('denied');
    await (await found.attempt('lambda.reserve-zero-concurrency', { losses: 'accept' })).apply();
    await found.world.attacker.invoke('checkout-webhook', { event: true, payload: { order: 1 } });
    expect(found.world.events().lost).toEqual([]);
    expect(found.world.events().delivered.map((event) => event.destination)).toEqual([sink]);
    await attempt.revert();
  });

  test('mode A without the sink pinned loses the event: the pin is what keeps it', async () => {
    const sink = queue('failed');
    const elsewhere = { ...account(queue('failed')), queues: [{ name: 'failed' }, { name: 'other' }] };
    const pinned = preparedQuarantines({ ...STATIC, logGroups: [], sinks: [queue('other')] });
    const found = actionWorld(
      {
        ...elsewhere,
        managedPolicies: pinned.map(({ name, document }) => ({
          name,
          path: '/cordon/quarantine/',
          document: { ...document },
        })),
      },
      target,
    );
    await deny(found, 'role', [queue('other')]);
    await (await found.attempt('lambda.reserve-zero-concurrency', { losses: 'accept' })).apply();
    await found.world.attacker.invoke('checkout-webhook', { event: true });
    expect(found.world.events().lost).toEqual([expect.objectContaining({ reason: 'sink-denied' })]);
    expect(sink).toBe(queue('failed'));
  });
});

test('profile static never writes a document: without the prepared policy it fails, and says what is missing', async () => {
  const found = actionWorld({ ...account(queue('failed')), managedPolicies: [] }, STATIC);
  const attempt = found.attempt('iam.quarantine-role', { roles: [ROLE_ARN], mode: 'function' });
  expect(await failureOf(attempt)).toMatchObject({ code: 'cordon_aws_not_found' });
  expect(found.world.journal.entries().some((entry) => entry.operation === 'PutRolePolicy')).toBe(false);
});
