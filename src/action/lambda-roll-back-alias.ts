import { z } from 'zod';
import { type ActionObject, defineContainAction } from './action.ts';
import { unsupported } from './arn.ts';
import { FUNCTIONS } from './resources.ts';

const input = z.strictObject({
  alias: z.string().regex(/^(?!\d+$)[a-zA-Z0-9_-]{1,128}$/),
  /** Version that is known to be good. */
  version: z.string().regex(/^\d{1,20}$/),
  /** Base64 SHA-256 that its code must have (`CodeSha256`): a number alone is not known to be good. */
  codeSha256: z.string().min(1).max(100),
});

const routing = z.strictObject({
  version: z.string(),
  weights: z.record(z.string(), z.number()),
});

/** `alias: null` when there is no such alias: then nothing is done. */
const prior = z.strictObject({
  alias: routing.nullable(),
  /** AWS refuses the write when somebody changed the alias after this revision. */
  revisionId: z.string().nullable(),
});

const desired = routing.extend({ revisionId: z.string().nullable() });

export const rollBackAlias = defineContainAction<z.infer<typeof input>, z.infer<typeof prior>>({
  id: 'lambda.roll-back-alias',
  title: 'Roll an alias back to a known-good version',
  description:
    'Points an alias, with all of its traffic, at a published version that is known to be good, by its number and ' +
    'by the hash of its code. Customers are served meanwhile. What calls the function without an alias still runs the ' +
    'newest code, and environments that run already are not stopped. A rung short of isolation.',
  effect: 'contain',
  reversible: true,
  rung: 'roll-back-alias',
  permissions: [
    {
      action: 'lambda:GetAlias',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'captures and observes where it points',
    },
    {
      action: 'lambda:GetFunction',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'compares the hash of the version’s code',
    },
    { action: 'lambda:UpdateAlias', purpose: 'contain', resource: FUNCTIONS, why: 'points it back' },
    { action: 'lambda:UpdateAlias', purpose: 'release', resource: FUNCTIONS, why: 'points it as before' },
  ],
  input,
  prior,

  objects: (target, { alias }) => {
    const arn = `${target.functionArn}:${alias}`;
    return [{ key: `alias:${arn}`, arn }];
  },

  async capture(context, object, { version, codeSha256 }) {
    const { doors, lambda } = context.aws('read');
    const arn = context.target.functionArn;
    const [found, good] = await Promise.all([
      doors.getAlias(arn, nameOf(object)),
      lambda.getFunction(arn, version),
    ]);
    if (good.configuration.codeSha256 !== codeSha256) {
      throw unsupported(
        'lambda:UpdateAlias',
        `expected version ${version} to have code ${codeSha256}, found ${good.configuration.codeSha256}: it is not the build that is known to be good`,
      );
    }
    return found === null
      ? { alias: null, revisionId: null }
      : { alias: { version: found.version, weights: { ...found.weights } }, revisionId: found.revisionId };
  },

  plan({ object, input, prior, target }) {
    const wanted = { version: input.version, weights: {}, revisionId: prior?.revisionId ?? null };
    const there = prior?.alias ?? null;
    if (prior !== null && (there === null || same(there, wanted))) return { changes: [], desired: wanted };
    return {
      changes: [
        {
          call: 'lambda:UpdateAlias',
          objectArn: object.arn,
          request: { FunctionName: target.functionArn, Name: nameOf(object), FunctionVersion: input.version },
          summary: `Point alias ${nameOf(object)} of ${target.functionName} at version ${input.version} (was ${there?.version ?? 'unreadable'})`,
          undo:
            there === null ? 'A person must say where it pointed' : `Point it at version ${there.version}`,
        },
      ],
      desired: wanted,
    };
  },

  async apply(context, object, wanted) {
    const { version, weights, revisionId } = desired.parse(wanted);
    const alias = { name: nameOf(object), version, weights, revisionId };
    await context.aws('contain').doors.updateAlias(context.target.functionArn, alias);
  },

  async observe(context, object, prior, wanted) {
    const found = await context.aws('read').doors.getAlias(context.target.functionArn, nameOf(object));
    if (found === null) return { kind: 'conflict', found: `alias ${nameOf(object)} is gone` };
    if (same(found, desired.parse(wanted))) return { kind: 'in-effect' };
    if (prior === null || (prior.alias !== null && same(found, prior.alias)))
      return { kind: 'not-in-effect' };
    return { kind: 'conflict', found: `alias ${nameOf(object)} points at version ${found.version}` };
  },

  async revert(context, object, prior) {
    if (prior.alias === null) return;
    const alias = { name: nameOf(object), ...prior.alias, revisionId: null };
    await context.aws('release').doors.updateAlias(context.target.functionArn, alias);
  },
});

type Routing = z.infer<typeof routing>;

function same(
  left: Pick<Routing, 'version'> & { weights: Readonly<Record<string, number>> },
  right: Routing,
) {
  const shares = (weights: Readonly<Record<string, number>>) =>
    JSON.stringify(Object.entries(weights).sort());
  return left.version === right.version && shares(left.weights) === shares(right.weights);
}

function nameOf(object: ActionObject): string {
  return object.arn.split(':')[7] ?? '';
}
