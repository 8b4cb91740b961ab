import {
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
  DescribeScheduledActionsCommand,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import {
  DeleteProvisionedConcurrencyConfigCommand,
  GetProvisionedConcurrencyConfigCommand,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda';
import { afterEach, describe, expect, test } from '@jest/globals';
import { diffSnapshots } from '../../../../src/simulation/world/snapshot.ts';
import { REGION, type Stage, smallSpec, stage } from './support.ts';

let open: Stage | undefined;
afterEach(async () => {
  await open?.served.close();
  open = undefined;
});

const FunctionName = 'webhook';
const Qualifier = 'live';
const target = {
  ServiceNamespace: 'lambda',
  ResourceId: `function:${FunctionName}:${Qualifier}`,
  ScalableDimension: 'lambda:function:ProvisionedConcurrency',
} as const;
const all = {
  DynamicScalingInSuspended: true,
  DynamicScalingOutSuspended: true,
  ScheduledScalingSuspended: true,
};

async function opened(): Promise<Stage> {
  open = await stage(
    smallSpec({
      functions: [
        {
          name: FunctionName,
          role: 'webhook-role',
          versions: [{}],
          aliases: [{ name: Qualifier, version: '1' }],
          provisionedConcurrency: [{ qualifier: Qualifier, requested: 5 }],
        },
      ],
      scalableTargets: [
        {
          function: FunctionName,
          qualifier: Qualifier,
          min: 5,
          max: 20,
          policies: [{ name: 'track' }],
          scheduled: [{ name: 'morning', schedule: 'cron(0 7 * * ? *)' }],
        },
      ],
    }),
  );
  return open;
}

describe('Application Auto Scaling', () => {
  test('puts back provisioned concurrency that was deleted, so that concurrency 0 is refused', async () => {
    const { as, world } = await opened();
    const { lambda } = as();
    expect(world.autoScale()).toBe(0);
    await lambda.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier }));
    expect(world.autoScale()).toBe(1);
    const config = await lambda.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier }));
    expect(config.RequestedProvisionedConcurrentExecutions).toBe(5);
    await expect(
      lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 })),
    ).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
  });

  test('leaves a suspended target alone; put back, the account is as before', async () => {
    const { as, world } = await opened();
    const { lambda, scaling } = as();
    const before = world.snapshot();
    await scaling.send(new RegisterScalableTargetCommand({ ...target, SuspendedState: all }));
    await lambda.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier }));
    expect(world.autoScale()).toBe(0);
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
    const { ScalableTargets } = await scaling.send(
      new DescribeScalableTargetsCommand({ ServiceNamespace: 'lambda', ResourceIds: [target.ResourceId] }),
    );
    expect(ScalableTargets).toMatchObject([{ MinCapacity: 5, MaxCapacity: 20, SuspendedState: all }]);
    // Not named, a flag stays as it is.
    await scaling.send(
      new RegisterScalableTargetCommand({ ...target, SuspendedState: { DynamicScalingOutSuspended: false } }),
    );
    // At 0 Lambda refuses, and the round is without effect.
    expect(world.autoScale()).toBe(0);
    expect(diffSnapshots(before, world.snapshot()).map((change) => change.path.split('/')[1])).toEqual(
      expect.arrayContaining(['scalableTargets', 'functions']),
    );
  });

  test('loses policies and schedules with the target, for good', async () => {
    const { as } = await opened();
    const { scaling } = as();
    const counted = async () => {
      const where = { ServiceNamespace: 'lambda', ResourceId: target.ResourceId } as const;
      const policies = await scaling.send(new DescribeScalingPoliciesCommand(where));
      const scheduled = await scaling.send(new DescribeScheduledActionsCommand(where));
      return [policies.ScalingPolicies?.length, scheduled.ScheduledActions?.length];
    };
    expect(await counted()).toEqual([1, 1]);
    await scaling.send(new DeregisterScalableTargetCommand(target));
    await scaling.send(new RegisterScalableTargetCommand({ ...target, MinCapacity: 5, MaxCapacity: 20 }));
    expect(await counted()).toEqual([0, 0]);
    const put = { ...target, PolicyName: 'track', PolicyType: 'TargetTrackingScaling' } as const;
    await scaling.send(
      new PutScalingPolicyCommand({ ...put, TargetTrackingScalingPolicyConfiguration: { TargetValue: 0.7 } }),
    );
    expect(await counted()).toEqual([1, 0]);
  });

  test('refuses what it cannot scale', async () => {
    const { as } = await opened();
    const { scaling } = as();
    const refusals = [
      [
        { ...target, ResourceId: 'function:nobody:live', MinCapacity: 1, MaxCapacity: 2 },
        'ValidationException',
      ],
      [{ ...target, ResourceId: `function:${FunctionName}:1` }, 'ValidationException'],
      [{ ...target, MinCapacity: 30 }, 'ValidationException'],
    ] as const;
    for (const [input, name] of refusals) {
      await expect(scaling.send(new RegisterScalableTargetCommand(input))).rejects.toMatchObject({ name });
    }
    await expect(
      scaling.send(
        new DeregisterScalableTargetCommand({ ...target, ResourceId: `function:${FunctionName}:1` }),
      ),
    ).rejects.toMatchObject({ name: 'ObjectNotFoundException' });
    expect(
      (
        await as(undefined, REGION === 'eu-west-1' ? 'us-east-1' : REGION).scaling.send(
          new DescribeScalableTargetsCommand({ ServiceNamespace: 'lambda' }),
        )
      ).ScalableTargets,
    ).toEqual([]);
  });
});
