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
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { describe, expect, test } from '@jest/globals';
import { diffSnapshots } from '../../../../src/simulation/world/snapshot.ts';
import { ACCOUNT, arnOf, REGION, smallSpec, stageOfEachTest } from './support.ts';

const opened = stageOfEachTest();

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
    await as().lambda.send(new InvokeCommand({ FunctionName: 'webhook' }));
    const group = world.state.logGroups.get(
      `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/webhook`,
    );
    expect([...(group?.streams.values() ?? [])][0]?.events[0]?.message).toMatch(/^START RequestId/);
    // Control: it has no public door, so nobody gets in from outside.
    expect((await world.attacker.invoke('webhook')).kind).toBe('denied');
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
