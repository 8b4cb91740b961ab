import { z } from 'zod';
import { type ActionObject, defineContainAction } from './action.ts';
import { unsupported } from './arn.ts';
import { FUNCTIONS } from './resources.ts';

const input = z.strictObject({
  /** Aliases whose URL is closed; `$LATEST` is the function's own. One object each. */
  urls: z
    .array(z.string().regex(/^(\$LATEST|[a-zA-Z0-9_-]{1,128})$/))
    .min(1)
    .max(50),
});

/** `auth: null` when there is no URL (any more). */
const prior = z.strictObject({ auth: z.string().nullable() });

const desired = z.strictObject({ auth: z.literal('AWS_IAM') });

export const closeUrl = defineContainAction<z.infer<typeof input>, z.infer<typeof prior>>({
  id: 'lambda.close-url',
  title: 'Require IAM on a function URL',
  description:
    'Sets the authentication of a function URL to AWS_IAM, so that nobody without credentials gets in; the URL stays the ' +
    'same, which deleting it would not. Statements of the resource policy stay and come into force again at release. ' +
    'Callers without credentials get a 403.',
  effect: 'contain',
  reversible: true,
  permissions: [
    {
      action: 'lambda:GetFunctionUrlConfig',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'captures and observes the authentication',
    },
    {
      action: 'lambda:UpdateFunctionUrlConfig',
      purpose: 'contain',
      resource: FUNCTIONS,
      why: 'requires IAM',
    },
    {
      action: 'lambda:UpdateFunctionUrlConfig',
      purpose: 'release',
      resource: FUNCTIONS,
      why: 'puts the authentication back',
    },
  ],
  input,
  prior,

  objects: (target, { urls }) =>
    [...new Set(urls)].map((name) => {
      const arn = name === '$LATEST' ? target.functionArn : `${target.functionArn}:${name}`;
      return { key: `function-url:${arn}`, arn };
    }),

  async capture(context, object) {
    const auth = await context.aws('read').doors.getUrlAuth(context.target.functionArn, aliasOf(object));
    return { auth };
  },

  plan({ object, prior, target }) {
    if (prior !== null && prior.auth !== 'NONE') return { changes: [], desired: { auth: 'AWS_IAM' } };
    return {
      changes: [
        {
          call: 'lambda:UpdateFunctionUrlConfig',
          objectArn: object.arn,
          request: { FunctionName: target.functionArn, Qualifier: aliasOf(object), AuthType: 'AWS_IAM' },
          summary: `Require IAM on the URL of ${nameOf(object)} (was ${prior === null ? 'unreadable' : 'open to all'})`,
          undo: prior === null ? 'A person must say whether the URL was open' : 'Open the URL to all again',
        },
      ],
      desired: { auth: 'AWS_IAM' },
    };
  },

  async apply(context, object, wanted) {
    const { auth } = desired.parse(wanted);
    await context.aws('contain').doors.setUrlAuth(context.target.functionArn, aliasOf(object), auth);
  },

  async observe(context, object, prior) {
    const found = await context.aws('read').doors.getUrlAuth(context.target.functionArn, aliasOf(object));
    if (found === 'AWS_IAM') return { kind: 'in-effect' };
    if (prior === null || found === prior.auth) return { kind: 'not-in-effect' };
    return { kind: 'conflict', found: `the URL of ${nameOf(object)} is ${found ?? 'gone'}` };
  },

  async revert(context, object, prior) {
    if (prior.auth === null || prior.auth === 'AWS_IAM') return;
    if (prior.auth !== 'NONE') {
      throw unsupported(
        'lambda:UpdateFunctionUrlConfig',
        `expected NONE or AWS_IAM before, found ${prior.auth}`,
      );
    }
    await context.aws('release').doors.setUrlAuth(context.target.functionArn, aliasOf(object), prior.auth);
  },
});

function aliasOf(object: ActionObject): string | null {
  return object.arn.split(':')[7] ?? null;
}

function nameOf(object: ActionObject): string {
  return object.arn.split(':').slice(6).join(':');
}
