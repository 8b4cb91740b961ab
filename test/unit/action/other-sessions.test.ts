import { describe, expect, test } from '@jest/globals';
import { watchContainment } from '../../../src/action/containment-watch.ts';
import { reserveZeroConcurrency } from '../../../src/action/lambda-reserve-zero-concurrency.ts';
import type { HeldObject, Target } from '../../../src/action/ports.ts';
import { lookUpCalls } from '../../../src/action/watch/look-up.ts';
import { actionWorld, TARGET } from '../../support/action-world.ts';
import { ACCOUNT, ROLE_ARN } from '../../support/world.ts';

/** A role that others than Lambda may assume, and somebody who has done so, and calls after `pauseMs`. */
async function assume(outside: readonly string[], pauseMs: number) {
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
  const begunMs = found.clock.now().getTime();
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
  await found.clock.sleep(pauseMs);
  const calledMs = found.clock.now().getTime();
  await attacker.callAs(
    {
      accessKeyId: Credentials.AccessKeyId ?? '',
      secretAccessKey: Credentials.SecretAccessKey ?? '',
      sessionToken: Credentials.SessionToken ?? '',
    },
    { service: 'secretsmanager', action: 'GetSecretValue', resource: 'payments' },
  );
  await found.clock.sleep(1_000);
  return { context: found.context(), begunMs, calledMs };
}

async function assumed(outside: readonly string[]) {
  const { context, begunMs } = await assume(outside, 0);
  return lookUpCalls(context, begunMs);
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

describe('a session that began half an hour before the function was contained', () => {
  const read = ['secretsmanager:GetSecretValue', ROLE_ARN];
  const shown = ({ calls }: Awaited<ReturnType<typeof lookUpCalls>>) =>
    calls.map(({ call, roleArn }) => [call, roleArn]);

  test('is found by the first look, with what it called since, and with nothing from before', async () => {
    const { context, calledMs } = await assume([ROLE_ARN], 1_800_000);
    const trail = await lookUpCalls(context, calledMs, [], calledMs - 12 * 3_600_000);
    expect(trail.sessions).toEqual(['mallory']);
    expect(shown(trail)).toContainEqual(read);
    expect(trail.calls.map(({ call }) => call)).not.toContain('sts:AssumeRole');
  });

  test('is not found by a look that asks from the stop on (control)', async () => {
    const { context, calledMs } = await assume([ROLE_ARN], 1_800_000);
    const trail = await lookUpCalls(context, calledMs);
    expect([trail.sessions, shown(trail).some(([call]) => call === read[0])]).toEqual([[], false]);
  });

  test('is what the watch looks for when it looks the first time, and not each time', async () => {
    const { context, calledMs } = await assume([ROLE_ARN], 1_800_000);
    const stopped: HeldObject = {
      objectKey: `lambda-concurrency:${context.target.functionArn}`,
      action: reserveZeroConcurrency.id,
      input: {},
      prior: { reserved: null },
      desired: { reserved: 0 },
      acceptedAt: new Date(calledMs).toISOString(),
    };
    const held = { ...context, held: [stopped] };
    const look = async (since: string | null) => (await watchContainment.run(held, { since })).sessions;
    expect(await look(null)).toEqual(['mallory']);
    expect(await look(new Date(calledMs).toISOString())).toEqual([]);
  });
});
