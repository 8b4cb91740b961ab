import { z } from 'zod';
import { defineContainAction } from './action.ts';
import { FUNCTIONS } from './resources.ts';

const input = z.strictObject({
  /** How many may run at the same time. */
  limit: z.number().int().min(1).max(1000),
});

/** `null` is unset: neither 0 nor N, and restored by deleting the setting. */
const prior = z.strictObject({ reserved: z.number().int().min(0).nullable() });

const desired = z.strictObject({ reserved: z.number().int().min(0) });

export const capConcurrency = defineContainAction<z.infer<typeof input>, z.infer<typeof prior>>({
  id: 'lambda.cap-concurrency',
  title: 'Cap concurrent invocations',
  description:
    'Sets reserved concurrency to a small number: the function goes on serving, and an attacker gets no more of it than ' +
    'that. Callers beyond it get a 429 and asynchronous events are retried. Never raises a limit that is lower already. ' +
    'A rung short of isolation: it slows abuse, and stops none.',
  effect: 'contain',
  reversible: true,
  rung: 'cap-concurrency',
  permissions: [
    {
      action: 'lambda:GetFunctionConcurrency',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'captures and observes the reserved concurrency',
    },
    { action: 'lambda:PutFunctionConcurrency', purpose: 'contain', resource: FUNCTIONS, why: 'caps it' },
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

  // An object of its own, though the same setting: isolation that follows captures what the cap replaced as
  // its own prior, and release takes both back in turn.
  objects: (target) => [{ key: `lambda-concurrency-cap:${target.functionArn}`, arn: target.functionArn }],

  async capture(context, object) {
    return { reserved: await context.aws('read').lambda.getReservedConcurrency(object.arn) };
  },

  plan({ object, input, prior, target }) {
    const reserved = Math.min(input.limit, prior?.reserved ?? input.limit);
    if (prior !== null && prior.reserved === reserved) return { changes: [], desired: { reserved } };
    return {
      changes: [
        {
          call: 'lambda:PutFunctionConcurrency',
          objectArn: object.arn,
          request: { FunctionName: object.arn, ReservedConcurrentExecutions: reserved },
          summary: `Cap ${target.functionName} at ${reserved} at a time (was ${prior === null ? 'unreadable' : (prior.reserved ?? 'unset')})`,
          undo:
            prior === null
              ? 'A person must say what the reserved concurrency was'
              : prior.reserved === null
                ? 'Delete the reserved concurrency setting'
                : `Set reserved concurrency to ${prior.reserved}`,
        },
      ],
      desired: { reserved },
    };
  },

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
    else await lambda.putReservedConcurrency(object.arn, prior.reserved);
  },
});
