import { FilterLogEventsCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  AttachRolePolicyCommand,
  DeleteRolePolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import {
  GetFunctionCommand,
  GetPolicyCommand,
  ListEventSourceMappingsCommand,
  ListVersionsByFunctionCommand,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterEach, describe, expect, test } from '@jest/globals';
import { diffSnapshots } from '../../../../src/simulation/world/snapshot.ts';
import { ACCOUNT, ADMIN, arnOf, exerciseSpec, REGION, type Stage, smallSpec, stage } from './support.ts';

let open: Stage | undefined;
async function opened(...args: Parameters<typeof stage>): Promise<Stage> {
  open = await stage(...args);
  return open;
}
afterEach(async () => {
  await open?.served.close();
  open = undefined;
});

const RoleName = 'webhook-role';
const roleArn = `arn:aws:iam::${ACCOUNT}:role/${RoleName}`;
const secret = {
  service: 'secretsmanager',
  action: 'GetSecretValue',
  resource: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:key`,
};
const denyAllOf = (functionName: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'DenyAllButEvidence',
        Effect: 'Deny',
        NotAction: ['logs:CreateLogStream', 'logs:PutLogEvents', 'sqs:SendMessage'],
        Resource: '*',
        Condition: { ArnEquals: { 'lambda:SourceFunctionArn': arnOf(functionName) } },
      },
    ],
  });
const managed = {
  name: 'Nothing',
  document: { Version: '2012-10-17', Statement: { Effect: 'Deny', Action: '*', Resource: '*' } },
};
const managedArn = `arn:aws:iam::${ACCOUNT}:policy/Nothing`;

describe('a quarantine of one function on a shared role', () => {
  const spec = () =>
    smallSpec({
      functions: [
        { name: 'webhook', role: RoleName },
        { name: 'sibling', role: RoleName },
      ],
    });

  test('bites after the propagation delay, is read at once, and leaves the sibling alone', async () => {
    const { as, world, clock } = await opened(spec());
    const { iam } = as();
    const stolen = world.attacker.stealCredentials('webhook');
    const sibling = world.attacker.stealCredentials('sibling');
    expect(await world.attacker.callAs(stolen, secret)).toMatchObject({
      kind: 'ok',
      data: { SecretString: 'invented' },
    });

    const PolicyDocument = denyAllOf('webhook');
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'IRQuarantine', PolicyDocument }));
    const read = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: 'IRQuarantine' }));
    expect(decodeURIComponent(read.PolicyDocument ?? '')).toBe(PolicyDocument);
    clock.advance(3_999);
    expect((await world.attacker.callAs(stolen, secret)).kind).toBe('ok');
    clock.advance(1);
    expect(await world.attacker.callAs(stolen, secret)).toMatchObject({
      kind: 'denied',
      code: 'AccessDeniedException',
      message: expect.stringContaining('with an explicit deny in an identity-based policy'),
    });
    expect((await world.attacker.callAs(sibling, secret)).kind).toBe('ok');
    expect(world.journal.denied({ sourceFunctionArn: arnOf('sibling') })).toEqual([]);
    expect(world.journal.denied({ sourceFunctionArn: arnOf('webhook') })).toHaveLength(1);
  });

  test('still lets the function write its log, and is undone without a trace', async () => {
    const { as, world, clock } = await opened(spec());
    const { iam } = as();
    const before = world.snapshot();
    await iam.send(
      new PutRolePolicyCommand({ RoleName, PolicyName: 'q', PolicyDocument: denyAllOf('webhook') }),
    );
    expect(diffSnapshots(before, world.snapshot()).map((change) => change.path)).toEqual([
      `/roles/arn:aws:iam::${ACCOUNT}:role~1${RoleName}/inline/q`,
    ]);
    clock.advance(5_000);
    const group = world.state.logGroups;
    expect(group.size).toBe(0);
    await world.attacker.invoke('webhook').then((outcome) => expect(outcome.kind).toBe('denied'));
    await as().lambda.send(new GetFunctionCommand({ FunctionName: 'webhook' }));
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'q' }));
    expect(diffSnapshots(before, world.snapshot())).toEqual([]);
  });
});

describe('IAM', () => {
  test('refuses more than 10,240 characters of inline policy, white space apart', async () => {
    const { iam } = (await opened()).as();
    const put = (PolicyName: string, length: number) =>
      iam.send(
        new PutRolePolicyCommand({
          RoleName,
          PolicyName,
          PolicyDocument: JSON.stringify({
            Version: '2012-10-17',
            Statement: {
              Effect: 'Deny',
              Action: 's3:GetObject',
              Resource: `arn:aws:s3:::${'b'.repeat(length)}`,
            },
          }),
        }),
      );
    await put('first', 5_000);
    await expect(put('second', 5_000)).rejects.toMatchObject({ name: 'LimitExceededException' });
    expect((await iam.send(new ListRolePoliciesCommand({ RoleName }))).PolicyNames).toEqual([
      'base',
      'first',
    ]);
  });

  test('names what is not there as AWS does', async () => {
    const { iam } = (await opened()).as();
    await expect(iam.send(new GetRoleCommand({ RoleName: 'nobody' }))).rejects.toMatchObject({
      name: 'NoSuchEntityException',
      message: 'The role with name nobody cannot be found.',
    });
    await expect(iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: 'none' }))).rejects.toMatchObject({
      message: 'The role policy with name none cannot be found.',
    });
    await expect(
      iam.send(
        new PutRolePolicyCommand({
          RoleName,
          PolicyName: 'bad',
          PolicyDocument: '{"Statement":[{"Effect":"Deny"}]}',
        }),
      ),
    ).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' });
  });

  test('attaches managed policies and a boundary, each of which denies', async () => {
    for (const write of [
      new AttachRolePolicyCommand({ RoleName, PolicyArn: managedArn }),
      new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: managedArn }),
    ]) {
      const { as, world, clock, served } = await opened(smallSpec({ managedPolicies: [managed] }));
      const { iam } = as();
      const stolen = world.attacker.stealCredentials('webhook');
      // The union of both commands fits no overload of send.
      await (write instanceof AttachRolePolicyCommand ? iam.send(write) : iam.send(write));
      clock.advance(4_000);
      expect((await world.attacker.callAs(stolen, secret)).kind).toBe('denied');
      const version = await iam.send(new GetPolicyVersionCommand({ PolicyArn: managedArn, VersionId: 'v1' }));
      expect(JSON.parse(decodeURIComponent(version.PolicyVersion?.Document ?? ''))).toEqual(managed.document);
      const attached = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
      const role = await iam.send(new GetRoleCommand({ RoleName }));
      expect([
        attached.AttachedPolicies?.length,
        role.Role?.PermissionsBoundary?.PermissionsBoundaryArn,
      ]).toEqual(write instanceof AttachRolePolicyCommand ? [1, undefined] : [0, managedArn]);
      await served.close();
    }
  });

  test('simulates with context entries, before propagation', async () => {
    const { iam } = (await opened()).as();
    await iam.send(
      new PutRolePolicyCommand({ RoleName, PolicyName: 'q', PolicyDocument: denyAllOf('webhook') }),
    );
    const decisions = async (source: string) =>
      (
        await iam.send(
          new SimulatePrincipalPolicyCommand({
            PolicySourceArn: roleArn,
            ActionNames: ['secretsmanager:GetSecretValue', 'iam:PutRolePolicy', 'logs:PutLogEvents'],
            ResourceArns: ['*'],
            ContextEntries: [
              {
                ContextKeyName: 'lambda:SourceFunctionArn',
                ContextKeyType: 'string',
                ContextKeyValues: [source],
              },
            ],
          }),
        )
      ).EvaluationResults?.map((result) => result.EvalDecision);
    expect(await decisions(arnOf('webhook'))).toEqual(['explicitDeny', 'explicitDeny', 'allowed']);
    expect(await decisions(arnOf('other'))).toEqual(['allowed', 'implicitDeny', 'allowed']);
  });

  test('an organisation policy outranks the role; put back, it is as before', async () => {
    const { world, clock } = await opened();
    const stolen = world.attacker.stealCredentials('webhook');
    const all = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } };
    world.setServiceControlPolicies([
      [all],
      [
        all,
        {
          ...all,
          Statement: {
            ...all.Statement,
            Effect: 'Deny',
            Condition: { ArnEquals: { 'aws:PrincipalArn': roleArn } },
          },
        },
      ],
    ]);
    clock.advance(4_000);
    expect(await world.attacker.callAs(stolen, secret)).toMatchObject({
      kind: 'denied',
      message: expect.stringContaining('service control policy'),
    });
    world.setServiceControlPolicies([]);
    clock.advance(4_000);
    expect((await world.attacker.callAs(stolen, secret)).kind).toBe('ok');
  });
});

describe('sessions', () => {
  const engine = {
    accessKeyId: 'AKIACORDONENGINE0001',
    secretAccessKey: 'invented-engine-key-for-exercises-only',
  };
  const assume = (name: string, ExternalId?: string) =>
    new AssumeRoleCommand({
      RoleArn: `arn:aws:iam::${ACCOUNT}:role/${name}`,
      RoleSessionName: 'inc-1',
      SourceIdentity: 'cordon',
      ...(ExternalId === undefined ? {} : { ExternalId }),
    });

  test('the engine becomes its roles with the external id, and each may do its part only', async () => {
    const { as } = await opened(exerciseSpec());
    const { sts } = as(engine);
    await expect(sts.send(assume('CordonContain'))).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(sts.send(assume('checkout-webhook-role', 'cordon-exercise'))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    const { Credentials: given } = await sts.send(assume('CordonContain', 'cordon-exercise'));
    const contain = as({
      accessKeyId: given?.AccessKeyId ?? '',
      secretAccessKey: given?.SecretAccessKey ?? '',
      sessionToken: given?.SessionToken ?? '',
    });
    expect((await contain.sts.send(new GetCallerIdentityCommand({}))).Arn).toBe(
      `arn:aws:sts::${ACCOUNT}:assumed-role/CordonContain/inc-1`,
    );
    const FunctionName = 'checkout-webhook';
    await contain.lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }),
    );
    await expect(
      contain.iam.send(
        new DeleteRolePolicyCommand({ RoleName: 'checkout-webhook-role', PolicyName: 'webhook' }),
      ),
    ).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    await expect(
      contain.iam.send(
        new PutRolePolicyCommand({
          RoleName: 'CordonContain',
          PolicyName: 'x',
          PolicyDocument: denyAllOf('x'),
        }),
      ),
    ).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test('the read role of the exercise may read what the engine reads, and writes nothing', async () => {
    const { as, world } = await opened(exerciseSpec());
    const { Credentials: given } = await as(engine).sts.send(assume('CordonRead', 'cordon-exercise'));
    const read = as({
      accessKeyId: given?.AccessKeyId ?? '',
      secretAccessKey: given?.SecretAccessKey ?? '',
      sessionToken: given?.SessionToken ?? '',
    });
    const FunctionName = 'checkout-webhook';
    const role = { RoleName: 'checkout-webhook-role' };
    await read.lambda.send(new GetFunctionCommand({ FunctionName, Qualifier: '1' }));
    await read.lambda.send(new GetPolicyCommand({ FunctionName }));
    await read.lambda.send(new ListVersionsByFunctionCommand({ FunctionName }));
    await read.lambda.send(new ListEventSourceMappingsCommand({ FunctionName }));
    await read.iam.send(new GetRoleCommand(role));
    await read.iam.send(new ListRolePoliciesCommand(role));
    await read.iam.send(new GetRolePolicyCommand({ ...role, PolicyName: 'webhook' }));
    const found = await read.logs.send(
      new FilterLogEventsCommand({
        logGroupName: '/aws/lambda/checkout-webhook',
        filterPattern: 'update.example-cdn.invalid',
      }),
    );
    expect(found.events).toHaveLength(3);
    await expect(
      read.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 })),
    ).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(world.journal.writes()).toEqual([]);
  });

  test('a foreign identity needs a yes of both sides', async () => {
    const queue = (name: string, policy?: object) => ({ name, ...(policy === undefined ? {} : { policy }) });
    const principal = { AWS: 'arn:aws:iam::999988887777:user/guest' };
    const open = {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: principal, Action: 'sqs:*', Resource: '*' },
    };
    const guest = { accessKeyId: 'AKIAGUESTGUESTGUEST0', secretAccessKey: 'invented-guest-key-for-tests' };
    const { as } = await opened(
      smallSpec({
        users: [
          {
            name: 'guest',
            account: '999988887777',
            ...guest,
            policies: {
              own: {
                Version: '2012-10-17',
                Statement: { Effect: 'Allow', Action: ['sqs:ReceiveMessage', 'lambda:*'], Resource: '*' },
              },
            },
          },
        ],
        queues: [queue('open', open), queue('shut')],
      }),
    );
    const { sqs, lambda } = as(guest);
    await sqs.send(new ReceiveMessageCommand({ QueueUrl: 'open' }));
    const refused = { name: expect.stringMatching(/^AccessDenied/) };
    await expect(sqs.send(new ReceiveMessageCommand({ QueueUrl: 'shut' }))).rejects.toMatchObject(refused);
    await expect(
      sqs.send(new SendMessageCommand({ QueueUrl: 'open', MessageBody: 'm' })),
    ).rejects.toMatchObject(refused);
    await expect(lambda.send(new GetFunctionCommand({ FunctionName: 'webhook' }))).rejects.toMatchObject(
      refused,
    );
  });

  test('a stolen key id without its token, an unknown key and an old session are refused', async () => {
    const { as, world, clock } = await opened();
    const stolen = world.attacker.stealCredentials('webhook');
    const who = new GetCallerIdentityCommand({});
    const { accessKeyId, secretAccessKey } = stolen;
    await expect(as({ accessKeyId, secretAccessKey }).sts.send(who)).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    });
    await expect(as({ ...ADMIN, accessKeyId: 'AKIANOBODYNOBODY0000' }).sts.send(who)).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    });
    expect((await as(stolen).sts.send(who)).Arn).toContain(':assumed-role/webhook-role/webhook');
    clock.advance(12 * 3_600_000);
    await expect(as(stolen).sts.send(who)).rejects.toMatchObject({
      name: expect.stringMatching(/^ExpiredToken/),
    });
  });

  test('a deny by issue time stops old sessions and not new ones', async () => {
    const { as, world, clock } = await opened();
    const old = world.attacker.stealCredentials('webhook');
    clock.advance(1_000);
    await as().iam.send(
      new PutRolePolicyCommand({
        RoleName,
        PolicyName: 'R',
        PolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: {
            Effect: 'Deny',
            Action: '*',
            Resource: '*',
            Condition: { DateLessThan: { 'aws:TokenIssueTime': clock.now().toISOString() } },
          },
        }),
      }),
    );
    clock.advance(4_000);
    expect((await world.attacker.callAs(old, secret)).kind).toBe('denied');
    expect((await world.attacker.callAs(world.attacker.stealCredentials('webhook'), secret)).kind).toBe('ok');
  });
});

describe('logs', () => {
  test('a function writes START, its lines, END and REPORT; the beacon can be found', async () => {
    const { as, world } = await opened(exerciseSpec());
    expect(await world.attacker.invoke('checkout-webhook')).toMatchObject({
      kind: 'ran',
      functionError: false,
    });
    const logs = world.state.logGroups.get(
      `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/checkout-webhook`,
    );
    const lines = [...(logs?.streams.values() ?? [])]
      .at(-1)
      ?.events.map((event) => event.message.split(' ')[0]);
    expect(lines).toEqual(['START', '[INFO]', '[WARN]', 'END', 'REPORT']);
    // The engine's own identity may only become a role: it reads nothing by itself.
    const reader = as({
      accessKeyId: 'AKIACORDONENGINE0001',
      secretAccessKey: 'invented-engine-key-for-exercises-only',
    });
    await expect(
      reader.logs.send(new FilterLogEventsCommand({ logGroupName: '/aws/lambda/checkout-webhook' })),
    ).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  test('pages by what was searched: an empty page may have a next one', async () => {
    const events = Array.from({ length: 2_500 }, (_, index) => ({
      secondsAgo: 2_500 - index,
      message: index === 2_400 ? 'beacon' : 'noise',
    }));
    const { logs } = (
      await opened(smallSpec({ logs: [{ group: 'g', streams: [{ name: 's', events }] }] }))
    ).as();
    const pages: number[] = [];
    let nextToken: string | undefined;
    do {
      const page = await logs.send(
        new FilterLogEventsCommand({
          logGroupName: 'g',
          filterPattern: 'beacon',
          ...(nextToken === undefined ? {} : { nextToken }),
        }),
      );
      pages.push(page.events?.length ?? 0);
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    expect(pages).toEqual([0, 0, 1]);
    await expect(logs.send(new FilterLogEventsCommand({ logGroupName: 'absent' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await expect(
      logs.send(
        new PutLogEventsCommand({
          logGroupName: 'g',
          logStreamName: 'none',
          logEvents: [{ timestamp: 1, message: 'm' }],
        }),
      ),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('queues', () => {
  test('hide a received message, give it again, and move it on after too many receptions', async () => {
    const { as, clock } = await opened(
      smallSpec({
        queues: [{ name: 'dead' }, { name: 'alerts', redrive: { to: 'dead', maxReceiveCount: 2 } }],
      }),
    );
    const { sqs } = as();
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'alerts' }));
    const receive = async () =>
      (await sqs.send(new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['All'] })))
        .Messages ?? [];
    await sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: 'hello',
        MessageAttributes: { A: { DataType: 'String', StringValue: 'b' } },
      }),
    );
    const [first] = await receive();
    expect(first?.Attributes?.ApproximateReceiveCount).toBe('1');
    expect(await receive()).toEqual([]);
    await sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl,
        ReceiptHandle: first?.ReceiptHandle,
        VisibilityTimeout: 0,
      }),
    );
    expect((await receive())[0]?.Attributes?.ApproximateReceiveCount).toBe('2');
    clock.advance(31_000);
    expect(await receive()).toEqual([]);
    const dead = await sqs.send(new ReceiveMessageCommand({ QueueUrl: QueueUrl?.replace('alerts', 'dead') }));
    expect(dead.Messages?.[0]?.Body).toBe('hello');
    await sqs.send(
      new DeleteMessageCommand({
        QueueUrl: QueueUrl?.replace('alerts', 'dead'),
        ReceiptHandle: dead.Messages?.[0]?.ReceiptHandle,
      }),
    );
    const left = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    expect(left.Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
    });
    await expect(sqs.send(new GetQueueUrlCommand({ QueueName: 'none' }))).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
    });
  });

  test('a long poll waits for a message, and not for ever', async () => {
    const { as, clock } = await opened(smallSpec({ queues: [{ name: 'alerts' }] }));
    const before = clock.now().getTime();
    const answer = await as().sqs.send(new ReceiveMessageCommand({ QueueUrl: 'alerts', WaitTimeSeconds: 5 }));
    expect(answer.Messages).toBeUndefined();
    expect(clock.now().getTime() - before).toBe(5_000);
  });
});
