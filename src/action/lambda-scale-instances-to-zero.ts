import { z } from 'zod';
import { defineContainAction } from './action.ts';
import { unsupported } from './arn.ts';
import { qualifiedObjects, qualifier, qualifierOf } from './qualified.ts';
import { FUNCTIONS } from './resources.ts';

const input = z.strictObject({
  /** Published qualifiers: `$LATEST.PUBLISHED` or version numbers; one object each. */
  qualifiers: z.array(qualifier).min(1).max(50),
});

const bounds = z.strictObject({ min: z.number().int().min(0), max: z.number().int().min(0) });

/** `bounds: null` when the qualifier sets none. */
const prior = z.strictObject({ bounds: bounds.nullable() });

const NONE = { min: 0, max: 0 } as const;

export const scaleInstancesToZero = defineContainAction<z.infer<typeof input>, z.infer<typeof prior>>({
  id: 'lambda.scale-instances-to-zero',
  title: 'Stop a function on Managed Instances',
  description:
    'Sets both scaling bounds of a published qualifier to 0, which is how a function on Managed Instances is stopped: ' +
    'reserved concurrency does not reach it, and a minimum of 0 alone is refused. Work in flight may run for up to 90 ' +
    'minutes. Both bounds are put back at release.',
  effect: 'contain',
  reversible: true,
  permissions: [
    {
      action: 'lambda:GetFunctionScalingConfig',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'captures and observes the bounds',
    },
    {
      action: 'lambda:PutFunctionScalingConfig',
      purpose: 'contain',
      resource: FUNCTIONS,
      why: 'sets both to 0',
    },
    {
      action: 'lambda:PutFunctionScalingConfig',
      purpose: 'release',
      resource: FUNCTIONS,
      why: 'puts both back',
    },
  ],
  input,
  prior,

  objects: (target, { qualifiers }) => qualifiedObjects('scaling-bounds', target, qualifiers),

  async capture(context, object) {
    const { functionArn } = context.target;
    return { bounds: await context.aws('read').doors.getScalingBounds(functionArn, qualifierOf(object)) };
  },

  plan({ object, prior, target }) {
    if (prior?.bounds !== null && prior?.bounds !== undefined && prior.bounds.max === 0)
      return { changes: [], desired: { bounds: NONE } };
    const before = prior?.bounds ?? null;
    return {
      changes: [
        {
          call: 'lambda:PutFunctionScalingConfig',
          objectArn: object.arn,
          request: { FunctionName: target.functionArn, Qualifier: qualifierOf(object), ...NONE },
          summary: `Stop ${target.functionName}:${qualifierOf(object)} on its instances (was ${before === null ? 'unbounded or unreadable' : `${before.min} to ${before.max}`})`,
          undo:
            before === null
              ? 'A person must say what the bounds were'
              : `Set the bounds to ${before.min} and ${before.max}`,
        },
      ],
      desired: { bounds: NONE },
    };
  },

  async apply(context, object) {
    const { functionArn } = context.target;
    await context.aws('contain').doors.putScalingBounds(functionArn, qualifierOf(object), NONE);
  },

  async observe(context, object, prior) {
    const { functionArn } = context.target;
    const found = await context.aws('read').doors.getScalingBounds(functionArn, qualifierOf(object));
    const shown = (one: { readonly min: number; readonly max: number } | null) =>
      one === null ? 'unset' : `${one.min} to ${one.max}`;
    if (found !== null && found.max === 0) return { kind: 'in-effect' };
    if (prior === null || shown(found) === shown(prior.bounds)) return { kind: 'not-in-effect' };
    return { kind: 'conflict', found: `the bounds are ${shown(found)}; expected 0 to 0` };
  },

  async revert(context, object, prior) {
    if (prior.bounds === null) {
      throw unsupported(
        'lambda:PutFunctionScalingConfig',
        `${object.arn} had no bounds, which no call can put back: a person must set some`,
      );
    }
    const { functionArn } = context.target;
    await context.aws('release').doors.putScalingBounds(functionArn, qualifierOf(object), prior.bounds);
  },
});
