import { createHash } from 'node:crypto';
import { z } from 'zod';
import { defineContainAction } from './action.ts';
import { roleNameIn, unsupported } from './arn.ts';
import type { Target } from './ports.ts';
import { quarantinePolicyName } from './quarantine-names.ts';
import { apisPolicy } from './quarantine-policy.ts';
import {
  applyRolePolicy,
  nameOf,
  observeRolePolicy,
  policyDocument,
  type RolePolicyDesired,
  type RolePolicyPrior,
  revertRolePolicy,
  rolePolicyChanges,
  rolePolicyPrior,
  wayOf,
} from './role-policy.ts';
import { rolePolicyPermissions } from './role-policy-permissions.ts';

const DENY = rolePolicyPermissions('deny');

const input = z.strictObject({
  roles: z
    .array(z.string().regex(/^arn:[a-z-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/))
    .min(1)
    .max(50),
  /** IAM actions, one by one. From what the function was seen to call: its names are checked, never trusted as patterns. */
  actions: z
    .array(z.string().regex(/^[a-z][a-z0-9-]{1,62}:[A-Za-z][A-Za-z0-9]{0,127}$/))
    .min(1)
    .max(40),
});

export const denyApis = defineContainAction<z.infer<typeof input>, RolePolicyPrior>({
  id: 'iam.deny-apis',
  title: 'Deny the function the APIs that are abused',
  description:
    'Puts one named inline policy on the role that denies calls from inside this function to the APIs that it was seen to ' +
    'abuse, and to nothing else. The mildest rung: the function and its siblings go on, and so does an attacker by other means. ' +
    'Which APIs these are is not known beforehand, so profile static, which attaches prepared policies only, refuses it.',
  effect: 'contain',
  reversible: true,
  rung: 'deny-abused-apis',
  permissions: [...DENY.observed, ...DENY.inline],
  input,
  prior: rolePolicyPrior,

  // A list of its own is an object of its own: two incidents that deny different APIs take nothing from each other.
  objects: (target, { roles, actions }) =>
    [...new Set(roles)].map((arn) => ({
      key: `role-apis:${arn}#${target.functionArn}#${digestOf(actions)}`,
      arn,
    })),

  async capture(context, object, { actions }) {
    const { target } = context;
    if (wayOf(target, undefined) === 'attached') {
      throw unsupported(
        'iam:PutRolePolicy',
        'profile static writes no document of its own: take the rung deny-privilege, whose policy was prepared',
      );
    }
    const roleName = roleNameIn(target, object.arn, 'iam:GetRolePolicy');
    const document = await context.aws('read').iam.getInlinePolicy(roleName, policyNameOf(target, actions));
    return {
      document: document === null ? null : policyDocument.parse(document),
      logGroup: null,
      attached: false,
    };
  },

  plan({ object, input: { actions }, prior, target }) {
    const wanted: RolePolicyDesired = {
      roleArn: object.arn,
      policyName: policyNameOf(target, actions),
      policyArn: null,
      document: policyDocument.parse(apisPolicy(target.functionArn, actions)),
      functionArn: target.functionArn,
    };
    const shown = sorted(actions).slice(0, 5).join(', ');
    const rest = actions.length > 5 ? ` and ${actions.length - 5} more` : '';
    const what = `Deny calls from ${target.functionName} with role ${nameOf(object)} ${shown}${rest}`;
    return { changes: rolePolicyChanges(object, prior, wanted, what), desired: wanted };
  },

  apply: applyRolePolicy,
  observe: observeRolePolicy,
  revert: revertRolePolicy,
});

function policyNameOf(target: Target, actions: readonly string[]): string {
  return quarantinePolicyName(target, `apis-${digestOf(actions)}`);
}

function digestOf(actions: readonly string[]): string {
  return createHash('sha256').update(sorted(actions).join(' ')).digest('hex').slice(0, 12);
}

function sorted(actions: readonly string[]): readonly string[] {
  return [...new Set(actions)].sort();
}
