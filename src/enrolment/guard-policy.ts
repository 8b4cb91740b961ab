import { QUARANTINE_PATH } from '../action/quarantine-names.ts';
import type { JsonObject } from '../json.ts';

/** Whom the guard leaves alone. */
export interface GuardScope {
  readonly partition: string;
  /** `*` for every member account of the organisation. */
  readonly account: string;
  /** Names of Cordon's roles with their paths, the same in every account. */
  readonly roles: { readonly read: string; readonly contain: string; readonly release: string };
  /** ARN patterns of who may deploy changes of all this; empty: nobody, until the guard is lifted. */
  readonly deployers: readonly string[];
}

/**
 * The service control policy that makes a quarantine irremovable except by the contain and release roles, and
 * Cordon's roles and prepared policies unchangeable (reference, 1.5 and 1.8.6: tier 4). Cordon never writes to
 * Organizations: a person installs it, before an incident. Pure.
 */
export function guardPolicy({ partition, account, roles, deployers }: GuardScope): JsonObject {
  const role = (name: string) => `arn:${partition}:iam::${account}:role/${name}`;
  const policies = `arn:${partition}:iam::${account}:policy${QUARANTINE_PATH}*`;
  const except = (arns: readonly string[]) =>
    arns.length === 0 ? {} : { ArnNotLike: { 'aws:PrincipalArn': [...arns] } };
  const exceptOurs = except([role(roles.contain), role(roles.release), ...deployers]);
  const condition = (block: JsonObject) => (Object.keys(block).length === 0 ? {} : { Condition: block });
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'CordonKeepQuarantinesOn',
        Effect: 'Deny',
        Action: ['iam:AttachRolePolicy', 'iam:DetachRolePolicy'],
        Resource: '*',
        Condition: {
          ArnLike: { 'iam:PolicyARN': policies },
          ...exceptOurs,
        },
      },
      // A boundary is replaced by naming the new one, and no condition sees the old one: this keeps ours from being taken
      // away, and others from putting it.
      {
        Sid: 'CordonKeepBoundariesOn',
        Effect: 'Deny',
        Action: ['iam:DeleteRolePermissionsBoundary', 'iam:PutRolePermissionsBoundary'],
        Resource: '*',
        Condition: {
          ArnLike: { 'iam:PermissionsBoundary': policies },
          ...exceptOurs,
        },
      },
      {
        Sid: 'CordonKeepPreparedPolicies',
        Effect: 'Deny',
        Action: [
          'iam:CreatePolicy',
          'iam:CreatePolicyVersion',
          'iam:DeletePolicy',
          'iam:DeletePolicyVersion',
          'iam:SetDefaultPolicyVersion',
        ],
        Resource: policies,
        ...condition(except(deployers)),
      },
      {
        Sid: 'CordonKeepItsRoles',
        Effect: 'Deny',
        Action: [
          'iam:AttachRolePolicy',
          'iam:DeleteRole',
          'iam:DeleteRolePermissionsBoundary',
          'iam:DeleteRolePolicy',
          'iam:DetachRolePolicy',
          'iam:PutRolePermissionsBoundary',
          'iam:PutRolePolicy',
          'iam:UpdateAssumeRolePolicy',
          'iam:UpdateRole',
        ],
        Resource: [role(roles.read), role(roles.contain), role(roles.release)],
        ...condition(except(deployers)),
      },
    ],
  };
}
