import type { JsonObject } from '../json.ts';

/**
 * Whom a quarantine denies. `function`: only calls of one function's environments (mode B of the reference,
 * 1.4): siblings on the role, and Lambda's own polling and delivery, go on. `role`: every session of the
 * role, wherever it is used (modes A and C).
 */
export type QuarantineScope =
  | { readonly kind: 'function'; readonly functionArn: string }
  | { readonly kind: 'role' };

/** IAM's limit for all inline policies of a role together, in characters without white space. */
export const INLINE_POLICY_LIMIT = 10_240;

/** More log groups than this cannot be pinned: with names of 512 characters the document would not fit. */
export const MAX_LOG_GROUPS = 4;

const LOG_WRITES = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];

/**
 * The inline policy that denies everything but evidence: log writes to the pinned groups, and traces, which
 * have no resource to pin. Pure. `logGroupArns` come without the trailing `:*`.
 *
 * `ArnEquals` does not match when the key is absent, which is what spares siblings; the `IfExists` form would
 * hit them (reference, 1.8.4). The key holds the function's ARN without a version.
 */
export function quarantinePolicy(scope: QuarantineScope, logGroupArns: readonly string[]): JsonObject {
  const condition =
    scope.kind === 'function'
      ? { Condition: { ArnEquals: { 'lambda:SourceFunctionArn': literal(scope.functionArn) } } }
      : {};
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'CordonDenyAllButEvidence',
        Effect: 'Deny',
        NotAction: [...LOG_WRITES, 'xray:PutTraceSegments'],
        Resource: '*',
        ...condition,
      },
      {
        Sid: 'CordonPinEvidenceSinks',
        Effect: 'Deny',
        Action: LOG_WRITES,
        // A group is named with and without `:*`, depending on the call.
        NotResource: logGroupArns.flatMap((arn) => [literal(arn), `${literal(arn)}:*`]),
        ...condition,
      },
    ],
  };
}

/**
 * The inline policy of recovery (mode R): sessions issued before `before` (ISO 8601) are denied everything, later ones
 * nothing. With the condition of the quarantine that it replaces, so that siblings on a shared role, whose sessions are
 * as old, go on (reference, 1.8.5). Pure.
 */
export function recoveryPolicy(scope: QuarantineScope, before: string): JsonObject {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'CordonDenyEarlierSessions',
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: {
          DateLessThan: { 'aws:TokenIssueTime': before },
          ...(scope.kind === 'function'
            ? { ArnEquals: { 'lambda:SourceFunctionArn': literal(scope.functionArn) } }
            : {}),
        },
      },
    ],
  };
}

/**
 * An ARN as a policy matches it literally: `*`, `?` and `$` become the variables that stand for themselves
 * (IAM guide, policy variables). AWS allows none of them in the names used here; an answer may hold anything.
 */
export function literal(arn: string): string {
  return arn.replace(/[*?$]/g, (character) => `\${${character}}`);
}
