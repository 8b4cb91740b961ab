import { z } from 'zod';
import { defineContainAction } from './action.ts';
import { AwsError } from './failure.ts';
import type { ActionContext } from './ports.ts';
import { readPreservation } from './preservation.ts';
import {
  fewerReserved,
  observeReserved,
  type ReservedPrior,
  reservedDesired,
  reservedObjects,
  reservedPrior,
  revertReserved,
  undoReserved,
} from './reserved-concurrency.ts';
import { ANY, FUNCTIONS } from './resources.ts';

const input = z.strictObject({
  /**
   * What to do where stopping the function would lose something that could be kept: `refuse` (the default)
   * names it and writes nothing; `accept` is for when it has been preserved, or time for that is up.
   */
  losses: z.enum(['refuse', 'accept']).default('refuse'),
});

export const reserveZeroConcurrency = defineContainAction<z.infer<typeof input>, ReservedPrior>({
  id: 'lambda.reserve-zero-concurrency',
  title: 'Stop all invocations (reserved concurrency 0)',
  description:
    'Sets the reserved concurrency of the function to 0: no version and no alias is invoked any more. Callers get a ' +
    '429; asynchronous events go to the dead-letter queue or on-failure destination at once and are lost where there is ' +
    'none. So it refuses, unless told that losses are accepted, while event source mappings poll or events could be kept ' +
    'in the quarantine sink. Running invocations are not stopped. AWS rejects it under provisioned concurrency, which ' +
    'is tried for and not looked for.',
  effect: 'contain',
  reversible: true,
  permissions: [
    {
      action: 'lambda:GetFunction',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'captures the reserved concurrency, and sees what it does not reach',
    },
    {
      action: 'lambda:GetFunctionConcurrency',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'observes the reserved concurrency',
    },
    { action: 'lambda:ListEventSourceMappings', purpose: 'read', resource: ANY, why: 'triggers that pull' },
    {
      action: 'lambda:ListFunctionEventInvokeConfigs',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'where failed asynchronous events go',
    },
    { action: 'lambda:ListAliases', purpose: 'read', resource: FUNCTIONS, why: 'aliases take events too' },
    {
      action: 'lambda:ListVersionsByFunction',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'a dead-letter queue belongs to a version',
    },
    { action: 'lambda:PutFunctionConcurrency', purpose: 'contain', resource: FUNCTIONS, why: 'sets it to 0' },
    {
      action: 'lambda:PutFunctionConcurrency',
      purpose: 'release',
      resource: FUNCTIONS,
      why: 'puts the prior value back',
    },
    {
      action: 'lambda:DeleteFunctionConcurrency',
      purpose: 'release',
      resource: FUNCTIONS,
      why: 'puts "unset" back',
    },
  ],
  input,
  prior: reservedPrior,

  objects: reservedObjects,

  async capture(context, object, { losses }) {
    const { lambda } = context.aws('read');
    const [found] = await Promise.all([
      // From the bucket of 100 calls a second; the 15 of the others are what mass containment is short of.
      lambda.getFunction(object.arn),
      losses === 'accept' ? undefined : refuseLosses(context),
    ]);
    if (found.configuration.capacityProviderArn !== undefined) {
      throw new AwsError(
        'cordon_managed_instances',
        'lambda:PutFunctionConcurrency',
        `${object.arn} runs on Managed Instances, which reserved concurrency does not reach: bound its scaling to 0 instead`,
        { classification: 'terminal' },
      );
    }
    return { reserved: found.reservedConcurrency };
  },

  plan({ object, prior, target }) {
    if (prior?.reserved === 0) return { changes: [], desired: { reserved: 0 } };
    const was =
      prior === null ? 'could not be read' : prior.reserved === null ? 'was unset' : `was ${prior.reserved}`;
    return {
      changes: [
        {
          call: 'lambda:PutFunctionConcurrency',
          objectArn: object.arn,
          request: { FunctionName: object.arn, ReservedConcurrentExecutions: 0 },
          summary: `Set reserved concurrency of ${target.functionName} to 0 (${was})`,
          undo: undoReserved(prior),
        },
      ],
      desired: { reserved: 0 },
    };
  },

  stricter: fewerReserved,

  // One invocation at a time shows what the function does now, before everybody may call it again (reference, 1.7.4).
  // Nothing to try where 0 or 1 was there before.
  trial: ({ reserved }) => (reserved === 0 || reserved === 1 ? null : { reserved: 1 }),

  async apply(context, object, wanted) {
    const { reserved } = reservedDesired.parse(wanted);
    try {
      await context.aws('contain').lambda.putReservedConcurrency(object.arn, reserved);
    } catch (error) {
      // 0 takes nothing from anybody, so AWS has one reason left to call it invalid.
      if (!(error instanceof AwsError) || error.code !== 'cordon_aws_invalid_request') throw error;
      throw new AwsError(
        'cordon_provisioned_concurrency',
        'lambda:PutFunctionConcurrency',
        `AWS refuses 0 while provisioned concurrency is there: remove it first (${error.message})`,
        { classification: 'terminal', cause: error },
      );
    }
  },

  observe: observeReserved,
  revert: revertReserved,
});

async function refuseLosses(context: ActionContext): Promise<void> {
  const { mappings, sinkless } = await readPreservation(context);
  const lost = [
    ...(mappings.length === 0 ? [] : [`messages of ${mappings.length} event source mapping(s)`]),
    ...(sinkless.length === 0 ? [] : [`asynchronous events of ${sinkless.join(', ')}`]),
  ];
  if (lost.length === 0) return;
  throw new AwsError(
    'cordon_preserve_first',
    'lambda:PutFunctionConcurrency',
    `stopping ${context.target.functionName} now would lose ${lost.join(' and ')}: preserve them first`,
    { classification: 'terminal' },
  );
}
