import { createHash } from 'node:crypto';
import { ACCOUNT, FUNCTION_ARN, REGION, ROLE_ARN } from './aws-access.ts';
import { json, jsonError, type StubReply, type StubRequest, xml, xmlError } from './aws-stub.ts';
import { answerDoor } from './stub-doors.ts';

/** What one function and its role are, for tests of actions: a state, and answers that follow from it. */
export interface StubAccount {
  reserved: number | null;
  provisioned: readonly { readonly qualifier: string; readonly requested: number }[];
  mappings: readonly { readonly UUID: string; readonly State: string }[];
  readonly inline: Map<string, string>;
  /** Documents of managed policies by ARN; of any other there is one that says nothing. */
  readonly managed: Map<string, string>;
  readonly code: Buffer;
  codeSha256: string;
  /** Where the link to the package leads. */
  codePath: string;
  logGroup: string;
  /** True for a function with everything that evidence looks up only where it is: layers, a VPC, tracing … */
  elaborate: boolean;
  environment: Record<string, string>;
  simulated: 'denied' | 'allowed' | 'refused';
  /** Log pages; a page of `null` is refused. `undefined`: there is no such group. */
  logPages: readonly (readonly string[] | null)[] | undefined;
  /** Every event that CloudTrail finds, whatever is looked up. */
  trail: readonly { readonly EventName: string; readonly CloudTrailEvent: string }[];
  /** Answers instead of the account, by operation as the stub names it. */
  readonly instead: Map<string, StubReply>;
  origin: string;
  answer: (request: StubRequest) => StubReply;
}

export const OTHER_ROLE = `arn:aws:iam::${ACCOUNT}:role/old-role`;

export function stubAccount(): StubAccount {
  const code = Buffer.from('PK code of checkout');
  const account: StubAccount = {
    reserved: null,
    provisioned: [],
    mappings: [],
    inline: new Map(),
    managed: new Map(),
    code,
    codeSha256: createHash('sha256').update(code).digest('base64'),
    codePath: '/code.zip',
    elaborate: false,
    logGroup: '/aws/lambda/checkout',
    environment: { TOKEN: 'hush-hush' },
    simulated: 'denied',
    logPages: [['START', 'END']],
    trail: [
      { EventName: 'UpdateFunctionCode20150331v2', CloudTrailEvent: '{"functionName":"checkout"}' },
      { EventName: 'UpdateFunctionCode20150331v2', CloudTrailEvent: '{"functionName":"another"}' },
    ],
    instead: new Map(),
    origin: '',
    answer: (request) =>
      account.instead.get(request.operation) ?? answerDoor(request) ?? answer(account, request),
  };
  return account;
}

const LAYER = `arn:aws:lambda:${REGION}:${ACCOUNT}:layer:tools:3`;
const EXECUTION = `${FUNCTION_ARN}:$LATEST/durable-execution/run/1`;
const ELABORATE = {
  Layers: [{ Arn: LAYER, CodeSize: 1 }],
  VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'], VpcId: 'vpc-1' },
  TracingConfig: { Mode: 'Active' },
  DurableConfig: { ExecutionTimeout: 60, RetentionPeriodInDays: 1 },
  CapacityProviderConfig: { LambdaManagedInstancesCapacityProviderConfig: { CapacityProviderArn: 'c' } },
  DeadLetterConfig: { TargetArn: `arn:aws:sqs:${REGION}:${ACCOUNT}:failed` },
};

function configuration(account: StubAccount, version: string) {
  return {
    FunctionArn: version === '$LATEST' ? FUNCTION_ARN : `${FUNCTION_ARN}:${version}`,
    FunctionName: 'checkout',
    Version: version,
    // Each version carries its own role.
    Role: version === '1' ? OTHER_ROLE : ROLE_ARN,
    RevisionId: `rev-${version}`,
    CodeSha256: account.codeSha256,
    LastModified: '2026-11-01T00:00:00.000+0000',
    Timeout: 3,
    PackageType: 'Zip',
    LoggingConfig: { LogGroup: account.logGroup },
    ...(account.elaborate ? ELABORATE : {}),
    Environment: { Variables: account.environment },
  };
}

function answer(account: StubAccount, request: StubRequest): StubReply {
  const { operation, fields, query } = request;
  const base = `/functions/${FUNCTION_ARN}`;
  switch (operation) {
    case `GET /2015-03-31${base}`:
      return json({
        Configuration: configuration(account, query.get('Qualifier') ?? '$LATEST'),
        Code: { Location: `${account.origin}${account.codePath}?X-Amz-Signature=hush-hush` },
        Tags: { tier: 'test' },
        ...(account.reserved === null
          ? {}
          : { Concurrency: { ReservedConcurrentExecutions: account.reserved } }),
      });
    case 'GET /code.zip':
      return { kind: 'answer', status: 200, body: account.code };
    case `GET /2015-03-31${base}/versions`:
      return json({ Versions: [configuration(account, '$LATEST'), configuration(account, '1')] });
    case `GET /2015-03-31${base}/aliases`:
      return json({ Aliases: [{ Name: 'live', FunctionVersion: '1' }] });
    case `GET /2019-09-30${base}/provisioned-concurrency`:
      // One path, two operations: without a list it is about one qualifier.
      if (query.get('List') === null) return json({ RequestedProvisionedConcurrentExecutions: 2 });
      return json({
        ProvisionedConcurrencyConfigs: account.provisioned.map((item) => ({
          FunctionArn: `${FUNCTION_ARN}:${item.qualifier}`,
          RequestedProvisionedConcurrentExecutions: item.requested,
        })),
      });
    case `GET /2019-09-30${base}/concurrency`:
      return json(account.reserved === null ? {} : { ReservedConcurrentExecutions: account.reserved });
    case `PUT /2017-10-31${base}/concurrency`:
      if (account.provisioned.length > 0) return jsonError('InvalidParameterValueException', 400);
      account.reserved = Number(fields.ReservedConcurrentExecutions);
      return json({ ReservedConcurrentExecutions: account.reserved });
    case `DELETE /2017-10-31${base}/concurrency`:
      account.reserved = null;
      return { kind: 'answer', status: 204, body: '' };
    case 'GET /2015-03-31/event-source-mappings':
      return json({ EventSourceMappings: account.mappings });
    case `GET /2019-09-25${base}/event-invoke-config/list`:
      return json({
        FunctionEventInvokeConfigs: ['$LATEST', 'live'].map((qualifier) => ({
          FunctionArn: `${FUNCTION_ARN}:${qualifier}`,
          LastModified: 1_750_000_000,
          DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::failed' } },
        })),
      });
    case `GET /2021-10-31${base}/urls`:
      return json({ FunctionUrlConfigs: [] });
    case `GET /2015-03-31${base}/policy`:
      return query.get('Qualifier') === null
        ? json({ Policy: '{"Version":"2012-10-17","Statement":[]}' })
        : jsonError('ResourceNotFoundException', 404);
    case `GET /2024-08-31/functions/checkout/recursion-config`:
      return json({ RecursiveLoop: 'Terminate' });
    case `GET /2021-07-20/functions/checkout/runtime-management-config`:
      return json({ UpdateRuntimeOn: 'Auto' });
    case `GET /2020-06-30/functions/checkout/code-signing-config`:
      return json({
        FunctionName: 'checkout',
        ...(account.elaborate
          ? { CodeSigningConfigArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:code-signing-config:csc-1` }
          : {}),
      });
    case `GET /2020-04-22/code-signing-configs/arn:aws:lambda:${REGION}:${ACCOUNT}:code-signing-config:csc-1`:
      return json({ CodeSigningConfig: {} });
    case 'GET /2025-11-30/functions/checkout/function-scaling-config':
      return json({ FunctionArn: FUNCTION_ARN });
    case 'GET /2018-10-31/layers':
      return json({
        LayerVersionArn: LAYER,
        Content: {
          Location: `${account.origin}/layer.zip?X-Amz-Signature=hush-hush`,
          CodeSha256: account.codeSha256,
        },
      });
    case 'GET /layer.zip':
      return { kind: 'answer', status: 200, body: account.code };
    case `GET /2018-10-31/layers/${LAYER.slice(0, -2)}/versions/3/policy`:
      return jsonError('ResourceNotFoundException', 404);
    case 'GET /2025-12-01/functions/checkout/durable-executions':
      return json({ DurableExecutions: [{ DurableExecutionArn: EXECUTION }] });
    case `GET /2025-12-01/durable-executions/${EXECUTION}/history`:
      return json({ Events: [{ EventType: 'ExecutionStarted' }] });
    case 'GetQueueUrl':
      return json({ QueueUrl: `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/failed` });
    case 'GetQueueAttributes':
      return json({ Attributes: { ApproximateNumberOfMessages: '3' } });
    case 'DescribeNetworkInterfaces':
    case 'DescribeFlowLogs':
      return {
        kind: 'answer',
        status: 200,
        headers: { 'content-type': 'text/xml' },
        body: `<${operation}Response/>`,
      };
    case 'POST /TraceSummaries':
      return json({ TraceSummaries: [] });
    case 'GET /2015-03-31/functions':
      return json({
        Functions: [
          { FunctionArn: FUNCTION_ARN, Role: ROLE_ARN },
          { FunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:sibling`, Role: ROLE_ARN },
          { FunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:other`, Role: `${ROLE_ARN}-else` },
        ],
      });
    case 'DescribeScalableTargets':
      return json({
        ScalableTargets: [
          { ResourceId: 'function:checkout:live' },
          { ResourceId: 'function:checkout-2:live' },
        ],
      });
    case 'DescribeScalingPolicies':
      return json({ ScalingPolicies: [] });
    case 'LookupEvents':
      return json({ Events: account.trail });
    case 'GetMetricData':
      return json({ MetricDataResults: [{ Id: 'invocations', Timestamps: [], Values: [] }] });
    case 'ListSecrets':
      return json({
        SecretList: [
          { Name: 'payments', ARN: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:payments' },
        ],
      });
    case 'GetResourceConfigHistory':
      return json({ configurationItems: [] });
    case 'FilterLogEvents':
      return logPage(account, fields.nextToken === undefined ? 0 : Number(fields.nextToken));
    default:
      return iam(account, operation, fields);
  }
}

function logPage(account: StubAccount, index: number): StubReply {
  const page = account.logPages?.[index];
  if (account.logPages === undefined) return jsonError('ResourceNotFoundException', 400, 'no such group');
  if (page === null || page === undefined) return jsonError('AccessDeniedException', 400);
  return json({
    events: page.map((message, at) => ({ logStreamName: 'stream', timestamp: at, message })),
    ...(index + 1 < account.logPages.length ? { nextToken: String(index + 1) } : {}),
  });
}

function iam(account: StubAccount, operation: string, fields: Readonly<Record<string, unknown>>): StubReply {
  const policy = String(fields.PolicyName);
  const encoded = (text: string) => encodeURIComponent(text);
  switch (operation) {
    case 'GetRole':
      return xml(
        'GetRole',
        `<Role><Arn>arn:aws:iam::${ACCOUNT}:role/${String(fields.RoleName)}</Arn><RoleName>${String(fields.RoleName)}</RoleName><AssumeRolePolicyDocument>${encoded('{"Version":"2012-10-17"}')}</AssumeRolePolicyDocument></Role>`,
      );
    case 'ListRolePolicies':
      return xml(
        operation,
        `<PolicyNames>${[...account.inline.keys()].map((name) => `<member>${name}</member>`).join('')}</PolicyNames><IsTruncated>false</IsTruncated>`,
      );
    case 'ListAttachedRolePolicies':
      return xml(
        operation,
        '<AttachedPolicies><member><PolicyName>Basic</PolicyName><PolicyArn>arn:aws:iam::aws:policy/Basic</PolicyArn></member></AttachedPolicies>',
      );
    case 'GetPolicy':
      return xml(operation, '<Policy><DefaultVersionId>v2</DefaultVersionId></Policy>');
    case 'GetPolicyVersion':
      return xml(
        operation,
        `<PolicyVersion><Document>${encoded(account.managed.get(String(fields.PolicyArn)) ?? '{"Version":"v2"}')}</Document></PolicyVersion>`,
      );
    case 'GetRolePolicy': {
      const document = account.inline.get(policy);
      return document === undefined
        ? xmlError('NoSuchEntity', 404)
        : xml(operation, `<PolicyDocument>${encoded(document)}</PolicyDocument>`);
    }
    case 'PutRolePolicy':
      account.inline.set(policy, String(fields.PolicyDocument));
      return xml(operation, '');
    case 'PutRolePermissionsBoundary':
    case 'DeleteRolePermissionsBoundary':
    case 'AttachRolePolicy':
    case 'DetachRolePolicy':
      return xml(operation, '');
    case 'DeleteRolePolicy':
      return account.inline.delete(policy) ? xml(operation, '') : xmlError('NoSuchEntity', 404);
    case 'SimulatePrincipalPolicy': {
      if (account.simulated === 'refused') return xmlError('AccessDenied', 403);
      const decision = account.simulated === 'denied' ? 'explicitDeny' : 'allowed';
      const names = Object.entries(fields).filter(([key]) => key.startsWith('ActionNames.member.'));
      const results = names.map(
        ([, name]) =>
          `<member><EvalActionName>${String(name)}</EvalActionName><EvalDecision>${decision}</EvalDecision></member>`,
      );
      return xml(operation, `<EvaluationResults>${results.join('')}</EvaluationResults>`);
    }
    default:
      return { kind: 'answer', status: 404, body: `nothing at ${operation}` };
  }
}
