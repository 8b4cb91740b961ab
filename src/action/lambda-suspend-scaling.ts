import { z } from 'zod';
import { defineContainAction } from './action.ts';
import type { Suspension } from './doors-port.ts';
import { qualifiedObjects, qualifier, qualifierOf } from './qualified.ts';
import { ANY, SCALABLE_TARGETS } from './resources.ts';

const input = z.strictObject({
  /** Versions and aliases with provisioned concurrency; one object each. */
  qualifiers: z.array(qualifier).min(1).max(50),
});

const flags = z.strictObject({ scaleIn: z.boolean(), scaleOut: z.boolean(), scheduled: z.boolean() });

/** `suspension: null` when nothing scales the qualifier. */
const prior = z.strictObject({ suspension: flags.nullable() });

const desired = flags;

const ALL: Suspension = { scaleIn: true, scaleOut: true, scheduled: true };

export const suspendScaling = defineContainAction<z.infer<typeof input>, z.infer<typeof prior>>({
  id: 'lambda.suspend-scaling',
  title: 'Suspend auto scaling of provisioned concurrency',
  description:
    'Suspends all scaling of one scalable target, so that auto scaling does not put back the provisioned concurrency that ' +
    'containment takes away. Never deregisters it: that would delete its scaling policies and scheduled actions. ' +
    'Release restores each of the three flags as it was.',
  effect: 'contain',
  reversible: true,
  permissions: [
    {
      action: 'application-autoscaling:DescribeScalableTargets',
      purpose: 'read',
      resource: ANY,
      why: 'captures and observes what is suspended',
    },
    {
      action: 'application-autoscaling:RegisterScalableTarget',
      purpose: 'contain',
      resource: SCALABLE_TARGETS,
      why: 'suspends scaling; bounds and policies stay',
    },
    {
      action: 'application-autoscaling:RegisterScalableTarget',
      purpose: 'release',
      resource: SCALABLE_TARGETS,
      why: 'puts the flags back',
    },
  ],
  input,
  prior,

  objects: (target, { qualifiers }) => qualifiedObjects('scaling', target, qualifiers),

  async capture(context, object) {
    const { functionName } = context.target;
    return {
      suspension: await context.aws('read').scaling.getSuspension(functionName, qualifierOf(object)),
    };
  },

  plan({ object, prior, target }) {
    // Registering what is not registered would make a scalable target where there was none.
    if (prior === null || prior.suspension === null || same(prior.suspension, ALL))
      return { changes: [], desired: ALL };
    return {
      changes: [
        {
          call: 'application-autoscaling:RegisterScalableTarget',
          objectArn: object.arn,
          request: { ResourceId: `function:${target.functionName}:${qualifierOf(object)}`, ...ALL },
          summary: `Suspend auto scaling of ${target.functionName}:${qualifierOf(object)}`,
          undo: 'Put back which kinds of scaling were suspended',
        },
      ],
      desired: ALL,
    };
  },

  async apply(context, object, wanted) {
    const { functionName } = context.target;
    await context.aws('contain').scaling.suspend(functionName, qualifierOf(object), desired.parse(wanted));
  },

  async observe(context, object, prior, wanted) {
    const { functionName } = context.target;
    const found = await context.aws('read').scaling.getSuspension(functionName, qualifierOf(object));
    if (found === null) {
      return prior?.suspension === null
        ? { kind: 'in-effect' }
        : { kind: 'conflict', found: `${object.arn} is no longer registered for auto scaling` };
    }
    if (same(found, desired.parse(wanted))) return { kind: 'in-effect' };
    if (prior === null || (prior.suspension !== null && same(found, prior.suspension)))
      return { kind: 'not-in-effect' };
    return { kind: 'conflict', found: `auto scaling of ${object.arn} is suspended in part, and not by us` };
  },

  async revert(context, object, prior) {
    if (prior.suspension === null) return;
    const { functionName } = context.target;
    await context.aws('release').scaling.suspend(functionName, qualifierOf(object), prior.suspension);
  },
});

function same(left: Suspension, right: Suspension): boolean {
  return (
    left.scaleIn === right.scaleIn && left.scaleOut === right.scaleOut && left.scheduled === right.scheduled
  );
}
