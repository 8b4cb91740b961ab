import {
  AttachRolePolicyCommand,
  GetRoleCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { afterEach, expect, test } from '@jest/globals';
import { ACCOUNT, type Stage, smallSpec, stage } from './support.ts';

let open: Stage | undefined;
afterEach(async () => {
  await open?.served.close();
  open = undefined;
});

const RoleName = 'webhook-role';
const document = { Version: '2012-10-17', Statement: { Effect: 'Deny', Action: 's3:*', Resource: '*' } };

test.each([[10], [12]])(
  'a role takes %s managed policies where that is its quota, and not one more',
  async (quota) => {
    const names = Array.from({ length: quota + 1 }, (_, index) => `p${index}`);
    open = await stage(
      smallSpec({
        attachedPoliciesPerRole: quota,
        managedPolicies: names.map((name) => ({ name, document })),
      }),
    );
    const { iam } = open.as();
    const attach = (name: string) =>
      iam.send(
        new AttachRolePolicyCommand({ RoleName, PolicyArn: `arn:aws:iam::${ACCOUNT}:policy/${name}` }),
      );
    for (const name of names.slice(0, quota)) await attach(name);
    await expect(attach(names[quota] ?? '')).rejects.toMatchObject({
      name: 'LimitExceededException',
      message: `Cannot exceed quota for PoliciesPerRole: ${quota}`,
    });
  },
);

test('a service-linked role is changed by nobody', async () => {
  const name = 'AWSServiceRoleForLambdaReplicator';
  const path = '/aws-service-role/replicator.lambda.amazonaws.com/';
  open = await stage(smallSpec({ roles: [{ name: RoleName }, { name, path }] }));
  const { iam } = open.as();
  const put = new PutRolePolicyCommand({
    RoleName: name,
    PolicyName: 'q',
    PolicyDocument: JSON.stringify(document),
  });
  await expect(iam.send(put)).rejects.toMatchObject({ name: 'UnmodifiableEntityException' });
  const listed = await iam.send(new ListRolesCommand({ PathPrefix: '/aws-service-role/' }));
  expect(listed.Roles?.map((role) => role.RoleName)).toEqual([name]);
});

test('a backdoored trust lets in whom it names, once it is in force', async () => {
  open = await stage(smallSpec({ iamPropagationMs: 4_000 }));
  const { iam, sts } = open.as();
  const assume = () =>
    sts.send(
      new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${ACCOUNT}:role/${RoleName}`, RoleSessionName: 's' }),
    );
  await expect(assume()).rejects.toMatchObject({ name: 'AccessDenied' });
  const trust = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' },
  };
  await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: JSON.stringify(trust) }));
  const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
  expect(JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''))).toEqual(trust);
  await expect(assume()).rejects.toMatchObject({ name: 'AccessDenied' });
  open.clock.advance(4_000);
  await assume();
});
