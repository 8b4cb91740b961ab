import type { PolicyCondition } from './action.ts';
import { QUARANTINE_PATH } from './quarantine-names.ts';

/** Resource patterns of the permissions that actions declare; filled in by `permissions.ts`. */
export const FUNCTIONS = 'arn:{partition}:lambda:{region}:{account}:function:*';
export const ROLES = 'arn:{partition}:iam::{account}:role/*';
export const OWN_POLICIES = 'arn:{partition}:iam::{account}:policy/*';
export const AWS_POLICIES = 'arn:{partition}:iam::aws:policy/*';
export const LOG_GROUPS = 'arn:{partition}:logs:{region}:{account}:log-group:*';
export const EVENT_SOURCES = 'arn:{partition}:lambda:{region}:{account}:event-source-mapping:*';
export const SCALABLE_TARGETS =
  'arn:{partition}:application-autoscaling:{region}:{account}:scalable-target/*';
/** For list calls for which IAM knows no narrower resource (service authorization reference, AWS Lambda). */
export const ANY = '*';

/**
 * For `AttachRolePolicy` and `DetachRolePolicy` under profile `static`: of all policies, only those that were
 * prepared as quarantines (reference, 1.8.6).
 */
export const QUARANTINE_POLICIES_ONLY: PolicyCondition = {
  ArnLike: { 'iam:PolicyARN': `arn:{partition}:iam::{account}:policy${QUARANTINE_PATH}*` },
};

/** For the boundary: to put one of ours, and to take away no other (IAM, condition keys of both calls). */
export const QUARANTINE_BOUNDARIES_ONLY: PolicyCondition = {
  ArnLike: { 'iam:PermissionsBoundary': `arn:{partition}:iam::{account}:policy${QUARANTINE_PATH}*` },
};
