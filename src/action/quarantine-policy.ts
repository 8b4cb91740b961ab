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

/** What a function's role may still write to, so that nothing is lost: log groups, and sinks of failed events. */
export interface Open {
  /** ARNs without the trailing `:*`. */
  readonly logGroups: readonly string[];
  /** ARNs of queues, topics, buses, functions and buckets. */
  readonly sinks: readonly string[];
}

/** What delivery to a sink takes, by service. S3 is asked whether the bucket is there before each object. */
export const DELIVERY: Readonly<Record<string, readonly string[]>> = {
  sqs: ['sqs:SendMessage'],
  sns: ['sns:Publish'],
  events: ['events:PutEvents'],
  lambda: ['lambda:InvokeFunction'],
  s3: ['s3:PutObject', 's3:ListBucket'],
};

// Encrypted sinks: the service calls KMS in the role's name, so no key needs to be known beforehand.
const KEY_USES = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** More log groups than this cannot be pinned: with names of 512 characters the document would not fit. */
export const MAX_LOG_GROUPS = 4;

const LOG_WRITES = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];

/**
 * The document that denies everything but evidence and delivery: log writes to the pinned groups, failed events
 * to the pinned sinks, and traces, which have no resource to pin. Pure.
 *
 * Scope `function` needs no sinks: Lambda delivers from outside the environment, without the key that the deny
 * is conditioned on. `ArnEquals` does not match when the key is absent, which is what spares siblings; the
 * `IfExists` form would hit them (reference, 1.8.4). The key holds the function's ARN without a version.
 */
export function quarantinePolicy(scope: QuarantineScope, { logGroups, sinks }: Open): JsonObject {
  const condition =
    scope.kind === 'function'
      ? { Condition: { ArnEquals: { 'lambda:SourceFunctionArn': literal(scope.functionArn) } } }
      : {};
  const services = [...new Set(sinks.map((arn) => arn.split(':')[2] ?? ''))]
    .filter((service) => scope.kind === 'role' && DELIVERY[service] !== undefined)
    .sort();
  const writes = [...LOG_WRITES, ...services.flatMap((service) => DELIVERY[service] ?? [])];
  const keyUses = services.length === 0 ? [] : KEY_USES;
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'CordonDenyAllButEvidence',
        Effect: 'Deny',
        NotAction: [...writes, ...keyUses, 'xray:PutTraceSegments'],
        Resource: '*',
        ...condition,
      },
      {
        Sid: 'CordonPinEvidenceSinks',
        Effect: 'Deny',
        Action: writes,
        NotResource: [
          // A group is named with and without `:*`, depending on the call.
          ...logGroups.flatMap((arn) => [literal(arn), `${literal(arn)}:*`]),
          ...(services.length === 0 ? [] : sinks.flatMap(sinkResources)),
        ],
        ...condition,
      },
      ...(services.includes('s3')
        ? [
            {
              Sid: 'CordonBucketsOfThisAccountOnly',
              Effect: 'Deny',
              Action: DELIVERY.s3 ?? [],
              Resource: '*',
              // The ARN of a bucket names no account, and its name is free for others once it is deleted.
              Condition: { StringNotEquals: { 'aws:ResourceAccount': logGroups[0]?.split(':')[4] ?? '' } },
            },
          ]
        : []),
      ...(keyUses.length === 0
        ? []
        : [
            {
              Sid: 'CordonKeysOnlyForSinks',
              Effect: 'Deny',
              Action: keyUses,
              Resource: '*',
              // Absent, as in a call of the attacker's own, is not like any of them, and so denied.
              Condition: {
                StringNotLike: { 'kms:ViaService': services.map((service) => `${service}.*.amazonaws.com*`) },
              },
            },
          ]),
    ],
  };
}

/**
 * The deny of every call that any function makes in the role's name, but for its logs and traces: what is left where
 * a function has no policy of its own. The key is there for calls from inside an environment only, so Lambda's own
 * polling and delivery go on, as does whoever else uses the role. As a permissions boundary it allows all the rest, since a
 * boundary that only denies leaves nothing. Pure.
 */
export function anyFunctionPolicy(
  { partition, account }: { readonly partition: string; readonly account: string },
  as: 'policy' | 'boundary',
): JsonObject {
  const Condition = { Null: { 'lambda:SourceFunctionArn': 'false' } };
  return {
    Version: '2012-10-17',
    Statement: [
      ...(as === 'boundary'
        ? [{ Sid: 'CordonLeaveTheRest', Effect: 'Allow', Action: '*', Resource: '*' }]
        : []),
      {
        Sid: 'CordonDenyAllButEvidence',
        Effect: 'Deny',
        NotAction: [...LOG_WRITES, 'xray:PutTraceSegments'],
        Resource: '*',
        Condition,
      },
      {
        Sid: 'CordonPinEvidenceSinks',
        Effect: 'Deny',
        Action: LOG_WRITES,
        NotResource: [`arn:${partition}:logs:*:${account}:log-group:*`],
        Condition,
      },
    ],
  };
}

/** A bucket is one resource and its objects another; a function is called with and without a qualifier. */
export function sinkResources(arn: string): readonly string[] {
  const service = arn.split(':')[2];
  if (service === 's3') return [literal(arn), `${literal(arn)}/*`];
  return service === 'lambda' ? [literal(arn), `${literal(arn)}:*`] : [literal(arn)];
}

/** What gives an attacker more rights, or what others trust: the rung short of isolation denies these. */
export const RIGHTS_AND_SECRETS: readonly string[] = [
  'iam:*',
  'kms:Decrypt',
  'secretsmanager:*',
  'ssm:GetParameter',
  'ssm:GetParameterHistory',
  'ssm:GetParameters',
  'ssm:GetParametersByPath',
  'sts:AssumeRole',
  'sts:GetFederationToken',
  'sts:GetSessionToken',
];

/** The rung that denies calls of one function to IAM, STS and secrets (reference, 1.8.7). Pure. */
export function privilegePolicy(functionArn: string): JsonObject {
  return denyOf('CordonDenyRightsAndSecrets', functionArn, RIGHTS_AND_SECRETS);
}

/** The rung that denies calls of one function to the APIs that it abuses, one by one. Pure. */
export function apisPolicy(functionArn: string, actions: readonly string[]): JsonObject {
  return denyOf('CordonDenyAbusedApis', functionArn, [...new Set(actions)].sort());
}

function denyOf(sid: string, functionArn: string, actions: readonly string[]): JsonObject {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: sid,
        Effect: 'Deny',
        Action: [...actions],
        Resource: '*',
        Condition: { ArnEquals: { 'lambda:SourceFunctionArn': literal(functionArn) } },
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
