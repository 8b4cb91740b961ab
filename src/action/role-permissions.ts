import type { Permission } from './action.ts';
import { AWS_POLICIES, OWN_POLICIES, ROLES } from './resources.ts';

const WHY = 'keeps what the role could do';

/** What `readRole` needs. */
export const READ_ROLE_PERMISSIONS: readonly Permission[] = [
  { action: 'iam:GetRole', purpose: 'read', resource: ROLES, why: WHY },
  { action: 'iam:ListRolePolicies', purpose: 'read', resource: ROLES, why: WHY },
  { action: 'iam:GetRolePolicy', purpose: 'read', resource: ROLES, why: WHY },
  { action: 'iam:ListAttachedRolePolicies', purpose: 'read', resource: ROLES, why: WHY },
  { action: 'iam:GetPolicy', purpose: 'read', resource: OWN_POLICIES, why: WHY },
  { action: 'iam:GetPolicy', purpose: 'read', resource: AWS_POLICIES, why: WHY },
  { action: 'iam:GetPolicyVersion', purpose: 'read', resource: OWN_POLICIES, why: WHY },
  { action: 'iam:GetPolicyVersion', purpose: 'read', resource: AWS_POLICIES, why: WHY },
];
