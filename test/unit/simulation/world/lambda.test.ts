import { createHash } from 'node:crypto';
import {
  AddPermissionCommand,
  DeleteFunctionConcurrencyCommand,
  GetEventSourceMappingCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  GetPolicyCommand,
  InvokeCommand,
  ListAliasesCommand,
  ListEventSourceMappingsCommand,
  ListFunctionEventInvokeConfigsCommand,
  ListFunctionsCommand,
  ListFunctionUrlConfigsCommand,
  ListProvisionedConcurrencyConfigsCommand,
  ListTagsCommand,
  ListVersionsByFunctionCommand,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
  PutProvisionedConcurrencyConfigCommand,
  RemovePermissionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateEventSourceMappingCommand,
  UpdateFunctionEventInvokeConfigCommand,
  UpdateFunctionUrlConfigCommand,
} from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, test } from '@jest/globals';
import { ACCOUNT, arnOf, exerciseSpec, REGION, smallSpec, stageOfEachTest } from './support.ts';

const opened = stageOfEachTest();

const FunctionName = 'webhook';
const sink = `arn:aws:sqs:${REGION}:${ACCOUNT}:failed`;

describe('reserved concurrency', () => {
  test('tells unset, 0 and N apart', async () => {
    const { lambda } = (await opened()).as();
    const read = async () =>
      (await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }))).ReservedConcurrentExecutions;
    expect(await read()).toBeUndefined();
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
    expect(await read()).toBe(0);
    expect((await lambda.send(new GetFunctionCommand({ FunctionName }))).Concurrency).toEqual({
      ReservedConcurrentExecutions: 0,
    });
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 7 }));
    expect(await read()).toBe(7);
    await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
    expect(await read()).toBeUndefined();
  });

  test('0 is refused while provisioned concurrency exists', async () => {
    const { lambda } = (await opened()).as();
    await lambda.send(
      new PutProvisionedConcurrencyConfigCommand({
        FunctionName,
        Qualifier: 'live',
        ProvisionedConcurrentExecutions: 2,
      }),
    );
    await expect(
      lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 })),
    ).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message:
        " ReservedConcurrentExecutions  0 should not be lower than function's total provisioned concurrency [2].",
    });
    const list = await lambda.send(new ListProvisionedConcurrencyConfigsCommand({ FunctionName }));
    expect(list.ProvisionedConcurrencyConfigs?.map((one) => one.FunctionArn)).toEqual([
      `${arnOf('webhook')}:live`,
    ]);
  });

  test('throttles a synchronous call at 0, and only then', async () => {
    const { as, world } = await opened();
    const { lambda } = as();
    expect((await lambda.send(new InvokeCommand({ FunctionName }))).StatusCode).toBe(200);
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
    await expect(lambda.send(new InvokeCommand({ FunctionName }))).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    });
    expect(world.journal.throttledInvocations()).toHaveLength(1);
  });
});

describe('asynchronous events at concurrency 0', () => {
  const event = (payload: object) =>
    new InvokeCommand({
      FunctionName,
      InvocationType: 'Event',
      Payload: Buffer.from(JSON.stringify(payload)),
    });

  test('go to the sink at once, with the payload and the recorded condition', async () => {
    const { as, world } = await opened(
      smallSpec({
        queues: [{ name: 'failed' }],
        functions: [
          {
            name: 'webhook',
            role: 'webhook-role',
            reservedConcurrency: 0,
            eventInvoke: [{ onFailure: sink }],
          },
        ],
      }),
    );
    const { lambda, sqs } = as();
    expect((await lambda.send(event({ order: 7 }))).StatusCode).toBe(202);
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: 'failed' }));
    expect(JSON.parse(Messages?.[0]?.Body ?? '')).toMatchObject({
      version: '1.0',
      requestContext: {
        functionArn: `${arnOf('webhook')}:$LATEST`,
        condition: 'ZeroReservedConcurrency',
        approximateInvokeCount: 0,
      },
      requestPayload: { order: 7 },
    });
    expect(world.events().lost).toEqual([]);
  });

  test('are counted lost without a sink, and with a sink that the role may not reach', async () => {
    const { as, world } = await opened(
      smallSpec({
        queues: [{ name: 'failed' }],
        roles: [{ name: 'webhook-role', policies: {} }],
        functions: [
          { name: 'webhook', role: 'webhook-role', reservedConcurrency: 0 },
          { name: 'mute', role: 'webhook-role', reservedConcurrency: 0, deadLetterArn: sink },
        ],
      }),
    );
    const { lambda } = as();
    await lambda.send(event({}));
    await lambda.send(new InvokeCommand({ FunctionName: 'mute', InvocationType: 'Event' }));
    expect(world.events().lost.map((one) => one.reason)).toEqual(['no-sink', 'sink-denied']);
  });

  test('run, as a control, when concurrency is not 0', async () => {
    const { as, world } = await opened();
    await as().lambda.send(event({}));
    expect(world.events()).toEqual({ delivered: [], lost: [], waiting: 0 });
    expect(world.state.logGroups.has(`arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/webhook`)).toBe(
      true,
    );
  });
});

describe('the code package', () => {
  test('is the real one, behind a link that lives ten minutes', async () => {
    const { as, clock } = await opened();
    const got = await as().lambda.send(new GetFunctionCommand({ FunctionName }));
    const location = got.Code?.Location ?? '';
    const bytes = Buffer.from(await (await fetch(location)).arrayBuffer());
    expect(createHash('sha256').update(bytes).digest('base64')).toBe(got.Configuration?.CodeSha256);
    expect(bytes.byteLength).toBe(got.Configuration?.CodeSize);
    expect(bytes.subarray(0, 4).toString('latin1')).toBe('PK\x03\x04');

    const forged = new URL(location);
    forged.searchParams.set('Expires', '9999999999');
    expect((await fetch(forged)).status).toBe(403);
    clock.advance(601_000);
    expect((await fetch(location)).status).toBe(403);
  });
});

describe('reading a function', () => {
  test('lists functions, versions, aliases, mappings, URLs and event configurations', async () => {
    const { lambda } = (await opened(exerciseSpec())).as({
      accessKeyId: 'AKIADEPLOYEXERCISE01',
      secretAccessKey: 'invented-deploy-key-for-exercises-only',
    });
    const name = 'checkout-webhook';
    const functions = await lambda.send(new ListFunctionsCommand({}));
    expect(functions.Functions?.map((one) => one.FunctionName)).toEqual([
      'checkout-webhook',
      'order-worker',
      'receipt-mailer',
    ]);
    expect(functions.Functions?.[0]?.State).toBeUndefined();
    const versions = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName: name }));
    expect(versions.Versions?.map((one) => one.Version)).toEqual(['$LATEST', '1']);
    expect(versions.Versions?.[0]?.CodeSha256).not.toBe(versions.Versions?.[1]?.CodeSha256);
    const aliases = await lambda.send(new ListAliasesCommand({ FunctionName: name }));
    expect(aliases.Aliases?.[0]).toMatchObject({ Name: 'live', FunctionVersion: '1' });
    const configs = await lambda.send(new ListFunctionEventInvokeConfigsCommand({ FunctionName: name }));
    expect(configs.FunctionEventInvokeConfigs?.[0]).toMatchObject({ MaximumRetryAttempts: 1 });
    expect(
      (await lambda.send(new ListFunctionUrlConfigsCommand({ FunctionName: name }))).FunctionUrlConfigs,
    ).toEqual([]);
    const got = await lambda.send(new GetFunctionCommand({ FunctionName: name }));
    expect(got.Configuration).toMatchObject({ State: 'Active', Version: '$LATEST', Handler: 'app.handler' });
    expect(got.Tags).toEqual({ team: 'payments', tier: 'production' });
    const mappings = await lambda.send(new ListEventSourceMappingsCommand({ FunctionName: 'order-worker' }));
    expect(mappings.EventSourceMappings?.[0]?.State).toBe('Enabled');
    expect(mappings.EventSourceMappings?.[0]?.LastModified).toBeInstanceOf(Date);
  });

  test('pages a list by marker', async () => {
    const many = Array.from({ length: 7 }, (_, index) => ({ name: `f${index}`, role: 'webhook-role' }));
    const { lambda } = (await opened(smallSpec({ functions: many }))).as();
    const names: (string | undefined)[] = [];
    let Marker: string | undefined;
    do {
      const page = await lambda.send(
        new ListFunctionsCommand({ MaxItems: 3, ...(Marker === undefined ? {} : { Marker }) }),
      );
      names.push(...(page.Functions ?? []).map((one) => one.FunctionName));
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    expect(names).toEqual(many.map((one) => one.name));
  });

  test('knows nothing of a function of another Region', async () => {
    const { as } = await opened();
    await expect(
      as(undefined, 'us-east-1').lambda.send(new GetFunctionCommand({ FunctionName })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('event source mappings', () => {
  test('are Disabling first and Disabled later; the queue keeps its messages', async () => {
    const { as, world, clock } = await opened(exerciseSpec());
    world.settings.latencyMs = 0;
    const { lambda } = as({
      accessKeyId: 'AKIADEPLOYEXERCISE01',
      secretAccessKey: 'invented-deploy-key-for-exercises-only',
    });
    const UUID = '5f0d8a64-3c1e-4c53-9a6b-2f1f7b1e9a10';
    const update = await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
    expect([update.$metadata.httpStatusCode, update.State]).toEqual([202, 'Disabling']);
    clock.advance(30_000);
    expect((await lambda.send(new GetEventSourceMappingCommand({ UUID }))).State).toBe('Disabled');
    expect(world.pollSources()).toBe(0);
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }));
    clock.advance(30_000);
    expect(world.pollSources()).toBe(2);
  });
});

describe('what a function is configured with', () => {
  test('an event configuration is replaced by Put and merged by Update', async () => {
    const { lambda } = (await opened(smallSpec({ queues: [{ name: 'failed' }] }))).as();
    await lambda.send(
      new PutFunctionEventInvokeConfigCommand({
        FunctionName,
        MaximumRetryAttempts: 1,
        MaximumEventAgeInSeconds: 60,
      }),
    );
    const merged = await lambda.send(
      new UpdateFunctionEventInvokeConfigCommand({
        FunctionName,
        DestinationConfig: { OnFailure: { Destination: sink } },
      }),
    );
    expect(merged).toMatchObject({
      MaximumRetryAttempts: 1,
      MaximumEventAgeInSeconds: 60,
      DestinationConfig: { OnFailure: { Destination: sink } },
    });
    const replaced = await lambda.send(
      new PutFunctionEventInvokeConfigCommand({ FunctionName, MaximumRetryAttempts: 0 }),
    );
    expect(replaced.MaximumEventAgeInSeconds).toBeUndefined();
    expect(replaced.DestinationConfig).toEqual({ OnFailure: {}, OnSuccess: {} });
  });

  test('permissions, tags and URLs change and change back', async () => {
    const { as, world } = await opened(
      smallSpec({
        functions: [{ name: 'webhook', role: 'webhook-role', urls: [{ authType: 'NONE' }] }],
      }),
    );
    const { lambda } = as();
    const before = world.snapshot();
    await lambda.send(
      new AddPermissionCommand({
        FunctionName,
        StatementId: 's3',
        Action: 'lambda:InvokeFunction',
        Principal: 's3.amazonaws.com',
        SourceArn: 'arn:aws:s3:::bucket',
      }),
    );
    expect(JSON.parse((await lambda.send(new GetPolicyCommand({ FunctionName }))).Policy ?? '')).toEqual({
      Version: '2012-10-17',
      Id: 'default',
      Statement: [
        {
          Sid: 's3',
          Effect: 'Allow',
          Principal: { Service: 's3.amazonaws.com' },
          Action: 'lambda:InvokeFunction',
          Resource: arnOf('webhook'),
          Condition: { ArnLike: { 'AWS:SourceArn': 'arn:aws:s3:::bucket' } },
        },
      ],
    });
    await lambda.send(new TagResourceCommand({ Resource: arnOf('webhook'), Tags: { 'ir:case': 'inc-1' } }));
    expect((await lambda.send(new ListTagsCommand({ Resource: arnOf('webhook') }))).Tags).toEqual({
      'ir:case': 'inc-1',
    });
    await lambda.send(new UpdateFunctionUrlConfigCommand({ FunctionName, AuthType: 'AWS_IAM' }));
    expect(world.snapshot()).not.toEqual(before);

    await lambda.send(new UpdateFunctionUrlConfigCommand({ FunctionName, AuthType: 'NONE' }));
    await lambda.send(new UntagResourceCommand({ Resource: arnOf('webhook'), TagKeys: ['ir:case'] }));
    await lambda.send(new RemovePermissionCommand({ FunctionName, StatementId: 's3' }));
    expect(world.snapshot()).toEqual(before);
    await expect(lambda.send(new GetPolicyCommand({ FunctionName }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'The resource you requested does not exist.',
    });
  });
});
