import { functionArn } from '../arns.ts';
import type { Core } from '../call.ts';
import { trailService } from '../cloudtrail/record.ts';
import { setProvisioned } from '../lambda/provisioned.ts';
import { AwsRefusal } from '../world-error.ts';

/**
 * One round of Application Auto Scaling: provisioned concurrency that lies outside a target's bounds is
 * brought back within them, unless scaling in that direction is suspended. So it puts back what
 * containment has just deleted. Returns how many targets it changed.
 */
export function autoScale(core: Core): number {
  let changed = 0;
  for (const target of core.state.scalableTargets.values()) {
    const [, name = '', qualifier = ''] = target.resourceId.split(':');
    const scaled = core.state.functions.get(functionArn(core.state, target.region, name));
    if (scaled === undefined) continue;
    const now = scaled.provisioned.get(qualifier)?.requested ?? 0;
    const wanted = Math.min(Math.max(now, target.min), target.max);
    const { DynamicScalingOutSuspended: noOut, DynamicScalingInSuspended: noIn } = target.suspended;
    if (wanted === now || wanted < 1 || (wanted > now ? noOut : noIn)) continue;
    try {
      setProvisioned(core, scaled, qualifier, wanted);
    } catch (error) {
      // At reserved concurrency 0 Lambda refuses it: a failed scaling activity, tried again in the next round.
      if (!(error instanceof AwsRefusal)) throw error;
      continue;
    }
    changed += 1;
    trailService(core, {
      region: target.region,
      invokedBy: 'application-autoscaling.amazonaws.com',
      service: 'lambda',
      operation: 'PutProvisionedConcurrencyConfig',
      write: true,
      parameters: { functionName: name, qualifier, provisionedConcurrentExecutions: wanted },
    });
  }
  return changed;
}
