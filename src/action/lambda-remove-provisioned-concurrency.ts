import { z } from 'zod';
import { defineContainAction } from './action.ts';
import { AwsError } from './failure.ts';
import { qualifiedObjects, qualifier, qualifierOf } from './qualified.ts';
import { FUNCTIONS } from './resources.ts';

const input = z.strictObject({
  /** Versions and aliases with provisioned concurrency; one object each. */
  qualifiers: z.array(qualifier).min(1).max(50),
});

/** `requested: null` when there is none. What is allocated is AWS's affair, and not restored by hand. */
const prior = z.strictObject({ requested: z.number().int().min(0).nullable() });

const desired = z.strictObject({ requested: z.null() });

export const removeProvisionedConcurrency = defineContainAction<z.infer<typeof input>, z.infer<typeof prior>>(
  {
    id: 'lambda.remove-provisioned-concurrency',
    title: 'Remove provisioned concurrency',
    description:
      'Deletes the provisioned concurrency of one version or alias: AWS refuses reserved concurrency 0 while any is there. ' +
      'Suspend its auto scaling first, or that puts it back. Release asks for the same number again; AWS takes a minute or ' +
      'two to allocate it, and needs at least as much reserved concurrency.',
    effect: 'contain',
    reversible: true,
    permissions: [
      {
        action: 'lambda:GetProvisionedConcurrencyConfig',
        purpose: 'read',
        resource: FUNCTIONS,
        why: 'captures and observes the requested number',
      },
      {
        action: 'lambda:DeleteProvisionedConcurrencyConfig',
        purpose: 'contain',
        resource: FUNCTIONS,
        why: 'removes it',
      },
      {
        action: 'lambda:PutProvisionedConcurrencyConfig',
        purpose: 'release',
        resource: FUNCTIONS,
        why: 'asks for the same number again',
      },
    ],
    input,
    prior,

    objects: (target, { qualifiers }) => qualifiedObjects('provisioned-concurrency', target, qualifiers),

    async capture(context, object) {
      const { functionArn } = context.target;
      return { requested: await context.aws('read').doors.getProvisioned(functionArn, qualifierOf(object)) };
    },

    plan({ object, prior, target }) {
      if (prior !== null && prior.requested === null) return { changes: [], desired: { requested: null } };
      return {
        changes: [
          {
            call: 'lambda:DeleteProvisionedConcurrencyConfig',
            objectArn: object.arn,
            request: { FunctionName: target.functionArn, Qualifier: qualifierOf(object) },
            summary: `Remove provisioned concurrency of ${target.functionName}:${qualifierOf(object)} (was ${prior?.requested ?? 'unreadable'})`,
            undo:
              prior === null
                ? 'A person must say how much was provisioned'
                : `Provision ${prior.requested} again`,
          },
        ],
        desired: { requested: null },
      };
    },

    async apply(context, object) {
      const { functionArn } = context.target;
      try {
        await context.aws('contain').doors.deleteProvisioned(functionArn, qualifierOf(object));
      } catch (error) {
        // Gone already: that is what was wanted.
        if (!(error instanceof AwsError) || error.code !== 'cordon_aws_not_found') throw error;
      }
    },

    async observe(context, object, prior, wanted) {
      const { requested } = desired.parse(wanted);
      const { functionArn } = context.target;
      const found = await context.aws('read').doors.getProvisioned(functionArn, qualifierOf(object));
      if (found === requested) return { kind: 'in-effect' };
      if (prior === null || found === prior.requested) return { kind: 'not-in-effect' };
      return {
        kind: 'conflict',
        found: `${found} are provisioned; expected none, or ${prior.requested ?? 'none'} as before`,
      };
    },

    async revert(context, object, prior) {
      if (prior.requested === null) return;
      const { functionArn } = context.target;
      await context.aws('release').doors.putProvisioned(functionArn, qualifierOf(object), prior.requested);
    },
  },
);
