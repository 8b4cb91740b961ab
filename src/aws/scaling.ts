import {
  type ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { z } from 'zod';
import type { ScalingPort } from '../action/doors-port.ts';
import type { Caller } from './call.ts';
import { checked } from './checked.ts';

const NAMESPACE = 'lambda' as const;
const DIMENSION = 'lambda:function:ProvisionedConcurrency' as const;

const described = z.object({
  ScalableTargets: z.array(
    z.object({
      SuspendedState: z
        .object({
          DynamicScalingInSuspended: z.boolean().optional(),
          DynamicScalingOutSuspended: z.boolean().optional(),
          ScheduledScalingSuspended: z.boolean().optional(),
        })
        .optional(),
    }),
  ),
});

/** Application Auto Scaling of provisioned concurrency. Times and failures are the caller's (see `call.ts`). */
export function scalingPort(client: ApplicationAutoScalingClient, call: Caller): ScalingPort {
  const target = (functionName: string, qualifier: string) => ({
    ServiceNamespace: NAMESPACE,
    ScalableDimension: DIMENSION,
    ResourceId: `function:${functionName}:${qualifier}`,
  });
  return {
    async getSuspension(functionName, qualifier) {
      const operation = 'application-autoscaling:DescribeScalableTargets';
      const { ResourceId, ...kind } = target(functionName, qualifier);
      const command = new DescribeScalableTargetsCommand({ ...kind, ResourceIds: [ResourceId] });
      const answer = await call(operation, (options) => client.send(command, options));
      const [found] = checked(described, answer, operation).ScalableTargets;
      if (found === undefined) return null;
      const state = found.SuspendedState;
      return {
        scaleIn: state?.DynamicScalingInSuspended ?? false,
        scaleOut: state?.DynamicScalingOutSuspended ?? false,
        scheduled: state?.ScheduledScalingSuspended ?? false,
      };
    },
    async suspend(functionName, qualifier, { scaleIn, scaleOut, scheduled }) {
      const command = new RegisterScalableTargetCommand({
        ...target(functionName, qualifier),
        SuspendedState: {
          DynamicScalingInSuspended: scaleIn,
          DynamicScalingOutSuspended: scaleOut,
          ScheduledScalingSuspended: scheduled,
        },
      });
      await call('application-autoscaling:RegisterScalableTarget', (options) =>
        client.send(command, options),
      );
    },
  };
}
