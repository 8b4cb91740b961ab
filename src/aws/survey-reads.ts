import type { SurveyCall } from '../action/survey-port.ts';
import type { JsonObject } from '../json.ts';
import { once } from './once.ts';
import type { SurveyRead } from './survey-read.ts';

/** How each call of the survey port is made; the SDK of its service is loaded by the first. */

const lambda = once(() => import('@aws-sdk/client-lambda'));
const scaling = once(() => import('@aws-sdk/client-application-auto-scaling'));
const sqs = once(() => import('@aws-sdk/client-sqs'));
const s3 = once(() => import('@aws-sdk/client-s3'));
const cloudwatch = once(() => import('@aws-sdk/client-cloudwatch'));
const cloudtrail = once(() => import('@aws-sdk/client-cloudtrail'));
const ec2 = once(() => import('@aws-sdk/client-ec2'));
const xray = once(() => import('@aws-sdk/client-xray'));
const configService = once(() => import('@aws-sdk/client-config-service'));
const secretsManager = once(() => import('@aws-sdk/client-secrets-manager'));

const NEXT_TOKEN = { answer: 'NextToken', request: 'NextToken' };
const MAX_RECORD_BYTES = 8_000_000;
const MARKER = { answer: 'NextMarker', request: 'Marker' };

export const SURVEY_READS: Readonly<Record<SurveyCall, SurveyRead>> = {
  'lambda:GetLayerVersion': {
    async open(config) {
      const { LambdaClient, GetLayerVersionByArnCommand } = await lambda();
      const client = new LambdaClient(config);
      return (input, options) => client.send(new GetLayerVersionByArnCommand(request(input)), options);
    },
  },
  'lambda:GetLayerVersionPolicy': {
    async open(config) {
      const { LambdaClient, GetLayerVersionPolicyCommand } = await lambda();
      const client = new LambdaClient(config);
      return (input, options) => client.send(new GetLayerVersionPolicyCommand(request(input)), options);
    },
  },
  'lambda:GetFunctionRecursionConfig': {
    async open(config) {
      const { LambdaClient, GetFunctionRecursionConfigCommand } = await lambda();
      const client = new LambdaClient(config);
      return (input, options) => client.send(new GetFunctionRecursionConfigCommand(request(input)), options);
    },
  },
  'lambda:GetRuntimeManagementConfig': {
    async open(config) {
      const { LambdaClient, GetRuntimeManagementConfigCommand } = await lambda();
      const client = new LambdaClient(config);
      return (input, options) => client.send(new GetRuntimeManagementConfigCommand(request(input)), options);
    },
  },
  'lambda:GetFunctionCodeSigningConfig': {
    async open(config) {
      const { LambdaClient, GetFunctionCodeSigningConfigCommand } = await lambda();
      const client = new LambdaClient(config);
      return (input, options) =>
        client.send(new GetFunctionCodeSigningConfigCommand(request(input)), options);
    },
  },
  'lambda:GetCodeSigningConfig': {
    async open(config) {
      const { LambdaClient, GetCodeSigningConfigCommand } = await lambda();
      const client = new LambdaClient(config);
      return (input, options) => client.send(new GetCodeSigningConfigCommand(request(input)), options);
    },
  },
  'lambda:GetFunctionScalingConfig': {
    async open(config) {
      const { LambdaClient, GetFunctionScalingConfigCommand } = await lambda();
      const client = new LambdaClient(config);
      return (input, options) => client.send(new GetFunctionScalingConfigCommand(request(input)), options);
    },
  },
  'lambda:ListDurableExecutionsByFunction': {
    token: MARKER,
    async open(config) {
      const { LambdaClient, ListDurableExecutionsByFunctionCommand } = await lambda();
      const client = new LambdaClient(config);
      return (input, options) =>
        client.send(new ListDurableExecutionsByFunctionCommand(request(input)), options);
    },
  },
  'lambda:GetDurableExecutionHistory': {
    token: MARKER,
    async open(config) {
      const { LambdaClient, GetDurableExecutionHistoryCommand } = await lambda();
      const client = new LambdaClient(config);
      return (input, options) => client.send(new GetDurableExecutionHistoryCommand(request(input)), options);
    },
  },
  'application-autoscaling:DescribeScalableTargets': {
    token: NEXT_TOKEN,
    async open(config) {
      const sdk = await scaling();
      const client = new sdk.ApplicationAutoScalingClient(config);
      return (input, options) => client.send(new sdk.DescribeScalableTargetsCommand(request(input)), options);
    },
  },
  'application-autoscaling:DescribeScalingPolicies': {
    token: NEXT_TOKEN,
    async open(config) {
      const sdk = await scaling();
      const client = new sdk.ApplicationAutoScalingClient(config);
      return (input, options) => client.send(new sdk.DescribeScalingPoliciesCommand(request(input)), options);
    },
  },
  'sqs:GetQueueUrl': {
    async open(config) {
      const { SQSClient, GetQueueUrlCommand } = await sqs();
      const client = new SQSClient({ ...config, useQueueUrlAsEndpoint: false });
      return (input, options) => client.send(new GetQueueUrlCommand(request(input)), options);
    },
  },
  'sqs:GetQueueAttributes': {
    async open(config) {
      const { SQSClient, GetQueueAttributesCommand } = await sqs();
      // The link comes from an answer: it names the queue, and never where the call goes.
      const client = new SQSClient({ ...config, useQueueUrlAsEndpoint: false });
      return (input, options) => client.send(new GetQueueAttributesCommand(request(input)), options);
    },
  },
  'sqs:ReceiveMessage': {
    async open(config) {
      const { SQSClient, ReceiveMessageCommand } = await sqs();
      const client = new SQSClient({ ...config, useQueueUrlAsEndpoint: false });
      return (input, options) => client.send(new ReceiveMessageCommand(request(input)), options);
    },
  },
  's3:ListBucket': {
    token: { answer: 'NextContinuationToken', request: 'ContinuationToken' },
    async open(config) {
      const { S3Client, ListObjectsV2Command } = await s3();
      const client = new S3Client({ ...config, forcePathStyle: true });
      return (input, options) => client.send(new ListObjectsV2Command(request(input)), options);
    },
  },
  's3:GetObject': {
    async open(config) {
      const { S3Client, GetObjectCommand } = await s3();
      const client = new S3Client({ ...config, forcePathStyle: true });
      return async (input, options) => {
        const { Body, ContentLength } = await client.send(new GetObjectCommand(request(input)), options);
        // A record of Lambda is its event, at most 1 MB, and little around it; nothing longer is one.
        if ((ContentLength ?? 0) > MAX_RECORD_BYTES) return { Text: '' };
        return { Text: (await Body?.transformToString('utf8')) ?? '' };
      };
    },
  },
  'cloudwatch:GetMetricData': {
    token: NEXT_TOKEN,
    async open(config) {
      const { CloudWatchClient, GetMetricDataCommand } = await cloudwatch();
      const client = new CloudWatchClient(config);
      return (input, options) => client.send(new GetMetricDataCommand(request(input)), options);
    },
  },
  'cloudtrail:LookupEvents': {
    token: NEXT_TOKEN,
    async open(config) {
      const { CloudTrailClient, LookupEventsCommand } = await cloudtrail();
      const client = new CloudTrailClient(config);
      return (input, options) => client.send(new LookupEventsCommand(request(input)), options);
    },
  },
  'ec2:DescribeNetworkInterfaces': {
    token: NEXT_TOKEN,
    async open(config) {
      const { EC2Client, DescribeNetworkInterfacesCommand } = await ec2();
      const client = new EC2Client(config);
      return (input, options) => client.send(new DescribeNetworkInterfacesCommand(request(input)), options);
    },
  },
  'ec2:DescribeFlowLogs': {
    token: NEXT_TOKEN,
    async open(config) {
      const { EC2Client, DescribeFlowLogsCommand } = await ec2();
      const client = new EC2Client(config);
      return (input, options) => client.send(new DescribeFlowLogsCommand(request(input)), options);
    },
  },
  'xray:GetTraceSummaries': {
    token: NEXT_TOKEN,
    async open(config) {
      const { XRayClient, GetTraceSummariesCommand } = await xray();
      const client = new XRayClient(config);
      return (input, options) => client.send(new GetTraceSummariesCommand(request(input)), options);
    },
  },
  'config:GetResourceConfigHistory': {
    token: { answer: 'nextToken', request: 'nextToken' },
    async open(config) {
      const sdk = await configService();
      const client = new sdk.ConfigServiceClient(config);
      return (input, options) =>
        client.send(new sdk.GetResourceConfigHistoryCommand(request(input)), options);
    },
  },
  'secretsmanager:ListSecrets': {
    token: NEXT_TOKEN,
    async open(config) {
      const { SecretsManagerClient, ListSecretsCommand } = await secretsManager();
      const client = new SecretsManagerClient(config);
      return (input, options) => client.send(new ListSecretsCommand(request(input)), options);
    },
  },
};

/** The request as the SDK takes it: instants are dates there. */
function request<Input>(input: JsonObject): Input {
  const instants = (['StartTime', 'EndTime'] as const).flatMap((key) => {
    const value = input[key];
    return typeof value === 'string' ? [[key, new Date(value)]] : [];
  });
  // The request is written by our own actions, in the words of the API; AWS checks it once more.
  return { ...input, ...Object.fromEntries(instants) } as Input;
}
