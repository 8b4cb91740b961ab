import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import type { Core, Input, Operation } from '../call.ts';
import { cutPage } from '../page.ts';
import { readMembers } from '../read-members.ts';
import { AwsRefusal } from '../world-error.ts';
import { DIMENSION, describePolicy, describeScheduled, describeTarget, serviceRole } from './describe.ts';
import { NOTHING_SUSPENDED, type ScalableTarget, targetKey } from './state.ts';

const suspended = z
  .object({
    DynamicScalingInSuspended: z.boolean().optional(),
    DynamicScalingOutSuspended: z.boolean().optional(),
    ScheduledScalingSuspended: z.boolean().optional(),
  })
  .optional();
const named = z.object({
  ServiceNamespace: z.string(),
  ResourceId: z.string(),
  ScalableDimension: z.string(),
});
const register = named.extend({
  MinCapacity: z.number().int().min(0).optional(),
  MaxCapacity: z.number().int().min(0).optional(),
  SuspendedState: suspended,
});
const describe = z.object({
  ServiceNamespace: z.string(),
  ResourceIds: z.array(z.string()).optional(),
  ResourceId: z.string().optional(),
  ScalableDimension: z.string().optional(),
  MaxResults: z.number().int().min(1).max(50).optional(),
  NextToken: z.string().optional(),
});
const putPolicy = named.extend({
  PolicyName: z.string().min(1),
  PolicyType: z.string().optional(),
  TargetTrackingScalingPolicyConfiguration: z.record(z.string(), z.json()).optional(),
});
const deletePolicy = named.extend({ PolicyName: z.string().min(1) });
const putScheduled = named.extend({
  ScheduledActionName: z.string().min(1),
  Schedule: z.string(),
  ScalableTargetAction: z
    .object({ MinCapacity: z.number().int().optional(), MaxCapacity: z.number().int().optional() })
    .optional(),
});

function refused(code: string, message: string): AwsRefusal {
  return new AwsRefusal(code, 400, message);
}

function missing(wanted: z.output<typeof named>): AwsRefusal {
  return refused(
    'ObjectNotFoundException',
    `No scalable target found for service namespace: ${wanted.ServiceNamespace}, resource ID: ${wanted.ResourceId}, scalable dimension: ${wanted.ScalableDimension}`,
  );
}

function find(core: Core, input: Input, wanted: z.output<typeof named>): ScalableTarget {
  const found = core.state.scalableTargets.get(targetKey(input.region, wanted.ResourceId));
  if (found === undefined || wanted.ScalableDimension !== DIMENSION) throw missing(wanted);
  return found;
}

/** Application Auto Scaling has no resource in most of its actions; the condition keys name the dimension. */
function access(action: string): Operation['access'] {
  return (core, input) => {
    const { ResourceId: id, ServiceNamespace: service, ScalableDimension: dimension } = input.body;
    const target = core.state.scalableTargets.get(targetKey(input.region, String(id)));
    const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
    return [
      {
        action: `application-autoscaling:${action}`,
        resource: target?.arn ?? '*',
        context: {
          'application-autoscaling:service-namespace': text(service),
          'application-autoscaling:scalable-dimension': text(dimension),
        },
      },
    ];
  };
}

function operation(name: string, write: boolean, run: Operation['run']): Operation {
  return { service: 'application-autoscaling', name, write, access: access(name), run };
}

/** A function with that alias or version must be there: auto scaling asks Lambda. */
function refuseUnknownFunction(core: Core, input: Input, resourceId: string): void {
  const [kind, name = '', qualifier = ''] = resourceId.split(':');
  const { partition, account } = core.state;
  const arn = `arn:${partition}:lambda:${input.region}:${account}:function:${name}`;
  const target = core.state.functions.get(arn);
  const known =
    target !== undefined &&
    qualifier !== '$LATEST' &&
    (target.aliases.has(qualifier) || target.versions.has(qualifier));
  if (kind !== 'function' || !known) {
    throw refused('ValidationException', `Lambda function doesn't exist for resource ID: ${resourceId}`);
  }
}

function listed(
  core: Core,
  input: Input,
  member: string,
  items: (target: ScalableTarget) => readonly JsonObject[],
): JsonObject {
  const wanted = readMembers(describe, input.body);
  const ids = wanted.ResourceIds ?? (wanted.ResourceId === undefined ? undefined : [wanted.ResourceId]);
  const all = [...core.state.scalableTargets.values()].filter(
    (target) =>
      target.region === input.region &&
      wanted.ServiceNamespace === 'lambda' &&
      (wanted.ScalableDimension ?? DIMENSION) === DIMENSION &&
      (ids?.includes(target.resourceId) ?? true),
  );
  const page = cutPage(all.flatMap(items), wanted.NextToken ?? null, wanted.MaxResults ?? null, 50);
  return { [member]: page.items, ...(page.next === undefined ? {} : { NextToken: page.next }) };
}

/** Application Auto Scaling, for Lambda's provisioned concurrency. */
export const scalingOperations: Readonly<Record<string, Operation>> = {
  RegisterScalableTarget: operation('RegisterScalableTarget', true, (core, input) => {
    const wanted = readMembers(register, input.body);
    if (wanted.ServiceNamespace !== 'lambda' || wanted.ScalableDimension !== DIMENSION) {
      throw refused(
        'ValidationException',
        'Unsupported service namespace, resource type or scalable dimension',
      );
    }
    const key = targetKey(input.region, wanted.ResourceId);
    const before = core.state.scalableTargets.get(key);
    const min = wanted.MinCapacity ?? before?.min;
    const max = wanted.MaxCapacity ?? before?.max;
    if (min === undefined || max === undefined) {
      throw refused(
        'ValidationException',
        'Minimum and maximum capacity are required for a new scalable target',
      );
    }
    if (min > max) {
      throw refused('ValidationException', 'Maximum capacity cannot be less than minimum capacity');
    }
    refuseUnknownFunction(core, input, wanted.ResourceId);
    const { partition, account } = core.state;
    const target: ScalableTarget = before ?? {
      region: input.region,
      resourceId: wanted.ResourceId,
      arn: `arn:${partition}:application-autoscaling:${input.region}:${account}:scalable-target/${core.names.hex(40)}`,
      roleArn: serviceRole(core),
      createdMs: core.clock.now().getTime(),
      min,
      max,
      suspended: NOTHING_SUSPENDED,
      policies: new Map(),
      scheduled: new Map(),
    };
    target.min = min;
    target.max = max;
    const given = wanted.SuspendedState ?? {};
    target.suspended = {
      DynamicScalingInSuspended:
        given.DynamicScalingInSuspended ?? target.suspended.DynamicScalingInSuspended,
      DynamicScalingOutSuspended:
        given.DynamicScalingOutSuspended ?? target.suspended.DynamicScalingOutSuspended,
      ScheduledScalingSuspended:
        given.ScheduledScalingSuspended ?? target.suspended.ScheduledScalingSuspended,
    };
    core.state.scalableTargets.set(key, target);
    return { body: { ScalableTargetARN: target.arn } };
  }),
  DeregisterScalableTarget: operation('DeregisterScalableTarget', true, (core, input) => {
    const target = find(core, input, readMembers(named, input.body));
    // Its scaling policies and scheduled actions go with it (API reference): nothing brings them back.
    core.state.scalableTargets.delete(targetKey(target.region, target.resourceId));
    return { body: {} };
  }),
  DescribeScalableTargets: operation('DescribeScalableTargets', false, (core, input) => ({
    body: listed(core, input, 'ScalableTargets', (target) => [describeTarget(target)]),
  })),
  DescribeScalingPolicies: operation('DescribeScalingPolicies', false, (core, input) => ({
    body: listed(core, input, 'ScalingPolicies', (target) =>
      [...target.policies.values()].map((policy) => describePolicy(target, policy)),
    ),
  })),
  DescribeScheduledActions: operation('DescribeScheduledActions', false, (core, input) => ({
    body: listed(core, input, 'ScheduledActions', (target) =>
      [...target.scheduled.values()].map((one) => describeScheduled(target, one)),
    ),
  })),
  PutScalingPolicy: operation('PutScalingPolicy', true, (core, input) => {
    const wanted = readMembers(putPolicy, input.body);
    const target = find(core, input, wanted);
    const { partition, account } = core.state;
    const arn =
      target.policies.get(wanted.PolicyName)?.arn ??
      `arn:${partition}:autoscaling:${input.region}:${account}:scalingPolicy:${core.names.uuid()}:resource/lambda/${target.resourceId}:policyName/${wanted.PolicyName}`;
    target.policies.set(wanted.PolicyName, {
      name: wanted.PolicyName,
      arn,
      type: wanted.PolicyType ?? 'StepScaling',
      configuration: wanted.TargetTrackingScalingPolicyConfiguration ?? {},
      createdMs: core.clock.now().getTime(),
    });
    return { body: { PolicyARN: arn, Alarms: [] } };
  }),
  DeleteScalingPolicy: operation('DeleteScalingPolicy', true, (core, input) => {
    const wanted = readMembers(deletePolicy, input.body);
    if (!find(core, input, wanted).policies.delete(wanted.PolicyName)) {
      throw refused('ObjectNotFoundException', `No scaling policy found with name ${wanted.PolicyName}`);
    }
    return { body: {} };
  }),
  PutScheduledAction: operation('PutScheduledAction', true, (core, input) => {
    const wanted = readMembers(putScheduled, input.body);
    const target = find(core, input, wanted);
    const { partition, account } = core.state;
    target.scheduled.set(wanted.ScheduledActionName, {
      name: wanted.ScheduledActionName,
      arn: `arn:${partition}:autoscaling:${input.region}:${account}:scheduledAction:${core.names.uuid()}:resource/lambda/${target.resourceId}:scheduledActionName/${wanted.ScheduledActionName}`,
      schedule: wanted.Schedule,
      min: wanted.ScalableTargetAction?.MinCapacity,
      max: wanted.ScalableTargetAction?.MaxCapacity,
      createdMs: core.clock.now().getTime(),
    });
    return { body: {} };
  }),
};
