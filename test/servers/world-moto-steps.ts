import {
  ApplicationAutoScalingClient,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeLogGroupsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListRolePoliciesCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionUrlConfigCommand,
  GetPolicyCommand,
  LambdaClient,
  ListAliasesCommand,
  ListFunctionUrlConfigsCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  PutProvisionedConcurrencyConfigCommand,
  RemovePermissionCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { expect } from '@jest/globals';
import { randomIds } from '../../src/id.ts';
import { ADMIN } from '../unit/simulation/world/support.ts';

/** What is asked of the world and of moto alike. */

const REGION = 'eu-west-1';
export const ACCOUNT = '123456789012'; // moto's own
const EMPTY_ZIP = Buffer.concat([Buffer.from([0x50, 0x4b, 5, 6]), Buffer.alloc(18)]);

export const unique = randomIds
  .next('att')
  .slice(-10)
  .toLowerCase()
  .replace(/[^a-z0-9]/g, 'x');
const FunctionName = `compared-${unique}`;
export const RoleName = `role-${unique}`;
const Bucket = `bucket-${unique}`;
export const QueueName = `queue-${unique}`;
const GroupName = `/compared/${unique}`;
const Role = `arn:aws:iam::${ACCOUNT}:role/${RoleName}`;
const boundary = `arn:aws:iam::${ACCOUNT}:policy/boundary-${unique}`;
export const deny = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
});
export const TRUST = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'lambda.amazonaws.com', AWS: ACCOUNT },
      Action: 'sts:AssumeRole',
    },
  ],
};

export function clientsOf(endpoint: string) {
  const config = { endpoint, region: REGION, credentials: { ...ADMIN }, maxAttempts: 1 };
  return {
    endpoint,
    lambda: new LambdaClient(config),
    iam: new IAMClient(config),
    sts: new STSClient(config),
    s3: new S3Client({ ...config, forcePathStyle: true }),
    sqs: new SQSClient(config),
    logs: new CloudWatchLogsClient(config),
    trail: new CloudTrailClient(config),
    scaling: new ApplicationAutoScalingClient(config),
  };
}
export type Clients = ReturnType<typeof clientsOf>;

export interface Step {
  readonly name: string;
  /** Makes the call; returns what both must say alike. */
  ask(to: Clients): Promise<unknown>;
}

const versionIds = new Map<string, string>();
const until = (days: number) => new Date(Date.parse('2030-01-01') + days * 86_400_000);
const locked = (to: Clients) => ({ Bucket, Key: 'locked', VersionId: versionIds.get(to.endpoint) ?? '' });

/** In this order: a step builds on those before. */
export const STEPS: readonly Step[] = [
  {
    name: 'a function is created',
    ask: async ({ lambda }) => {
      const made = await lambda.send(
        new CreateFunctionCommand({
          FunctionName,
          Role,
          Runtime: 'python3.12',
          Handler: 'index.handler',
          Code: { ZipFile: EMPTY_ZIP },
        }),
      );
      return [made.FunctionName, made.Role, made.CodeSha256, made.MemorySize, made.Timeout, made.PackageType];
    },
  },
  {
    name: 'a function that is not there is not found',
    ask: ({ lambda }) => lambda.send(new GetFunctionCommand({ FunctionName: 'nobody' })),
  },
  {
    name: 'a version is published',
    ask: async ({ lambda }) => (await lambda.send(new PublishVersionCommand({ FunctionName }))).Version,
  },
  {
    name: 'versions are listed',
    ask: async ({ lambda }) =>
      (await lambda.send(new ListVersionsByFunctionCommand({ FunctionName }))).Versions?.map(
        (one) => one.Version,
      ),
  },
  {
    name: 'an alias is made and moved',
    ask: async ({ lambda }) => {
      const alias = { FunctionName, Name: 'live', FunctionVersion: '1' };
      await lambda.send(new CreateAliasCommand({ ...alias, Description: 'd' }));
      const moved = await lambda.send(new UpdateAliasCommand({ ...alias, FunctionVersion: '$LATEST' }));
      return [moved.FunctionVersion, moved.Description, moved.Name];
    },
  },
  {
    name: 'aliases are listed',
    ask: async ({ lambda }) =>
      (await lambda.send(new ListAliasesCommand({ FunctionName }))).Aliases?.map((one) => one.Name),
  },
  {
    name: 'reserved concurrency unset, N, deleted',
    ask: async ({ lambda }) => {
      const read = async () =>
        (await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }))).ReservedConcurrentExecutions;
      const seen = [await read()];
      await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 3 }));
      seen.push(await read());
      await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
      return [...seen, await read()];
    },
  },
  {
    name: 'reserved concurrency 0 in GetFunction',
    ask: async ({ lambda }) => {
      await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
      const { Concurrency } = await lambda.send(new GetFunctionCommand({ FunctionName }));
      return Concurrency?.ReservedConcurrentExecutions ?? 'not shown';
    },
  },
  {
    name: 'provisioned concurrency',
    ask: async ({ lambda }) => {
      await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
      const wanted = { FunctionName, Qualifier: '1', ProvisionedConcurrentExecutions: 1 };
      const { Status } = await lambda.send(new PutProvisionedConcurrencyConfigCommand(wanted));
      return Status;
    },
  },
  {
    name: 'a permission is added, read and removed',
    ask: async ({ lambda }) => {
      await lambda.send(
        new AddPermissionCommand({
          FunctionName,
          StatementId: 'gateway',
          Action: 'lambda:InvokeFunction',
          Principal: 'apigateway.amazonaws.com',
          SourceAccount: ACCOUNT,
        }),
      );
      const { Policy = '{}' } = await lambda.send(new GetPolicyCommand({ FunctionName }));
      await lambda.send(new RemovePermissionCommand({ FunctionName, StatementId: 'gateway' }));
      const [statement]: { Sid: string; Effect: string; Principal: unknown; Action: string }[] =
        JSON.parse(Policy).Statement;
      return [statement?.Sid, statement?.Effect, statement?.Principal, statement?.Action];
    },
  },
  {
    name: 'a policy whose last statement is gone is not found',
    ask: ({ lambda }) => lambda.send(new GetPolicyCommand({ FunctionName })),
  },
  {
    name: 'a function URL',
    ask: async ({ lambda }) => {
      await lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: 'NONE' }));
      return (await lambda.send(new GetFunctionUrlConfigCommand({ FunctionName }))).AuthType;
    },
  },
  {
    name: 'function URLs are listed',
    ask: async ({ lambda }) =>
      (await lambda.send(new ListFunctionUrlConfigsCommand({ FunctionName }))).FunctionUrlConfigs?.length,
  },
  {
    name: 'an inline policy is put, read, listed and deleted',
    ask: async ({ iam }) => {
      const named = { RoleName, PolicyName: 'quarantine' };
      await iam.send(new PutRolePolicyCommand({ ...named, PolicyDocument: deny }));
      const read = await iam.send(new GetRolePolicyCommand(named));
      const { PolicyNames } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
      await iam.send(new DeleteRolePolicyCommand(named));
      return [JSON.parse(decodeURIComponent(read.PolicyDocument ?? '{}')), PolicyNames];
    },
  },
  {
    name: 'an inline policy that is not there is not found',
    ask: ({ iam }) => iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: 'quarantine' })),
  },
  {
    name: 'a boundary is put, shown and deleted',
    ask: async ({ iam }) => {
      await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: boundary }));
      const during = (await iam.send(new GetRoleCommand({ RoleName }))).Role?.PermissionsBoundary;
      await iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }));
      const after = (await iam.send(new GetRoleCommand({ RoleName }))).Role?.PermissionsBoundary;
      return [during?.PermissionsBoundaryArn, after ?? null];
    },
  },
  {
    name: 'the IAM simulator',
    ask: async ({ iam }) => {
      const { EvaluationResults } = await iam.send(
        new SimulatePrincipalPolicyCommand({ PolicySourceArn: Role, ActionNames: ['s3:GetObject'] }),
      );
      return EvaluationResults?.map((one) => one.EvalDecision);
    },
  },
  {
    name: 'a role is assumed',
    ask: async ({ sts }) => {
      const { AssumedRoleUser, Credentials } = await sts.send(
        new AssumeRoleCommand({ RoleArn: Role, RoleSessionName: 'inc-1' }),
      );
      return [AssumedRoleUser?.Arn, Credentials?.AccessKeyId?.slice(0, 4)];
    },
  },
  {
    name: 'an object is put once, with a lock',
    ask: async (to) => {
      await to.s3.send(
        new CreateBucketCommand({
          Bucket,
          ObjectLockEnabledForBucket: true,
          CreateBucketConfiguration: { LocationConstraint: REGION },
        }),
      );
      const put = await to.s3.send(
        new PutObjectCommand({
          Bucket,
          Key: 'locked',
          Body: 'evidence',
          IfNoneMatch: '*',
          ChecksumAlgorithm: 'SHA256',
          ObjectLockMode: 'COMPLIANCE',
          ObjectLockRetainUntilDate: until(30),
        }),
      );
      versionIds.set(to.endpoint, put.VersionId ?? '');
      return [put.ChecksumSHA256, put.ETag, put.VersionId !== undefined];
    },
  },
  {
    name: 'a second put of the same key is refused',
    ask: ({ s3 }) =>
      s3.send(new PutObjectCommand({ Bucket, Key: 'locked', Body: 'other', IfNoneMatch: '*' })),
  },
  {
    name: 'a locked version is not deleted',
    ask: (to) => to.s3.send(new DeleteObjectCommand(locked(to))),
  },
  {
    name: 'COMPLIANCE is not shortened',
    ask: async (to) => {
      const Retention = { Mode: 'COMPLIANCE', RetainUntilDate: until(1) } as const;
      await to.s3.send(new PutObjectRetentionCommand({ ...locked(to), Retention }));
      return 'shortened';
    },
  },
  {
    name: 'a version is read by its id',
    ask: async (to) => {
      const { Body, ObjectLockMode } = await to.s3.send(new GetObjectCommand(locked(to)));
      return [await Body?.transformToString(), ObjectLockMode];
    },
  },
  {
    name: 'a message is counted',
    ask: async ({ sqs, endpoint }) => {
      const QueueUrl = `${endpoint}/${ACCOUNT}/${QueueName}`;
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'one' }));
      const AttributeNames = [
        'ApproximateNumberOfMessages',
        'VisibilityTimeout',
        'MessageRetentionPeriod',
      ] as const;
      return (
        await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }))
      ).Attributes;
    },
  },
  {
    name: 'a log group is made, and not twice',
    ask: async ({ logs }) => {
      await logs.send(new CreateLogGroupCommand({ logGroupName: GroupName }));
      await logs.send(new CreateLogStreamCommand({ logGroupName: GroupName, logStreamName: 's' }));
      const found = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: GroupName }));
      expect(found.logGroups?.map((one) => one.logGroupName)).toEqual([GroupName]);
      return logs.send(new CreateLogGroupCommand({ logGroupName: GroupName }));
    },
  },
  {
    name: 'the event history',
    ask: async ({ trail }) => Array.isArray((await trail.send(new LookupEventsCommand({}))).Events),
  },
  {
    name: 'a scalable target is registered',
    ask: async ({ scaling }) => {
      const { ScalableTargetARN } = await scaling.send(
        new RegisterScalableTargetCommand({
          ServiceNamespace: 'lambda',
          ResourceId: `function:${FunctionName}:live`,
          ScalableDimension: 'lambda:function:ProvisionedConcurrency',
          MinCapacity: 1,
          MaxCapacity: 5,
        }),
      );
      return ScalableTargetARN?.startsWith(
        `arn:aws:application-autoscaling:${REGION}:${ACCOUNT}:scalable-target/`,
      );
    },
  },
  {
    name: 'a function is deleted, and not found after',
    ask: async ({ lambda }) => {
      await lambda.send(new DeleteFunctionCommand({ FunctionName }));
      return lambda.send(new GetFunctionCommand({ FunctionName }));
    },
  },
];
