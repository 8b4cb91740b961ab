import { z } from 'zod';
import { defineContainAction } from './action.ts';
import { roleNameIn } from './arn.ts';
import { refuseForeign, sameDocument } from './prepared-check.ts';
import { quarantinePolicyArn, quarantinePolicyName } from './quarantine-names.ts';
import { privilegePolicy } from './quarantine-policy.ts';
import {
  applyRolePolicy,
  isAttached,
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
  /** Every distinct role of every version; one object each. */
  roles: z
    .array(z.string().regex(/^arn:[a-z-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/))
    .min(1)
    .max(50),
  /** Absent: as the account's profile says. `attached` is also the way out where the inline policies are full. */
  way: z.enum(['inline', 'attached']).optional(),
});

export const denyPrivilege = defineContainAction<z.infer<typeof input>, RolePolicyPrior>({
  id: 'iam.deny-privilege',
  title: 'Deny the function IAM, STS and secrets',
  description:
    'Puts one named policy on the role that denies calls from inside this function to IAM, STS, Secrets Manager, parameters ' +
    'and KMS decryption: what an attacker widens a foothold with. The function goes on doing everything else, so customers of ' +
    'a false alarm notice only where it reads a secret. Siblings on the role are left alone. A rung short of isolation: data ' +
    'that the function may read stays readable. Profile static attaches a policy that the template made beforehand.',
  effect: 'contain',
  reversible: true,
  rung: 'deny-privilege',
  permissions: [...DENY.observed, ...DENY.prepared, ...DENY.inline],
  input,
  prior: rolePolicyPrior,

  objects: (target, { roles, way }) =>
    [...new Set(roles)].map((arn) => ({
      key: `role-privilege${wayOf(target, way) === 'attached' ? '-attached' : ''}:${arn}#${target.functionArn}`,
      arn,
    })),

  async capture(context, object, { way }) {
    const { target } = context;
    const roleName = roleNameIn(target, object.arn, 'iam:GetRolePolicy');
    if (wayOf(target, way) === 'attached') {
      const prepared = quarantinePolicyArn(target, 'secrets');
      const wanted = privilegePolicy(target.functionArn);
      const [attached] = await Promise.all([
        isAttached(context, roleName, prepared),
        refuseForeign(context, prepared, (document) => sameDocument(document, wanted)),
      ]);
      return { document: null, logGroup: null, attached };
    }
    const name = quarantinePolicyName(target, 'secrets');
    const document = await context.aws('read').iam.getInlinePolicy(roleName, name);
    return {
      document: document === null ? null : policyDocument.parse(document),
      logGroup: null,
      attached: false,
    };
  },

  plan({ object, input: { way }, prior, target }) {
    const attached = wayOf(target, way) === 'attached';
    const wanted: RolePolicyDesired = {
      roleArn: object.arn,
      policyName: quarantinePolicyName(target, 'secrets'),
      policyArn: attached ? quarantinePolicyArn(target, 'secrets') : null,
      document: attached ? {} : policyDocument.parse(privilegePolicy(target.functionArn)),
      functionArn: target.functionArn,
    };
    const what = `Deny calls from ${target.functionName} with role ${nameOf(object)} IAM, STS and secrets`;
    return { changes: rolePolicyChanges(object, prior, wanted, what), desired: wanted };
  },

  apply: applyRolePolicy,
  observe: observeRolePolicy,
  revert: revertRolePolicy,
});
