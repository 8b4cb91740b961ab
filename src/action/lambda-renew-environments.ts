import { z } from 'zod';
import { defineContainAction } from './action.ts';
import type { ActionContext } from './ports.ts';
import { FUNCTIONS } from './resources.ts';

const input = z.strictObject({
  /** The functions whose environments hold sessions that are revoked; one object each. */
  functions: z
    .array(z.string().regex(/^arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:function:[\w-]{1,140}$/))
    .min(1)
    .max(50),
});

const prior = z.strictObject({ description: z.string() });

const desired = prior;

const NOTE = '[environments renewed]';
/** Lambda's limit for a description, in characters. */
const MOST_CHARACTERS = 256;

/**
 * How long the changed description stays: longer than Lambda needs to take the change over, so that taking it back does
 * not meet a change that is still being made.
 */
const SHOWN_MS = 30_000;

export const renewEnvironments = defineContainAction<z.infer<typeof input>, z.infer<typeof prior>>({
  id: 'lambda.renew-environments',
  title: 'Make the execution environments anew',
  description:
    'Part of release, where earlier sessions were revoked: environments that are still warm hold such sessions, and would ' +
    'answer with nothing but refusals for hours. A change of the configuration makes Lambda replace those of $LATEST: a note is added ' +
    'to the description, and taken away half a minute later. Published versions cannot be changed: their environments ' +
    'are reaped while nobody calls them, which release waits for. Needs lambda:UpdateFunctionConfiguration, with ' +
    'which code can be brought in as a layer: profile dynamic only, the one that revokes sessions.',
  effect: 'contain',
  reversible: true,
  expiresAfterMs: SHOWN_MS,
  permissions: [
    {
      action: 'lambda:GetFunction',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'captures and observes the description',
    },
    {
      action: 'lambda:UpdateFunctionConfiguration',
      purpose: 'release',
      resource: FUNCTIONS,
      profile: 'dynamic',
      why: 'changes the description, and changes it back',
    },
  ],
  input,
  prior,

  objects: (_target, { functions }) =>
    [...new Set(functions)].map((arn) => ({ key: `environments:${arn}`, arn })),

  async capture(context, object) {
    return { description: await read(context, object.arn) };
  },

  plan({ object, prior }) {
    const wanted = { description: noted(prior?.description ?? '') };
    // What cannot be read would be overwritten.
    if (prior === null) return { changes: [], desired: wanted };
    return {
      changes: [
        {
          call: 'lambda:UpdateFunctionConfiguration',
          objectArn: object.arn,
          request: { FunctionName: object.arn, Description: wanted.description },
          summary: `Make the environments of ${nameOf(object.arn)} anew by a note in its description`,
          undo: 'Put the description back after half a minute',
        },
      ],
      desired: wanted,
    };
  },

  async apply(context, object, wanted) {
    const { description } = desired.parse(wanted);
    await context.aws('release').doors.describeFunction(object.arn, description);
  },

  async observe(context, object, prior, wanted) {
    const { description } = desired.parse(wanted);
    const found = await read(context, object.arn);
    if (found === description) return { kind: 'in-effect' };
    if (prior === null || found === prior.description) return { kind: 'not-in-effect' };
    return { kind: 'conflict', found: `the description of ${object.arn} was changed` };
  },

  async revert(context, object, prior) {
    await context.aws('release').doors.describeFunction(object.arn, prior.description);
  },
});

async function read(context: ActionContext, functionArn: string): Promise<string> {
  const { configuration } = await context.aws('read').lambda.getFunction(functionArn);
  return z.object({ Description: z.string().default('') }).parse(configuration.raw).Description;
}

function noted(description: string): string {
  const kept = description.slice(0, MOST_CHARACTERS - NOTE.length - 1).trimEnd();
  return kept === '' ? NOTE : `${kept} ${NOTE}`;
}

function nameOf(functionArn: string): string {
  return functionArn.split(':').at(-1) ?? functionArn;
}
