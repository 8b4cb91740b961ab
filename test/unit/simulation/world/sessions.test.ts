import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  GetFunctionCommand,
  GetPolicyCommand,
  ListEventSourceMappingsCommand,
  ListVersionsByFunctionCommand,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { describe, expect, test } from '@jest/globals';
import { ACCOUNT, ADMIN, arnOf, exerciseSpec, REGION, smallSpec, stageOfEachTest } from './support.ts';

const opened = stageOfEachTest();

const RoleName = 'webhook-role';
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
