import { unsupported } from './arn.ts';
import type { ActionContext, Target } from './ports.ts';
import { accountQuarantineArn, quarantinePolicyArn } from './quarantine-names.ts';
import { trustedBy } from './role-users.ts';

/**
 * The ways of putting a quarantine on a role (reference, 1.5): `inline`; `attached`, the policy that was prepared for the
 * function; `any`, the one that the account has for every function on a role, where this one has none; `boundary`, the one
 * slot that is left when no policy can be attached any more. The last two also stop the siblings of the function.
 */
export const QUARANTINE_WAYS = ['inline', 'attached', 'any', 'boundary'] as const;

export type QuarantineWay = (typeof QUARANTINE_WAYS)[number];

/** True for a way that stops every function on the role. */
export function stopsSiblings(way: unknown): boolean {
  return way === 'any' || way === 'boundary';
}

/** ARN of the prepared policy that a way puts; `null` for an inline one. */
export function preparedArn(target: Target, way: QuarantineWay, mode: 'function' | 'role'): string | null {
  switch (way) {
    case 'inline':
      return null;
    case 'attached':
      return quarantinePolicyArn(target, mode);
    case 'any':
    case 'boundary':
      return accountQuarantineArn(target, way);
  }
}

/**
 * The way to try next, by what was found of this one: the inline policies are full, there is no such policy, it is not the
 * one that was made, no more fit.
 * `undefined` is the way of the profile. A deny of every session has no more ways than its own policies.
 */
export function nextWay(
  mode: 'function' | 'role',
  way: QuarantineWay | undefined,
  code: string,
): QuarantineWay | null {
  const full = code === 'cordon_aws_limit_exceeded';
  // What the profile puts inline is never refused for want of a policy, and what it attaches never for its size.
  if (full && way === 'inline') return 'attached';
  if (mode === 'role') return full && way === undefined ? 'attached' : null;
  // No policy of that name, or one that somebody has changed: the next one may be as it was made.
  const useless = code === 'cordon_aws_not_found' || code === 'cordon_prepared_policy_differs';
  if (useless && (way === undefined || way === 'attached')) return 'any';
  if (code === 'cordon_prepared_policy_differs' && way === 'any') return 'boundary';
  if (full && (way === 'attached' || way === 'any')) return 'boundary';
  return full ? 'attached' : null;
}

/**
 * The boundary that is there, if its slot may be taken: what sessions outside Lambda may do must not grow by it, and
 * profile static may put no other boundary back. Throws `cordon_action_unsupported`.
 */
export async function takenBoundary(context: ActionContext, roleName: string): Promise<string | null> {
  const { target } = context;
  const role = await context.aws('read').iam.getRole(roleName);
  const found = role.permissionsBoundaryArn;
  if (found === null || found === accountQuarantineArn(target, 'boundary')) return found;
  const trusted = trustedBy({ role: { AssumeRolePolicyDocument: role.trustPolicy } }) ?? ['* *'];
  const outside = trusted.some((principal) => principal !== 'Service lambda.amazonaws.com');
  if (target.means?.profile !== 'static' && !outside) return found;
  throw unsupported(
    'iam:PutRolePermissionsBoundary',
    `expected role ${roleName} to have no permissions boundary, found ${found}: ${outside ? 'others than Lambda may assume the role, and would be bound by it no more' : 'profile static could not put it back'}; a person must quarantine this role`,
  );
}
