import { functionArn } from '../arns.ts';
import type { Names } from '../names.ts';
import type { WorldSpec } from '../spec.ts';
import type { AccountState } from '../state.ts';
import { WorldError } from '../world-error.ts';
import { serviceRole } from './describe.ts';
import { NOTHING_SUSPENDED, type ScalableTarget, targetKey } from './state.ts';

/** Builds the scalable targets of a specification. Throws `cordon_world_unknown_name` for a function that is not there. */
export function buildScalableTargets(
  state: AccountState,
  spec: WorldSpec,
  context: { readonly nowMs: number; readonly names: Names },
): void {
  const { nowMs: createdMs, names } = context;
  for (const one of spec.scalableTargets) {
    const region = one.region ?? spec.regions[0] ?? '';
    const scaled = state.functions.get(functionArn(state, region, one.function));
    if (scaled?.aliases.has(one.qualifier) !== true && scaled?.versions.has(one.qualifier) !== true) {
      throw new WorldError(
        'cordon_world_unknown_name',
        `scalable target: no such function or qualifier ${one.function}:${one.qualifier}`,
      );
    }
    const resourceId = `function:${one.function}:${one.qualifier}`;
    const arnOf = (kind: string, name: string) =>
      `arn:${state.partition}:autoscaling:${region}:${state.account}:${kind}:${names.uuid()}:resource/lambda/${resourceId}:${kind === 'scalingPolicy' ? 'policyName' : 'scheduledActionName'}/${name}`;
    const target: ScalableTarget = {
      region,
      resourceId,
      arn: `arn:${state.partition}:application-autoscaling:${region}:${state.account}:scalable-target/${names.hex(40)}`,
      roleArn: serviceRole({ state }),
      createdMs,
      min: one.min,
      max: one.max,
      suspended: one.suspended
        ? {
            DynamicScalingInSuspended: true,
            DynamicScalingOutSuspended: true,
            ScheduledScalingSuspended: true,
          }
        : NOTHING_SUSPENDED,
      policies: new Map(
        one.policies.map(({ name, targetValue }) => [
          name,
          {
            name,
            arn: arnOf('scalingPolicy', name),
            type: 'TargetTrackingScaling',
            configuration: {
              TargetValue: targetValue,
              PredefinedMetricSpecification: {
                PredefinedMetricType: 'LambdaProvisionedConcurrencyUtilization',
              },
            },
            createdMs,
          },
        ]),
      ),
      scheduled: new Map(
        one.scheduled.map(({ name, schedule }) => [
          name,
          {
            name,
            arn: arnOf('scheduledAction', name),
            schedule,
            min: one.min,
            max: one.max,
            createdMs,
          },
        ]),
      ),
    };
    state.scalableTargets.set(targetKey(region, resourceId), target);
  }
}
