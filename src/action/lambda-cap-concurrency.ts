import { z } from 'zod';
import { defineContainAction } from './action.ts';
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
import { FUNCTIONS } from './resources.ts';

const input = z.strictObject({
  /** How many may run at the same time. */
  limit: z.number().int().min(1).max(1000),
});

export const capConcurrency = defineContainAction<z.infer<typeof input>, ReservedPrior>({
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
  prior: reservedPrior,

  // The setting that isolation sets to 0: where both hold it, 0 is there, and the one that lets go last restores.
  objects: reservedObjects,

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
          undo: undoReserved(prior),
        },
      ],
      desired: { reserved },
    };
  },

  stricter: fewerReserved,

  async apply(context, object, wanted) {
    const { reserved } = reservedDesired.parse(wanted);
    await context.aws('contain').lambda.putReservedConcurrency(object.arn, reserved);
  },

  observe: observeReserved,
  revert: revertReserved,
});
