import { GetRoleCommand } from '@aws-sdk/client-iam';
import {
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda';
import { describe, expect, test } from '@jest/globals';
import { loadWorld, readWorldSpec } from '../../../../src/simulation/world/spec.ts';
import { createWorld } from '../../../../src/simulation/world/world.ts';
import { ADMIN, arnOf, exerciseSpec, manualClock, REGION, smallSpec, stageOfEachTest } from './support.ts';

const opened = stageOfEachTest();

const FunctionName = 'webhook';
const put = new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 });
const operation = 'lambda:PutFunctionConcurrency';

describe('the fault plan', () => {
  test('a lost response took effect; the caller cannot know', async () => {
    const { as, world } = await opened();
    world.inject({ operation, fault: { kind: 'lost-response', how: 'reset' } });
    await expect(as().lambda.send(put)).rejects.not.toHaveProperty('$metadata.httpStatusCode', 200);
    expect(world.journal.entries({ operation: 'PutFunctionConcurrency' })).toMatchObject([
      { outcome: 'ok', answerLost: true },
    ]);
    expect(
      (await as().lambda.send(new GetFunctionConcurrencyCommand({ FunctionName })))
        .ReservedConcurrentExecutions,
    ).toBe(0);
  });

  test('a dropped request had no effect', async () => {
    const { as, world } = await opened();
    world.inject({ operation, fault: { kind: 'dropped-request', how: 'reset' } });
    await expect(as().lambda.send(put)).rejects.toBeDefined();
    expect(world.journal.writes()).toEqual([]);
    expect(
      (await as().lambda.send(new GetFunctionConcurrencyCommand({ FunctionName })))
        .ReservedConcurrentExecutions,
    ).toBeUndefined();
  });

  test('a hanging answer ends when the caller gives up', async () => {
    const { as, world } = await opened();
    world.inject({ operation, fault: { kind: 'lost-response', how: 'hang' } });
    const gaveUp = new AbortController();
    const off = world.journal.subscribe(() => gaveUp.abort());
    await expect(as().lambda.send(put, { abortSignal: gaveUp.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    off();
  });

  test('strikes the nth call on its target, as often as asked, and no other', async () => {
    const { as, world } = await opened();
    world.inject({
      operation,
      target: arnOf('webhook'),
      nth: 2,
      times: 1,
      fault: { kind: 'error', code: 'ResourceConflictException', status: 409 },
    });
    world.inject({ operation: 'iam:*', fault: { kind: 'throttle' } });
    const { lambda, iam } = as();
    await lambda.send(put);
    await expect(lambda.send(put)).rejects.toMatchObject({ name: 'ResourceConflictException' });
    await lambda.send(put);
    await expect(iam.send(new GetRoleCommand({ RoleName: 'webhook-role' }))).rejects.toMatchObject({
      name: 'Throttling',
    });
    await iam.send(new GetRoleCommand({ RoleName: 'webhook-role' }));
  });

  test('latency passes half before the effect and half after', async () => {
    const { as, world, clock } = await opened();
    world.settings.latencyMs = 30;
    world.inject({ operation, fault: { kind: 'latency', ms: 70 } });
    const before = clock.now().getTime();
    await as().lambda.send(put);
    expect(clock.now().getTime() - before).toBe(100);
    expect(Date.parse(world.journal.entries()[0]?.at ?? '') - before).toBe(50);
  });
});

describe('rate limits', () => {
  test('15 control-plane calls a second together; GetFunction has a bucket of its own', async () => {
    const { as, clock, world } = await opened(smallSpec({ rateLimits: true }));
    const { lambda } = as();
    for (let index = 0; index < 15; index++) await lambda.send(put);
    await expect(lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }))).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      Reason: 'CallerRateLimitExceeded',
    });
    await lambda.send(new GetFunctionCommand({ FunctionName }));
    clock.advance(1_000);
    await lambda.send(put);
    expect(world.journal.peak({ service: 'lambda', operation: 'PutFunctionConcurrency' }, 1_000)).toBe(15);
  });
});

describe('without a network', () => {
  test('the SDK talks to fetch directly', async () => {
    const world = createWorld(smallSpec(), { clock: manualClock(), seed: 'in-process' });
    const client = new LambdaClient({
      region: REGION,
      credentials: { ...ADMIN },
      endpoint: 'http://world.invalid',
      requestHandler: {
        async handle(request: {
          path: string;
          method: string;
          headers: Record<string, string>;
          query?: Record<string, unknown>;
          body?: unknown;
        }) {
          const url = new URL(request.path, 'http://world.invalid');
          for (const [name, value] of Object.entries(request.query ?? {}))
            url.searchParams.set(name, String(value));
          const body = request.body instanceof Uint8Array ? new Uint8Array(request.body) : null;
          const response = await world.fetch(
            new Request(url, {
              method: request.method,
              headers: request.headers,
              ...(body === null ? {} : { body }),
            }),
          );
          return {
            response: {
              statusCode: response.status,
              headers: Object.fromEntries(response.headers),
              body: new Uint8Array(await response.arrayBuffer()),
            },
          };
        },
      },
    });
    expect((await client.send(put)).ReservedConcurrentExecutions).toBe(0);
  });

  test('the same seed, clock and calls give the same account, byte for byte', async () => {
    const run = async (seed: string) => {
      const world = createWorld(exerciseSpec(), { clock: manualClock(), seed });
      await world.attacker.invoke('checkout-webhook', { event: true });
      return JSON.stringify([
        world.journal.entries(),
        [...world.state.sessions],
        [...world.state.logGroups.values()].map((group) => [...group.streams]),
      ]);
    };
    expect(await run('a')).toBe(await run('a'));
    expect(await run('a')).not.toBe(await run('b'));
  });

  test('an unsigned request, an unknown operation and a broken body are refused', async () => {
    const world = createWorld(smallSpec(), { clock: manualClock(), seed: 's' });
    const signed = (service: string) => ({
      authorization: `AWS4-HMAC-SHA256 Credential=${ADMIN.accessKeyId}/20261124/${REGION}/${service}/aws4_request, SignedHeaders=host, Signature=00`,
    });
    const statusOf = async (init: RequestInit, path = '/') =>
      (await world.fetch(new Request(`http://world.invalid${path}`, init))).status;
    expect(await statusOf({})).toBe(400);
    expect(await statusOf({ headers: signed('lambda') }, '/2015-03-31/nothing')).toBe(404);
    expect(
      await statusOf({
        method: 'POST',
        headers: { ...signed('logs'), 'x-amz-target': 'Logs_20140328.FilterLogEvents' },
        body: '{',
      }),
    ).toBe(400);
    expect(await statusOf({ headers: signed('lambda') }, '/2015-03-31/functions/%E0%A4%A')).toBe(400);
  });
});

describe('world.yaml', () => {
  test('an unknown key, a broken line and a reference to nothing are refused, with their place', () => {
    const base = { account: '111122223333', regions: [REGION] };
    const options = { clock: manualClock(), seed: 's' };
    expect(() => readWorldSpec({ ...base, functoins: [] })).toThrow(
      expect.objectContaining({ code: 'cordon_world_invalid' }),
    );
    expect(() => loadWorld('account: "1\nregions: [')).toThrow(
      expect.objectContaining({ code: 'cordon_world_invalid' }),
    );
    expect(() =>
      createWorld(readWorldSpec({ ...base, functions: [{ name: 'f', role: 'none' }] }), options),
    ).toThrow(expect.objectContaining({ code: 'cordon_world_unknown_name' }));
    expect(() =>
      createWorld(
        readWorldSpec({
          ...base,
          roles: [{ name: 'r', policies: { p: '{"Statement":[{"Effect":"Maybe"}]}' } }],
        }),
        options,
      ),
    ).toThrow(expect.objectContaining({ code: 'cordon_world_bad_policy' }));
  });
});
