import { expect, test } from '@jest/globals';
import { createAwsAccess } from '../../../src/aws/access.ts';
import { inProcessHandler } from '../../../src/aws/in-process.ts';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import { silentLog } from '../../../src/log.ts';
import { rolesOf } from '../../../src/main/inventory-parts.ts';
import { keepSessionsWarm } from '../../../src/main/warm-sessions.ts';
import { createVirtualClock } from '../../../src/simulation/virtual-clock.ts';
import { readWorldSpec } from '../../../src/simulation/world/spec.ts';
import { createWorld } from '../../../src/simulation/world/world.ts';
import { openGuard } from '../../support/aws-access.ts';

const ACCOUNT = '111122223333';
const roleArn = `arn:aws-cn:iam::${ACCOUNT}:role/cordon-read`;
const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
const trust = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws-cn:iam::${ACCOUNT}:user/engine` },
      Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
      Condition: { StringEquals: { 'sts:SourceIdentity': 'cordon' } },
    },
  ],
};

test('a session is renewed in the background, so that no call of four hours waits for STS', async () => {
  const clock = createVirtualClock(new Date('2026-11-24T03:00:00.000Z'));
  const credentials = { accessKeyId: 'AKIACORDONWORLD00000', secretAccessKey: 'cordon-world-secret-key' };
  const world = createWorld(
    readWorldSpec({
      account: ACCOUNT,
      partition: 'aws-cn',
      regions: ['cn-north-1'],
      users: [{ name: 'engine', ...credentials, policies: { everything } }],
      roles: [{ name: 'cordon-read', trust, policies: { everything } }],
    }),
    { clock, seed: 'warm' },
  );
  const enrolment = parseEnrolment(
    `accounts: [{ id: '${ACCOUNT}', name: A, partition: aws-cn, regions: [cn-north-1], roles: { read: '${roleArn}' } }]`,
    'e.yaml',
  );
  const aws = createAwsAccess({
    transport: {
      kind: 'world',
      endpoint: 'http://127.0.0.1:1',
      requestHandler: inProcessHandler(world.fetch),
      credentials,
    },
    clock,
    random: () => 0,
    roleFor: rolesOf(enrolment),
  });
  const stopping = new AbortController();
  const kept = keepSessionsWarm({
    enrolment,
    aws,
    clock,
    log: silentLog,
    headroom: 0,
    signal: stopping.signal,
  });
  // A look is over when it sleeps until the next one.
  const settled = async () => {
    while (clock.sleepers() === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  };
  const assumed = () => world.journal.count({ operation: 'AssumeRole', outcome: 'ok' });
  const scope = {
    account: ACCOUNT,
    region: 'cn-north-1',
    partition: 'aws-cn',
    purpose: 'read',
    sourceIdentity: 'cordon',
  } as const;
  for (let looks = 0; looks < 24; looks++) {
    await settled();
    const before = assumed();
    await aws(scope, openGuard()).lambda.listFunctions();
    expect(assumed()).toBe(before);
    clock.advanceToNext();
  }
  // Every 50 minutes, since a session lives for 60 and is renewed with 20 left at a look every 10.
  expect(assumed()).toBeGreaterThanOrEqual(4);
  expect(assumed()).toBeLessThanOrEqual(7);
  stopping.abort();
  await kept;
});
