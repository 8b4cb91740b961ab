import { z } from 'zod';
import { defineContainAction } from './action.ts';
import { unsupported } from './arn.ts';
import { AwsError } from './failure.ts';
import type { LambdaPort } from './ports.ts';
import { FUNCTIONS } from './resources.ts';
import { tolerant } from './tolerant.ts';

const input = z.strictObject({});

const prior = z.strictObject({
  /** `null` is unset: neither 0 nor N, and restored by deleting the setting. */
  reserved: z.number().int().min(0).nullable(),
  /** `null` when it could not be listed: AWS then refuses the write itself if there is any. */
  provisioned: z
    .array(z.strictObject({ qualifier: z.string(), requested: z.number().int().min(0) }))
    .nullable(),
});

/** 0; on the way back, for a while, 1. */
const desired = z.strictObject({ reserved: z.number().int().min(0) });

export const reserveZeroConcurrency = defineContainAction<z.infer<typeof input>, z.infer<typeof prior>>({
  id: 'lambda.reserve-zero-concurrency',
  title: 'Stop all invocations (reserved concurrency 0)',
  description:
    'Sets the reserved concurrency of the function to 0: no version and no alias is invoked any more. Callers get a ' +
    '429; asynchronous events go to the dead-letter queue or on-failure destination at once and are lost where there is ' +
    'none. Running invocations are not stopped. Refused while provisioned concurrency is configured, since AWS rejects it.',
  effect: 'contain',
  reversible: true,
  permissions: [
    {
      action: 'lambda:GetFunctionConcurrency',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'captures and observes the reserved concurrency',
    },
    {
      action: 'lambda:ListProvisionedConcurrencyConfigs',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'finds provisioned concurrency, under which 0 is rejected',
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
  prior,

  objects: (target) => [{ key: `lambda-concurrency:${target.functionArn}`, arn: target.functionArn }],

  async capture(context, object) {
    const { lambda } = context.aws('read');
    const [reserved, provisioned] = await Promise.all([
      lambda.getReservedConcurrency(object.arn),
      tolerant(() => lambda.listProvisionedConcurrency(object.arn)),
    ]);
    if (provisioned.kind === 'unreadable') return { reserved, provisioned: null };
    if (provisioned.value.length > 0) {
      const where = provisioned.value.map((item) => `${item.qualifier}: ${item.requested}`).join(', ');
      throw unsupported(
        'lambda:PutFunctionConcurrency',
        `expected no provisioned concurrency, found ${where}: AWS rejects reserved concurrency 0 while it is there; remove it first`,
      );
    }
    return { reserved, provisioned: [] };
  },

  plan({ object, prior, target }) {
    if (prior?.reserved === 0) return { changes: [], desired: { reserved: 0 } };
    const was =
      prior === null ? 'could not be read' : prior.reserved === null ? 'was unset' : `was ${prior.reserved}`;
    const undo =
      prior === null
        ? 'A person must say what the reserved concurrency was'
        : prior.reserved === null
          ? 'Delete the reserved concurrency setting'
          : `Set reserved concurrency to ${prior.reserved}`;
    return {
      changes: [
        {
          call: 'lambda:PutFunctionConcurrency',
          objectArn: object.arn,
          request: { FunctionName: object.arn, ReservedConcurrentExecutions: 0 },
          summary: `Set reserved concurrency of ${target.functionName} to 0 (${was})`,
          undo,
        },
      ],
      desired: { reserved: 0 },
    };
  },

  stricter: (left, right) => desired.parse(left).reserved <= desired.parse(right).reserved,

  // One invocation at a time shows what the function does now, before everybody may call it again (reference, 1.7.4).
  // Nothing to try where 0 or 1 was there before.
  trial: ({ reserved }) => (reserved === 0 || reserved === 1 ? null : { reserved: 1 }),

  async apply(context, object, wanted) {
    const { reserved } = desired.parse(wanted);
    await context.aws('contain').lambda.putReservedConcurrency(object.arn, reserved);
  },

  async observe(context, object, prior, wanted) {
    const { reserved } = desired.parse(wanted);
    const found = await context.aws('read').lambda.getReservedConcurrency(object.arn);
    if (found === reserved) return { kind: 'in-effect' };
    if (prior === null || found === prior.reserved) return { kind: 'not-in-effect' };
    return {
      kind: 'conflict',
      found: `reserved concurrency is ${found ?? 'unset'}; expected ${reserved}, or ${prior.reserved ?? 'unset'} as before`,
    };
  },

  async revert(context, object, prior) {
    const { lambda } = context.aws('release');
    if (prior.reserved === null) await lambda.deleteReservedConcurrency(object.arn);
    else if (prior.reserved !== 0) await putBack(lambda, object.arn, prior.reserved);
  },
});

/**
 * Others may have taken the pool meanwhile: then AWS refuses a number that it took before, because less than the
 * account's minimum would stay unreserved. That is no failure of ours, and no reason to leave the rest contained.
 */
async function putBack(lambda: LambdaPort, functionArn: string, reserved: number): Promise<void> {
  try {
    await lambda.putReservedConcurrency(functionArn, reserved);
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'cordon_aws_invalid_request') throw error;
    throw new AwsError(
      'cordon_restore_degraded',
      'lambda:PutFunctionConcurrency',
      `AWS does not reserve ${reserved} for ${functionArn} again, as before: the account's unreserved concurrency would fall below its minimum; free some of it or raise the quota, then release again`,
      { classification: 'terminal', cause: error },
    );
  }
}
