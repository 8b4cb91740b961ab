import type { Permission } from '../action.ts';
import { ANY, FUNCTIONS, LOG_GROUPS } from '../resources.ts';
import { READ_ROLE_PERMISSIONS } from '../role-permissions.ts';

const read = (action: string, resource: string, why: string): Permission => ({
  action,
  purpose: 'read',
  resource,
  why,
});

const LAYERS = 'arn:{partition}:lambda:{region}:*:layer:*';
const QUEUES = 'arn:{partition}:sqs:{region}:*:*';

// As the template of an account names them.
const SINK_QUEUES = 'arn:{partition}:sqs:{region}:{account}:cordon-quarantine';
const SINK_BUCKETS = 'arn:{partition}:s3:::cordon-quarantine-{account}-*';

/** What every round reads: what arrives late, or changes after containment. */
const ROUND_PERMISSIONS: readonly Permission[] = [
  read('lambda:GetFunction', FUNCTIONS, 'configuration and code package'),
  read('lambda:ListVersionsByFunction', FUNCTIONS, 'every version'),
  read('lambda:GetPolicy', FUNCTIONS, 'resource policies'),
  read('logs:FilterLogEvents', LOG_GROUPS, 'the logs of the function'),
  read('cloudtrail:LookupEvents', ANY, 'management events about and by the function'),
  read('cloudwatch:GetMetricData', ANY, 'what was on its way, minute by minute'),
  ...READ_ROLE_PERMISSIONS,
];

/** What the later sweeps read besides: what arrived in the quarantine sink. */
export const SWEEP_PERMISSIONS: readonly Permission[] = [
  ...ROUND_PERMISSIONS,
  read('sqs:GetQueueUrl', SINK_QUEUES, 'where the quarantine queue is'),
  read('sqs:ReceiveMessage', SINK_QUEUES, 'what arrived in the quarantine sink; nothing is removed'),
  read('s3:ListBucket', SINK_BUCKETS, 'what arrived in the quarantine sink'),
  read('s3:GetObject', `${SINK_BUCKETS}/*`, 'what arrived in the quarantine sink'),
];

/** What a snapshot reads. */
export const SNAPSHOT_PERMISSIONS: readonly Permission[] = [
  ...ROUND_PERMISSIONS,
  read('lambda:GetLayerVersion', LAYERS, 'layers and their packages'),
  read('lambda:GetLayerVersionPolicy', LAYERS, 'who else may use a layer'),
  read('lambda:ListAliases', FUNCTIONS, 'routing'),
  read('lambda:ListEventSourceMappings', ANY, 'triggers that pull'),
  read('lambda:ListFunctionEventInvokeConfigs', FUNCTIONS, 'destinations'),
  read('lambda:ListFunctionUrlConfigs', FUNCTIONS, 'doors from outside'),
  read('lambda:ListProvisionedConcurrencyConfigs', FUNCTIONS, 'provisioned concurrency'),
  read('lambda:GetFunctionRecursionConfig', FUNCTIONS, 'loop protection'),
  read('lambda:GetRuntimeManagementConfig', FUNCTIONS, 'which runtime it ran on'),
  read('lambda:GetFunctionCodeSigningConfig', FUNCTIONS, 'whether unsigned code was let in'),
  read('lambda:GetCodeSigningConfig', ANY, 'whose signatures were let in'),
  read('lambda:GetFunctionScalingConfig', FUNCTIONS, 'capacity of managed instances'),
  read('lambda:ListDurableExecutionsByFunction', FUNCTIONS, 'what the function had begun'),
  read('lambda:GetDurableExecutionHistory', FUNCTIONS, 'what the function had begun'),
  read('application-autoscaling:DescribeScalableTargets', ANY, 'what would put concurrency back'),
  read('application-autoscaling:DescribeScalingPolicies', ANY, 'what would put concurrency back'),
  read('sqs:GetQueueUrl', QUEUES, 'queues that the function reads and feeds'),
  read('sqs:GetQueueAttributes', QUEUES, 'how much waits in them'),
  read('ec2:DescribeNetworkInterfaces', ANY, 'addresses that it spoke from'),
  read('ec2:DescribeFlowLogs', ANY, 'where its traffic is recorded'),
  read('xray:GetTraceSummaries', ANY, 'calls that it made'),
  read('config:GetResourceConfigHistory', ANY, 'how it changed, by an independent recorder'),
  read('secretsmanager:ListSecrets', ANY, 'names and dates of secrets, never values'),
];
