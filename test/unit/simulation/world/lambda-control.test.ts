import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetDurableExecutionHistoryCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetFunctionScalingConfigCommand,
  GetLayerVersionByArnCommand,
  InvokeCommand,
  ListDurableExecutionsByFunctionCommand,
  PublishVersionCommand,
  PutFunctionCodeSigningConfigCommand,
  PutFunctionScalingConfigCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { describe, expect, test } from '@jest/globals';
import { ACCOUNT, arnOf, REGION, smallSpec, stageOfEachTest } from './support.ts';

const opened = stageOfEachTest();

const FunctionName = 'webhook';
const EMPTY_ZIP = Buffer.concat([Buffer.from([0x50, 0x4b, 5, 6]), Buffer.alloc(18)]);
const roleArn = `arn:aws:iam::${ACCOUNT}:role/webhook-role`;

describe('a change of a function', () => {
  test('is in progress for a while, refuses a second one, and gets its revision when it is over', async () => {
    const { as, clock } = await opened();
    const { lambda } = as();
    const begun = await lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName, Description: 'changed', Timeout: 9 }),
    );
    expect(begun).toMatchObject({ LastUpdateStatus: 'InProgress', Description: 'changed', Timeout: 9 });
    await expect(
      lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: EMPTY_ZIP })),
    ).rejects.toMatchObject({ name: 'ResourceConflictException' });
    clock.advance(2_000);
    const over = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    expect(over).toMatchObject({ LastUpdateStatus: 'Successful', State: 'Active' });
    expect(over.RevisionId).not.toBe(begun.RevisionId);
    const stale = new UpdateFunctionConfigurationCommand({ FunctionName, RevisionId: begun.RevisionId });
    await expect(lambda.send(stale)).rejects.toMatchObject({ name: 'PreconditionFailedException' });
  });

  test('makes environments anew: warm ones keep their session, changed ones do not', async () => {
    const { as, clock, world } = await opened();
    const { lambda } = as();
    const warm = () => world.state.environments.get(`${arnOf(FunctionName)}:$LATEST`)?.session.accessKeyId;
    await lambda.send(new InvokeCommand({ FunctionName }));
    const first = warm();
    await lambda.send(new InvokeCommand({ FunctionName }));
    expect(warm()).toBe(first);
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Description: 'fresh' }));
    clock.advance(2_000);
    await lambda.send(new InvokeCommand({ FunctionName }));
    const second = warm();
    expect(second).not.toBe(first);
    clock.advance(16 * 60_000);
    await lambda.send(new InvokeCommand({ FunctionName }));
    expect(warm()).not.toBe(second);
  });

  test('enters a published version only by publishing, and an unchanged one is not published twice', async () => {
    const { as, clock } = await opened();
    const { lambda } = as();
    const publish = () => lambda.send(new PublishVersionCommand({ FunctionName }));
    expect((await publish()).Version).toBe('1');
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, MemorySize: 256 }));
    await expect(publish()).rejects.toMatchObject({ name: 'ResourceConflictException' });
    clock.advance(2_000);
    expect(await publish()).toMatchObject({ Version: '2', MemorySize: 256 });
    expect(
      await lambda.send(new GetFunctionConfigurationCommand({ FunctionName, Qualifier: '1' })),
    ).toMatchObject({ MemorySize: 128 });
    await expect(
      lambda.send(new PublishVersionCommand({ FunctionName, CodeSha256: 'bm90IGl0' })),
    ).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
  });

  test('by code is refused where unsigned code is', async () => {
    const { as, world } = await opened(
      smallSpec({ codeSigningConfigs: [{ name: 'frozen', publishers: ['arn:aws:signer:x'] }] }),
    );
    const { lambda } = as();
    const [config] = [...world.state.codeSigningConfigs.keys()];
    const update = new UpdateFunctionCodeCommand({ FunctionName, ZipFile: EMPTY_ZIP, DryRun: true });
    await lambda.send(update);
    await lambda.send(
      new PutFunctionCodeSigningConfigCommand({ FunctionName, CodeSigningConfigArn: config ?? '' }),
    );
    await expect(lambda.send(update)).rejects.toMatchObject({ name: 'CodeVerificationFailedException' });
  });
});

describe('a function', () => {
  test('is created pending with a role that may be passed, runs, and is deleted for good', async () => {
    const allow = (Action: string | string[]) => ({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Action, Resource: '*' },
    });
    const deploy = { accessKeyId: 'AKIADEPLOYDEPLOY0000', secretAccessKey: 'invented-deploy-key-for-tests' };
    const spec = smallSpec();
    const { as, clock } = await opened({
      ...spec,
      users: [
        ...spec.users,
        { name: 'deploy', account: undefined, ...deploy, policies: { base: allow('lambda:*') } },
      ],
    });
    const command = new CreateFunctionCommand({
      FunctionName: 'made',
      Role: roleArn,
      Runtime: 'python3.12',
      Handler: 'index.handler',
      Code: { ZipFile: EMPTY_ZIP },
    });
    await expect(as(deploy).lambda.send(command)).rejects.toMatchObject({
      message: expect.stringContaining('iam:PassRole'),
    });
    const { lambda } = as();
    expect(await lambda.send(command)).toMatchObject({ State: 'Pending', Version: '$LATEST', Timeout: 3 });
    await expect(lambda.send(command)).rejects.toMatchObject({ name: 'ResourceConflictException' });
    clock.advance(2_000);
    expect((await lambda.send(new InvokeCommand({ FunctionName: 'made' }))).StatusCode).toBe(200);
    await lambda.send(new DeleteFunctionCommand({ FunctionName: 'made' }));
    await expect(lambda.send(new GetFunctionCommand({ FunctionName: 'made' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('sends its traffic where its alias says, and none to a version rolled back from', async () => {
    const { as, world } = await opened(
      smallSpec({
        functions: [
          {
            name: FunctionName,
            role: 'webhook-role',
            versions: [{}, { description: 'bad' }],
            aliases: [{ name: 'live', version: '2' }],
          },
        ],
      }),
    );
    const { lambda } = as();
    const executed = async () => {
      const seen = new Set<string | undefined>();
      for (let index = 0; index < 20; index++) {
        seen.add((await lambda.send(new InvokeCommand({ FunctionName, Qualifier: 'live' }))).ExecutedVersion);
      }
      return [...seen].sort();
    };
    expect(await executed()).toEqual(['2']);
    const alias = { FunctionName, Name: 'live' };
    await lambda.send(
      new UpdateAliasCommand({
        ...alias,
        FunctionVersion: '1',
        RoutingConfig: { AdditionalVersionWeights: { 2: 0.5 } },
      }),
    );
    expect(await executed()).toEqual(['1', '2']);
    await lambda.send(new UpdateAliasCommand({ ...alias, RoutingConfig: {} }));
    expect(await executed()).toEqual(['1']);
    expect(world.state.functions.get(arnOf(FunctionName))?.aliases.get('live')?.weights).toBeUndefined();
  });

  test('shows the variants by which it must be recognised', async () => {
    const provider = `arn:aws:lambda:${REGION}:${ACCOUNT}:capacity-provider:pool`;
    const role = 'webhook-role';
    const layer = `arn:aws:lambda:${REGION}:${ACCOUNT}:layer:agent:1`;
    const { as } = await opened(
      smallSpec({
        layers: [{ name: 'agent', versions: [{ files: { 'agent.py': 'print()' } }] }],
        functions: [
          {
            name: 'image',
            role,
            image: {
              uri: `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/app:live`,
              digest: `sha256:${'a'.repeat(64)}`,
            },
          },
          { name: 'managed', role, versions: [{}], managedInstances: { capacityProvider: provider } },
          {
            name: 'layered',
            role,
            layers: [layer],
            snapStart: true,
            fileSystems: ['arn:aws:elasticfilesystem:x'],
          },
          {
            name: 'durable',
            role,
            durable: {
              executions: [{ name: 'order-1', status: 'RUNNING', startedSecondsAgo: 60, steps: ['charge'] }],
            },
          },
        ],
      }),
    );
    const { lambda } = as();
    expect(await lambda.send(new GetFunctionCommand({ FunctionName: 'image' }))).toMatchObject({
      Configuration: { PackageType: 'Image' },
      Code: { RepositoryType: 'ECR', ResolvedImageUri: expect.stringMatching(/\/app@sha256:a{64}$/) },
    });
    expect(await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'layered' }))).toMatchObject(
      {
        Layers: [{ Arn: layer }],
        SnapStart: { ApplyOn: 'PublishedVersions' },
        FileSystemConfigs: [{ Arn: 'arn:aws:elasticfilesystem:x' }],
      },
    );
    const { Content } = await lambda.send(new GetLayerVersionByArnCommand({ Arn: layer }));
    const downloaded = await fetch(Content?.Location ?? '');
    expect(downloaded.status).toBe(200);
    expect((await downloaded.arrayBuffer()).byteLength).toBe(Content?.CodeSize);

    const listed = await lambda.send(new ListDurableExecutionsByFunctionCommand({ FunctionName: 'durable' }));
    expect(listed.DurableExecutions).toMatchObject([{ DurableExecutionName: 'order-1', Status: 'RUNNING' }]);
    const history = await lambda.send(
      new GetDurableExecutionHistoryCommand({
        DurableExecutionArn: listed.DurableExecutions?.[0]?.DurableExecutionArn ?? '',
      }),
    );
    expect(history.Events?.map((event) => event.EventType)).toEqual([
      'ExecutionStarted',
      'StepStarted',
      'StepSucceeded',
    ]);
  });

  test('on managed instances is stopped by bounds of 0 and 0, never by a minimum of 0 alone', async () => {
    const provider = `arn:aws:lambda:${REGION}:${ACCOUNT}:capacity-provider:pool`;
    const { as, clock } = await opened(
      smallSpec({
        functions: [
          {
            name: 'managed',
            role: 'webhook-role',
            versions: [{}],
            managedInstances: { capacityProvider: provider, scaling: [{ qualifier: '1', min: 3, max: 9 }] },
          },
        ],
      }),
    );
    const { lambda } = as();
    const where = { FunctionName: 'managed', Qualifier: '1' };
    const put = (MinExecutionEnvironments: number, MaxExecutionEnvironments: number) =>
      lambda.send(
        new PutFunctionScalingConfigCommand({
          ...where,
          FunctionScalingConfig: { MinExecutionEnvironments, MaxExecutionEnvironments },
        }),
      );
    await expect(put(0, 9)).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
    await put(0, 0);
    const read = () => lambda.send(new GetFunctionScalingConfigCommand(where));
    expect(await read()).toMatchObject({
      AppliedFunctionScalingConfig: { MinExecutionEnvironments: 3, MaxExecutionEnvironments: 9 },
      RequestedFunctionScalingConfig: { MaxExecutionEnvironments: 0 },
    });
    expect((await lambda.send(new InvokeCommand(where))).StatusCode).toBe(200);
    clock.advance(30_000);
    expect(await read()).toMatchObject({ AppliedFunctionScalingConfig: { MaxExecutionEnvironments: 0 } });
    await expect(lambda.send(new InvokeCommand(where))).rejects.toMatchObject({
      name: 'ResourceConflictException',
      message: expect.stringContaining('Deactivated'),
    });
    await put(3, 9);
    expect((await lambda.send(new InvokeCommand(where))).StatusCode).toBe(200);
  });
});
