import { PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  GetEventSourceMappingCommand,
  InvokeCommand,
  PutFunctionConcurrencyCommand,
  UpdateEventSourceMappingCommand,
  UpdateFunctionEventInvokeConfigCommand,
} from '@aws-sdk/client-lambda';
import { StartMessageMoveTaskCommand } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ACCOUNT, arnOf, REGION, type Stage, smallSpec, stage } from './support.ts';

let open: Stage | undefined;
async function opened(more: Record<string, unknown> = {}): Promise<Stage> {
  open = await stage(smallSpec(more));
  return open;
}
afterEach(async () => {
  await open?.served.close();
  open = undefined;
});

const FunctionName = 'webhook';
const RoleName = 'webhook-role';
const allow = (Action: string | string[], Resource: string | string[] = '*') => ({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action, Resource },
});
const at = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;

/** Each kind of sink: its ARN, what the role needs for it, and how many records it holds. */
const SINKS = [
  [
    'SQS',
    at('sqs', 'sink'),
    ['sqs:SendMessage'],
    ({ world }: Stage) => world.state.queues.get(at('sqs', 'sink'))?.messages.length,
  ],
  [
    'SNS',
    at('sns', 'sink'),
    ['sns:Publish'],
    ({ world }: Stage) => world.state.topics.get(at('sns', 'sink'))?.published.length,
  ],
  [
    'EventBridge',
    at('events', 'event-bus/sink'),
    ['events:PutEvents'],
    ({ world }: Stage) => world.state.eventBuses.get(at('events', 'event-bus/sink'))?.events.length,
  ],
  [
    'Lambda',
    arnOf('catcher'),
    ['lambda:InvokeFunction'],
    ({ world }: Stage) => world.journal.count({ target: 'caught' }),
  ],
  [
    'S3',
    'arn:aws:s3:::sink',
    ['s3:PutObject', 's3:ListBucket'],
    ({ world }: Stage) =>
      [...(world.state.buckets.get('sink')?.objects.keys() ?? [])].filter((key) =>
        /^aws\/lambda\/async\/webhook\/2026\/11\/24\/2026-11-24T04\.\d\d\.\d\d-/.test(key),
      ).length,
  ],
] as const;

const ENCRYPTED = {
  SQS: ['GenerateDataKey', 'Decrypt'],
  SNS: ['GenerateDataKey', 'Decrypt'],
  S3: ['GenerateDataKey'],
};

function sinkSpec(actions: readonly string[], onFailure: string, encrypted: boolean) {
  const key = encrypted ? { key: 'sinks' } : {};
  return {
    keys: [{ name: 'sinks' }],
    roles: [{ name: RoleName, policies: { base: allow([...actions, 'logs:*', 'audit:Note']) } }],
    functions: [
      { name: FunctionName, role: RoleName, eventInvoke: [{ onFailure }] },
      {
        name: 'catcher',
        role: RoleName,
        behaviour: { calls: [{ action: 'audit:Note', resource: 'caught' }] },
      },
    ],
    queues: [{ name: 'sink', ...key }],
    topics: [{ name: 'sink', ...key }],
    eventBuses: [{ name: 'sink' }],
    buckets: [{ name: 'sink', ...key }],
  };
}

async function isolateAndSend({ as }: Stage) {
  const { lambda } = as();
  await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
  await lambda.send(
    new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: Buffer.from('{"order":7}') }),
  );
}

describe('an event for an isolated function', () => {
  test.each(SINKS)(
    'reaches its %s sink with the right of the role, and is lost without',
    async (_kind, arn, actions, held) => {
      const here = await opened(sinkSpec(actions, arn, false));
      await isolateAndSend(here);
      expect(held(here)).toBe(1);
      expect(here.world.events()).toMatchObject({
        lost: [],
        delivered: [
          {
            destination: arn,
            condition: 'ZeroReservedConcurrency',
            record: { requestPayload: { order: 7 }, requestContext: { approximateInvokeCount: 0 } },
          },
        ],
      });
      await here.served.close();
      // Control: without one of them it is counted lost, and nothing arrives.
      const bare = await opened(sinkSpec(actions.slice(1), arn, false));
      await isolateAndSend(bare);
      expect(held(bare)).toBe(0);
      expect(bare.world.events()).toMatchObject({ delivered: [], lost: [{ reason: 'sink-denied' }] });
    },
  );

  test.each(SINKS.filter(([kind]) => kind in ENCRYPTED))(
    'reaches an encrypted %s sink only with the use of its key',
    async (kind, arn, actions, held) => {
      const uses = Object.entries(ENCRYPTED).find(([name]) => name === kind)?.[1] ?? [];
      for (const missing of uses) {
        const left = uses.filter((one) => one !== missing).map((one) => `kms:${one}`);
        const without = await opened(sinkSpec([...actions, ...left], arn, true));
        await isolateAndSend(without);
        expect([held(without), without.world.events().lost.length]).toEqual([0, 1]);
        await without.served.close();
      }
      const withKey = await opened(sinkSpec([...actions, ...uses.map((one) => `kms:${one}`)], arn, true));
      await isolateAndSend(withKey);
      expect([held(withKey), withKey.world.events().lost.length]).toEqual([1, 0]);
    },
  );

  test('that was waiting for room meets the same fate when concurrency goes to 0', async () => {
    const here = await opened({
      ...sinkSpec(['sqs:SendMessage'], at('sqs', 'sink'), false),
      functions: [
        {
          name: FunctionName,
          role: RoleName,
          reservedConcurrency: 1,
          eventInvoke: [{ onFailure: at('sqs', 'sink') }],
          behaviour: { durationMs: 60_000 },
        },
      ],
    });
    const { lambda } = here.as();
    const send = () => lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event' }));
    await send();
    await send();
    expect(here.world.events()).toMatchObject({ delivered: [], lost: [], waiting: 1 });
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
    here.world.pollSources();
    expect(here.world.events()).toMatchObject({
      delivered: [{ condition: 'ZeroReservedConcurrency' }],
      waiting: 0,
    });
    // What ran goes on: nothing stops it but its role.
    expect(here.world.runningExecutions(FunctionName, REGION)).toBe(1);
    here.clock.advance(60_000);
    expect(here.world.runningExecutions(FunctionName, REGION)).toBe(0);
  });

  test('a new sink is taken only once the role may write to it, propagation included', async () => {
    const here = await opened(sinkSpec([], '', false));
    const { lambda, iam } = here.as();
    const set = () =>
      lambda.send(
        new UpdateFunctionEventInvokeConfigCommand({
          FunctionName,
          DestinationConfig: { OnFailure: { Destination: at('sqs', 'sink') } },
        }),
      );
    const refused = {
      name: 'InvalidParameterValueException',
      message: expect.stringContaining('SendMessage'),
    };
    await expect(set()).rejects.toMatchObject(refused);
    await iam.send(
      new PutRolePolicyCommand({
        RoleName,
        PolicyName: 'sink',
        PolicyDocument: JSON.stringify(allow('sqs:SendMessage', at('sqs', 'sink'))),
      }),
    );
    await expect(set()).rejects.toMatchObject(refused);
    here.clock.advance(4_000);
    await set();
  });
});

describe('a mapping', () => {
  const source = at('kinesis', 'stream/orders');
  const streamSpec = (mapping: object, behaviour = {}) => ({
    roles: [{ name: RoleName, policies: { base: allow(['kinesis:*', 'sqs:*', 'logs:*']) } }],
    functions: [{ name: FunctionName, role: RoleName, behaviour }],
    queues: [{ name: 'sink' }],
    streams: [{ source, retentionSeconds: 86_400, records: ['a', 'b', 'c'] }],
    eventSourceMappings: [{ function: FunctionName, source, batchSize: 2, ...mapping }],
  });
  const HOUR_MS = 3_600_000;

  test('of a stream keeps its place while paused, and loses what the stream no longer keeps', async () => {
    const { as, world, clock } = await opened(streamSpec({}));
    const [UUID = ''] = [...world.state.mappings.keys()];
    const { lambda } = as();
    expect(world.pollSources()).toBe(2);
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
    clock.advance(20_000);
    expect(world.pollSources()).toBe(0);
    world.writeRecord(source, 'd');
    clock.advance(20 * HOUR_MS);
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }));
    clock.advance(20_000);
    expect(world.pollSources()).toBe(2);
    expect(world.events().lost).toEqual([]);
    // Control: over the retention they are gone, and counted.
    world.writeRecord(source, 'e');
    clock.advance(25 * HOUR_MS);
    expect(world.pollSources()).toBe(0);
    expect(world.events().lost).toMatchObject([{ condition: 'RetentionExceeded', reason: 'expired' }]);
  });

  test('of a stream does not count throttles as tries, but does discard what is too old', async () => {
    const limits = { maximumRecordAgeSeconds: 3_600, maximumRetryAttempts: 1, onFailure: at('sqs', 'sink') };
    const { as, world, clock } = await opened(streamSpec(limits));
    await as().lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }),
    );
    for (let round = 0; round < 5; round++) expect(world.pollSources()).toBe(0);
    expect(world.events().delivered).toEqual([]);
    clock.advance(2 * HOUR_MS);
    world.pollSources();
    expect(world.events().delivered).toMatchObject([
      { condition: 'RecordAgeExceeded', record: { KinesisBatchInfo: { batchSize: 3, streamArn: source } } },
    ]);
  });

  test('whose role is denied is disabled by Lambda itself after a while', async () => {
    const { as, world, clock } = await opened(streamSpec({}));
    const [UUID = ''] = [...world.state.mappings.keys()];
    const deny = { Version: '2012-10-17', Statement: { Effect: 'Deny', Action: '*', Resource: '*' } };
    const { iam, lambda } = as();
    await iam.send(
      new PutRolePolicyCommand({ RoleName, PolicyName: 'a', PolicyDocument: JSON.stringify(deny) }),
    );
    clock.advance(4_000);
    world.pollSources();
    clock.advance(60_000);
    expect(await lambda.send(new GetEventSourceMappingCommand({ UUID }))).toMatchObject({ State: 'Enabled' });
    world.pollSources();
    expect(await lambda.send(new GetEventSourceMappingCommand({ UUID }))).toMatchObject({
      State: 'Disabled',
      StateTransitionReason: 'AUTHORIZATION_ERROR',
    });
  });

  test('of a queue leaves its messages alone while paused; unpaused at 0 they go to the dead-letter queue', async () => {
    const queue = at('sqs', 'orders');
    const { as, world, clock } = await opened({
      roles: [{ name: RoleName, policies: { base: allow(['sqs:*', 'logs:*']) } }],
      queues: [
        {
          name: 'orders',
          visibilityTimeoutSeconds: 10,
          redrive: { to: 'dead', maxReceiveCount: 2 },
          messages: ['1', '2'],
        },
        { name: 'dead' },
      ],
      eventSourceMappings: [{ function: FunctionName, source: queue }],
    });
    const [UUID = ''] = [...world.state.mappings.keys()];
    const held = () => [queue, at('sqs', 'dead')].map((arn) => world.state.queues.get(arn)?.messages.length);
    const round = () => {
      world.pollSources();
      clock.advance(30_000);
    };
    const { lambda, sqs } = as();
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
    clock.advance(20_000);
    for (let index = 0; index < 4; index++) round();
    expect(held()).toEqual([2, 0]);
    // Control: the same, with the mapping left enabled.
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }));
    clock.advance(20_000);
    for (let index = 0; index < 4; index++) round();
    expect(held()).toEqual([0, 2]);
    // They come back by a move task, which takes only a queue that is a dead-letter queue.
    await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: at('sqs', 'dead') }));
    expect(held()).toEqual([2, 0]);
    await expect(sqs.send(new StartMessageMoveTaskCommand({ SourceArn: queue }))).rejects.toMatchObject({
      message: expect.stringContaining('Source queue must be configured as a Dead Letter Queue'),
    });
  });
});
