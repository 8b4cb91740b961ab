import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { type ActionObject, defineContainAction } from './action.ts';
import { unsupported } from './arn.ts';
import { AwsError } from './failure.ts';
import { rebuildOf, sameStatement } from './permission-statement.ts';
import type { ActionContext } from './ports.ts';
import { FUNCTIONS } from './resources.ts';

const input = z.strictObject({
  /** `<sid>`, or `<qualifier>/<sid>` for the policy of a version or alias; one object each. */
  statements: z
    .array(z.string().regex(/^([a-zA-Z0-9_-]{1,128}\/)?[a-zA-Z0-9_-]{1,100}$/))
    .min(1)
    .max(50),
});

/** The whole statement: release makes it again from this. `null` when it is not there. */
const prior = z.strictObject({ statement: z.record(z.string(), z.json()).nullable() });

// What is wanted is that the statement is gone.
const GONE = { statement: null } as const;

export const removePermission = defineContainAction<z.infer<typeof input>, z.infer<typeof prior>>({
  id: 'lambda.remove-permission',
  title: 'Remove a statement of the resource policy',
  description:
    'Removes one statement of the function’s resource policy, such as a grant to everybody or to another account, and ' +
    'keeps the whole of it. Release makes it again with AddPermission, which cannot express every condition: the plan ' +
    'names what it cannot, and such a statement is left for a person to put back. Its place in the list may differ.',
  effect: 'contain',
  reversible: true,
  permissions: [
    {
      action: 'lambda:GetPolicy',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'captures the statement and observes that it is gone',
    },
    { action: 'lambda:RemovePermission', purpose: 'contain', resource: FUNCTIONS, why: 'removes it' },
    { action: 'lambda:AddPermission', purpose: 'release', resource: FUNCTIONS, why: 'makes it again' },
  ],
  input,
  prior,

  objects: (target, { statements }) =>
    [...new Set(statements)].map((name) => {
      const [sid = '', qualifier] = name.split('/').reverse();
      const arn = qualifier === undefined ? target.functionArn : `${target.functionArn}:${qualifier}`;
      return { key: `permission:${arn}#${sid}`, arn };
    }),

  async capture(context, object) {
    return { statement: await read(context, object) };
  },

  plan({ object, prior, target }) {
    if (prior !== null && prior.statement === null) return { changes: [], desired: GONE };
    const sid = sidOf(object);
    return {
      changes: [
        {
          call: 'lambda:RemovePermission',
          objectArn: object.arn,
          request: { FunctionName: target.functionArn, Qualifier: qualifierOf(object), StatementId: sid },
          summary: `Remove statement ${sid} of the resource policy of ${target.functionName}`,
          undo: undoOf(prior?.statement ?? null, sid),
        },
      ],
      desired: GONE,
    };
  },

  async apply(context, object) {
    const { doors } = context.aws('contain');
    try {
      await doors.removePermission(context.target.functionArn, qualifierOf(object), sidOf(object));
    } catch (error) {
      // Gone already: that is what was wanted.
      if (!(error instanceof AwsError) || error.code !== 'cordon_aws_not_found') throw error;
    }
  },

  async observe(context, object, prior) {
    const found = await read(context, object);
    if (found === null) return { kind: 'in-effect' };
    if (prior === null || sameStatement(found, prior.statement)) return { kind: 'not-in-effect' };
    return { kind: 'conflict', found: `statement ${sidOf(object)} is there with another content` };
  },

  async revert(context, object, prior) {
    if (prior.statement === null) return;
    const rebuild = rebuildOf(prior.statement);
    if (rebuild.kind === 'impossible') {
      throw unsupported(
        'lambda:AddPermission',
        `${rebuild.reason}: a person must put statement ${sidOf(object)} back from the timeline`,
      );
    }
    const { doors } = context.aws('release');
    await doors.addPermission(context.target.functionArn, qualifierOf(object), rebuild.request);
  },
});

async function read(context: ActionContext, object: ActionObject) {
  const qualifier = qualifierOf(object);
  const { lambda } = context.aws('read');
  const policy = await lambda.getPolicy(context.target.functionArn, qualifier ?? undefined);
  const statements = z
    .array(z.record(z.string(), z.json()))
    .catch([])
    .parse(policy?.Statement ?? []);
  return statements.find((statement) => statement.Sid === sidOf(object)) ?? null;
}

function undoOf(statement: JsonObject | null, sid: string): string {
  if (statement === null) return `A person must say what statement ${sid} said`;
  const rebuild = rebuildOf(statement);
  return rebuild.kind === 'exact'
    ? `Add statement ${sid} again`
    : `A person must put statement ${sid} back: ${rebuild.reason}`;
}

function sidOf(object: ActionObject): string {
  return object.key.split('#').at(-1) ?? '';
}

function qualifierOf(object: ActionObject): string | null {
  return object.arn.split(':')[7] ?? null;
}
