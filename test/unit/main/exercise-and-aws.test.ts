import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createAwsAccess } from '../../../src/aws/access.ts';
import type { AwsTransport } from '../../../src/aws/transport.ts';
import { systemClock } from '../../../src/clock.ts';
import { openGuard } from '../../support/aws-access.ts';
import { drive, freshGround, startEngine } from '../../support/engine.ts';
import { ACCOUNT, FUNCTION_ARN, REGION } from '../../support/world.ts';

/**
 * Real credentials lie in the environment, and everything that the SDK reads from there leads to a server that stands for
 * real AWS and writes down who called. An exercise may never be among them, whatever it is given.
 */

const called: string[] = [];
const realAws = createServer((request, response) => {
  called.push(`${request.method} ${request.url}`);
  response.writeHead(500).end();
});
const environment = { ...process.env };
let url: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => realAws.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(realAws.address() as AddressInfo).port}`; // a TCP server's
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_ENDPOINT_URL: url,
    AWS_ENDPOINT_URL_LAMBDA: url,
    AWS_ENDPOINT_URL_IAM: url,
    AWS_ENDPOINT_URL_STS: url,
  });
});
beforeEach(() => {
  called.length = 0;
});
afterAll(async () => {
  process.env = environment;
  await new Promise((resolve) => realAws.close(resolve));
});

const read = (transport: AwsTransport) => {
  const access = createAwsAccess({ transport, clock: systemClock, random: () => 0.5, readAttempts: 1 });
  const scope = {
    account: ACCOUNT,
    region: REGION,
    partition: 'aws',
    purpose: 'read',
    sourceIdentity: 'x',
  } as const;
  return access(scope, openGuard()).lambda.getReservedConcurrency(FUNCTION_ARN);
};

test('real AWS is reached by who is given the way to it (control)', async () => {
  await expect(read({ kind: 'aws' })).rejects.toThrow();
  expect(called.length).toBeGreaterThan(0);
});

describe('an exercise', () => {
  test.each([
    ['no endpoint at all', ''],
    ['an endpoint that nobody set', 'undefined'],
    ['the endpoint of real AWS', 'https://lambda.eu-central-1.amazonaws.com'],
    ['a name in place of an address', 'http://world.internal:4566'],
  ])('with %s refuses before any call', (_, endpoint) => {
    expect(() => read({ kind: 'world', endpoint })).toThrow(
      expect.objectContaining({ code: 'cordon_world_not_loopback' }),
    );
    expect(called).toEqual([]);
  });

  test('whose simulated account is gone fails, and asks nobody else', async () => {
    // Port 1 is reserved and nobody listens there.
    await expect(read({ kind: 'world', endpoint: 'http://127.0.0.1:1' })).rejects.toThrow();
    expect(called).toEqual([]);
  });

  test('is not composed on the way to real AWS', async () => {
    const ground = await freshGround();
    const composed = startEngine(ground, { overrides: { exercise: true, aws: { kind: 'aws' } } });
    await expect(composed).rejects.toMatchObject({ code: 'cordon_exercise_real_aws' });
    expect(called).toEqual([]);
    await ground.sql.close();
    await rm(ground.dataDir, { recursive: true, force: true });
  });

  test('contains in its own account while all of that is in the environment', async () => {
    const ground = await freshGround();
    const engine = await startEngine(ground, { overrides: { exercise: true } });
    await engine.submit();
    await drive(
      engine,
      () => ground.world.journal.writes({ operation: 'PutFunctionConcurrency' }).length > 0,
    );
    await engine.stop();
    expect(called).toEqual([]);
    await ground.sql.close();
    await rm(ground.dataDir, { recursive: true, force: true, maxRetries: 10 });
  });
});
