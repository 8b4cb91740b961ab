import { expect, test } from '@jest/globals';
import type { Target } from '../../../src/action/ports.ts';
import { lookUpCalls } from '../../../src/action/watch/look-up.ts';
import { actionWorld, TARGET } from '../../support/action-world.ts';
import { ACCOUNT, ROLE_ARN } from '../../support/world.ts';

/** A role that others than Lambda may assume, and somebody who has done so. */
async function assumed(outside: readonly string[]) {
  const principal = { Service: 'lambda.amazonaws.com', AWS: `arn:aws:iam::${ACCOUNT}:root` };
  const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  const target: Target = { ...TARGET, open: { sinks: [], logGroups: [], outside } };
  const found = actionWorld(
    {
      trailDelayMs: 0,
      rateLimits: false,
      roles: [
        {
          name: 'checkout-webhook-role',
          trust: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' }],
          },
          policies: { policy },
        },
      ],
      functions: [{ name: 'checkout-webhook', role: 'checkout-webhook-role' }],
      secrets: [{ name: 'payments', value: 'invented' }],
    },
    target,
  );
  const { attacker } = found.world;
  const sinceMs = found.clock.now().getTime();
  const session = await attacker.callAs(
    { accessKeyId: 'AKIACORDONWORLD00000', secretAccessKey: 'cordon-world-secret-key' },
    {
      service: 'sts',
      action: 'AssumeRole',
      resource: ROLE_ARN,
      request: { RoleArn: ROLE_ARN, RoleSessionName: 'mallory' },
    },
  );
  expect(session.kind).toBe('ok');
  // The world's own answer.
  const { Credentials } = (session as unknown as { data: { Credentials: Record<string, string> } }).data;
  await attacker.callAs(
    {
      accessKeyId: Credentials.AccessKeyId ?? '',
      secretAccessKey: Credentials.SecretAccessKey ?? '',
      sessionToken: Credentials.SessionToken ?? '',
    },
    { service: 'secretsmanager', action: 'GetSecretValue', resource: 'payments' },
  );
  await found.clock.sleep(1_000);
  return lookUpCalls(found.context(), sinceMs);
}

test('sessions of a role under other names are found by their beginning, and with them what they called', async () => {
  const trail = await assumed([ROLE_ARN]);
  expect(trail.sessions).toEqual(['mallory']);
  expect(trail.calls.map(({ call, roleArn }) => [call, roleArn])).toContainEqual([
    'secretsmanager:GetSecretValue',
    ROLE_ARN,
  ]);
});

test('cost nothing where only Lambda may assume the role (control)', async () => {
  const trail = await assumed([]);
  expect(trail.sessions).toEqual([]);
  expect(trail.calls.map(({ call }) => call)).not.toContain('secretsmanager:GetSecretValue');
});
