/** AWS limits calls by these groups; one token bucket per (account, Region, family). */
export type RateFamily =
  | 'lambda-control'
  | 'lambda-get-function'
  | 'lambda-get-policy'
  | 'iam'
  | 'sts'
  | 'logs'
  | 'cloudtrail'
  | 'cloudwatch'
  | 'scaling'
  | 'ec2'
  | 'xray'
  | 'config'
  | 'secretsmanager'
  | 'sqs'
  | 's3';

interface OperationFacts {
  readonly family: RateFamily;
  readonly effect: 'read' | 'write';
  /** Answers in more than a second on large accounts: gets the long timeout, and never holds a lease. */
  readonly slow?: true;
}

/**
 * Every SDK operation that Cordon may call, and nothing else: the name is also the IAM action that it
 * needs. Lambda's control plane shares 15 calls a second per account and Region; `GetFunction` (100/s)
 * and `GetPolicy` (15/s) have buckets of their own (docs: lambda gettingstarted-limits).
 */
export const OPERATIONS = {
  'lambda:GetFunction': { family: 'lambda-get-function', effect: 'read' },
  'lambda:GetPolicy': { family: 'lambda-get-policy', effect: 'read' },
  'lambda:ListVersionsByFunction': { family: 'lambda-control', effect: 'read', slow: true },
  'lambda:ListAliases': { family: 'lambda-control', effect: 'read' },
  'lambda:ListProvisionedConcurrencyConfigs': { family: 'lambda-control', effect: 'read' },
  'lambda:GetFunctionConcurrency': { family: 'lambda-control', effect: 'read' },
  'lambda:ListEventSourceMappings': { family: 'lambda-control', effect: 'read' },
  'lambda:ListFunctionEventInvokeConfigs': { family: 'lambda-control', effect: 'read' },
  'lambda:ListFunctionUrlConfigs': { family: 'lambda-control', effect: 'read' },
  'lambda:ListFunctions': { family: 'lambda-control', effect: 'read', slow: true },
  'lambda:PutFunctionConcurrency': { family: 'lambda-control', effect: 'write' },
  'lambda:DeleteFunctionConcurrency': { family: 'lambda-control', effect: 'write' },
  'lambda:GetFunctionEventInvokeConfig': { family: 'lambda-control', effect: 'read' },
  'lambda:UpdateFunctionEventInvokeConfig': { family: 'lambda-control', effect: 'write' },
  'lambda:PutFunctionEventInvokeConfig': { family: 'lambda-control', effect: 'write' },
  'lambda:DeleteFunctionEventInvokeConfig': { family: 'lambda-control', effect: 'write' },
  'lambda:GetEventSourceMapping': { family: 'lambda-control', effect: 'read' },
  'lambda:UpdateEventSourceMapping': { family: 'lambda-control', effect: 'write' },
  'lambda:GetProvisionedConcurrencyConfig': { family: 'lambda-control', effect: 'read' },
  'lambda:PutProvisionedConcurrencyConfig': { family: 'lambda-control', effect: 'write' },
  'lambda:DeleteProvisionedConcurrencyConfig': { family: 'lambda-control', effect: 'write' },
  'lambda:GetFunctionUrlConfig': { family: 'lambda-control', effect: 'read' },
  'lambda:UpdateFunctionUrlConfig': { family: 'lambda-control', effect: 'write' },
  'lambda:AddPermission': { family: 'lambda-control', effect: 'write' },
  'lambda:RemovePermission': { family: 'lambda-control', effect: 'write' },
  'lambda:UpdateFunctionConfiguration': { family: 'lambda-control', effect: 'write' },
  'lambda:GetAlias': { family: 'lambda-control', effect: 'read' },
  'lambda:UpdateAlias': { family: 'lambda-control', effect: 'write' },
  'lambda:GetFunctionCodeSigningConfig': { family: 'lambda-control', effect: 'read' },
  'lambda:PutFunctionCodeSigningConfig': { family: 'lambda-control', effect: 'write' },
  'lambda:DeleteFunctionCodeSigningConfig': { family: 'lambda-control', effect: 'write' },
  'lambda:GetFunctionScalingConfig': { family: 'lambda-control', effect: 'read' },
  'lambda:PutFunctionScalingConfig': { family: 'lambda-control', effect: 'write' },
  'application-autoscaling:DescribeScalableTargets': { family: 'scaling', effect: 'read' },
  'application-autoscaling:RegisterScalableTarget': { family: 'scaling', effect: 'write' },
  'iam:GetRole': { family: 'iam', effect: 'read' },
  'iam:ListRolePolicies': { family: 'iam', effect: 'read' },
  'iam:GetRolePolicy': { family: 'iam', effect: 'read' },
  'iam:ListAttachedRolePolicies': { family: 'iam', effect: 'read' },
  'iam:GetPolicy': { family: 'iam', effect: 'read' },
  'iam:GetPolicyVersion': { family: 'iam', effect: 'read' },
  'iam:SimulatePrincipalPolicy': { family: 'iam', effect: 'read', slow: true },
  'iam:PutRolePermissionsBoundary': { family: 'iam', effect: 'write' },
  'iam:DeleteRolePermissionsBoundary': { family: 'iam', effect: 'write' },
  'iam:PutRolePolicy': { family: 'iam', effect: 'write' },
  'iam:DeleteRolePolicy': { family: 'iam', effect: 'write' },
  'iam:AttachRolePolicy': { family: 'iam', effect: 'write' },
  'iam:DetachRolePolicy': { family: 'iam', effect: 'write' },
  'logs:FilterLogEvents': { family: 'logs', effect: 'read', slow: true },
  'lambda:GetLayerVersion': { family: 'lambda-control', effect: 'read' },
  'lambda:GetLayerVersionPolicy': { family: 'lambda-control', effect: 'read' },
  'lambda:GetFunctionRecursionConfig': { family: 'lambda-control', effect: 'read' },
  'lambda:GetRuntimeManagementConfig': { family: 'lambda-control', effect: 'read' },
  'lambda:GetCodeSigningConfig': { family: 'lambda-control', effect: 'read' },
  'lambda:ListDurableExecutionsByFunction': { family: 'lambda-control', effect: 'read', slow: true },
  'lambda:GetDurableExecutionHistory': { family: 'lambda-control', effect: 'read', slow: true },
  'application-autoscaling:DescribeScalingPolicies': { family: 'scaling', effect: 'read' },
  'sqs:GetQueueUrl': { family: 'sqs', effect: 'read' },
  'sqs:GetQueueAttributes': { family: 'sqs', effect: 'read' },
  // It hides messages for a while and removes none: calling it again does no harm, so it counts as a read.
  'sqs:ReceiveMessage': { family: 'sqs', effect: 'read' },
  's3:ListBucket': { family: 's3', effect: 'read' },
  's3:GetObject': { family: 's3', effect: 'read' },
  'cloudwatch:GetMetricData': { family: 'cloudwatch', effect: 'read', slow: true },
  'cloudtrail:LookupEvents': { family: 'cloudtrail', effect: 'read', slow: true },
  'ec2:DescribeNetworkInterfaces': { family: 'ec2', effect: 'read', slow: true },
  'ec2:DescribeFlowLogs': { family: 'ec2', effect: 'read', slow: true },
  'xray:GetTraceSummaries': { family: 'xray', effect: 'read', slow: true },
  'config:GetResourceConfigHistory': { family: 'config', effect: 'read', slow: true },
  'secretsmanager:ListSecrets': { family: 'secretsmanager', effect: 'read', slow: true },
  // Both only hand out knowledge or credentials: calling them again does no harm, so they count as reads.
  'sts:AssumeRole': { family: 'sts', effect: 'read' },
  'sts:GetCallerIdentity': { family: 'sts', effect: 'read' },
} as const satisfies Record<string, OperationFacts>;

export type Operation = keyof typeof OPERATIONS;

/** The facts of one operation. */
export function factsOf(operation: Operation): OperationFacts {
  return OPERATIONS[operation];
}
