import type { Permission } from './action.ts';
import { OWN_POLICIES, QUARANTINE_POLICIES_ONLY, ROLES } from './resources.ts';

/** What every action needs that puts one named policy on a role, by what the policy is: a deny, or a grant. */
interface RolePolicyPermissions {
  readonly observed: readonly Permission[];
  /** For a policy that the template prepared. */
  readonly prepared: readonly Permission[];
  /** For an inline document, which is administrator power (reference, 1.8.6). */
  readonly inline: readonly Permission[];
}

/** What attaching a prepared policy asks for first, and looking at what is held does not. */
export const BEFORE_ATTACHING: readonly Permission[] = [
  {
    action: 'iam:GetPolicy',
    purpose: 'read',
    resource: OWN_POLICIES,
    why: 'finds the version of the prepared policy that is in force',
  },
  {
    action: 'iam:GetPolicyVersion',
    purpose: 'read',
    resource: OWN_POLICIES,
    why: 'compares its document before it is attached',
  },
];

/** The permissions around one named policy; `what` is the word that plans and pages have for it. Pure. */
export function rolePolicyPermissions(what: 'deny' | 'grant'): RolePolicyPermissions {
  return {
    observed: [
      {
        action: 'iam:GetRolePolicy',
        purpose: 'read',
        resource: ROLES,
        why: 'captures and observes our named policy',
      },
    ],
    prepared: [
      {
        action: 'iam:ListAttachedRolePolicies',
        purpose: 'read',
        resource: ROLES,
        why: 'captures and observes whether ours is attached',
      },
      ...BEFORE_ATTACHING,
      {
        action: 'iam:AttachRolePolicy',
        purpose: 'contain',
        resource: ROLES,
        why: `attaches the prepared ${what}`,
        condition: QUARANTINE_POLICIES_ONLY,
      },
      {
        action: 'iam:DetachRolePolicy',
        purpose: 'release',
        resource: ROLES,
        why: `takes the prepared ${what} away`,
        condition: QUARANTINE_POLICIES_ONLY,
      },
    ],
    inline: [
      {
        action: 'iam:PutRolePolicy',
        purpose: 'contain',
        resource: ROLES,
        why: `puts the ${what} on the role`,
        profile: 'dynamic',
      },
      {
        action: 'iam:PutRolePolicy',
        purpose: 'release',
        resource: ROLES,
        why: 'puts back what had that name before',
        profile: 'dynamic',
      },
      {
        action: 'iam:DeleteRolePolicy',
        purpose: 'release',
        resource: ROLES,
        why: `takes the ${what} away`,
        profile: 'dynamic',
      },
    ],
  };
}
