import type { JsonObject } from '../../../json.ts';
import type { Core } from '../call.ts';
import type { ScalableTarget, ScalingPolicy, ScheduledAction } from './state.ts';

/** The one dimension that Lambda has. */
export const DIMENSION = 'lambda:function:ProvisionedConcurrency';

/** The role by which auto scaling acts on Lambda: service-linked, so nobody can deny it anything. */
export function serviceRole(core: Pick<Core, 'state'>): string {
  const { partition, account } = core.state;
  return `arn:${partition}:iam::${account}:role/aws-service-role/lambda.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency`;
}

function named(target: ScalableTarget): JsonObject {
  return { ServiceNamespace: 'lambda', ResourceId: target.resourceId, ScalableDimension: DIMENSION };
}

export function describeTarget(target: ScalableTarget): JsonObject {
  return {
    ...named(target),
    MinCapacity: target.min,
    MaxCapacity: target.max,
    RoleARN: target.roleArn,
    CreationTime: target.createdMs / 1000,
    SuspendedState: { ...target.suspended },
    ScalableTargetARN: target.arn,
  };
}

export function describePolicy(target: ScalableTarget, policy: ScalingPolicy): JsonObject {
  return {
    PolicyARN: policy.arn,
    PolicyName: policy.name,
    ...named(target),
    PolicyType: policy.type,
    ...(policy.type === 'TargetTrackingScaling'
      ? { TargetTrackingScalingPolicyConfiguration: policy.configuration }
      : {}),
    Alarms: [],
    CreationTime: policy.createdMs / 1000,
  };
}

export function describeScheduled(target: ScalableTarget, action: ScheduledAction): JsonObject {
  return {
    ScheduledActionName: action.name,
    ScheduledActionARN: action.arn,
    Schedule: action.schedule,
    ...named(target),
    ScalableTargetAction: {
      ...(action.min === undefined ? {} : { MinCapacity: action.min }),
      ...(action.max === undefined ? {} : { MaxCapacity: action.max }),
    },
    CreationTime: action.createdMs / 1000,
  };
}
