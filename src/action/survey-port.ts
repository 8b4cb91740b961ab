import type { JsonObject } from '../json.ts';

/**
 * Reads that only evidence makes. They are many, alike and never written after, so they share one method:
 * the request is the API's own, the answer is kept as AWS gave it.
 */
export const SURVEY_CALLS = [
  'lambda:GetLayerVersion',
  'lambda:GetLayerVersionPolicy',
  'lambda:GetFunctionRecursionConfig',
  'lambda:GetRuntimeManagementConfig',
  'lambda:GetFunctionCodeSigningConfig',
  'lambda:GetCodeSigningConfig',
  'lambda:GetFunctionScalingConfig',
  'lambda:ListDurableExecutionsByFunction',
  'lambda:GetDurableExecutionHistory',
  'application-autoscaling:DescribeScalableTargets',
  'application-autoscaling:DescribeScalingPolicies',
  'sqs:GetQueueUrl',
  'sqs:GetQueueAttributes',
  'sqs:ReceiveMessage',
  's3:ListBucket',
  's3:GetObject',
  'cloudwatch:GetMetricData',
  'cloudtrail:LookupEvents',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeFlowLogs',
  'xray:GetTraceSummaries',
  'config:GetResourceConfigHistory',
  'secretsmanager:ListSecrets',
] as const;

/** A call by its IAM action, which for all but layers by ARN is its name too. */
export type SurveyCall = (typeof SURVEY_CALLS)[number];

export interface SurveyRequest {
  readonly call: SurveyCall;
  /** The API's request. `StartTime` and `EndTime` are ISO 8601 here and instants on the wire. */
  readonly input: JsonObject;
  /** Another Region than the target's: global services keep their history in one. */
  readonly region?: string;
}

export interface SurveyPort {
  /** The answers, page by page, as plain JSON. Failures are `AwsError`s; a page that came before one stays. */
  pages(request: SurveyRequest): AsyncIterable<JsonObject>;
}

/** Which calls AWS answered, for the custody of what they gave. */
export interface AnsweredCalls {
  /** Calls answered since the last `take`. */
  readonly count: number;
  /** AWS request ids, in order: the first and the last of them when there are many. */
  readonly requestIds: readonly string[];
}

export interface CallTrail {
  /** What was answered since the last time, which is then forgotten. */
  take(): AnsweredCalls;
}
