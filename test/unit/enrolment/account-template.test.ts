import {
  AttachRolePolicyCommand,
  DeleteRolePermissionsBoundaryCommand,
  DetachRolePolicyCommand,
  IAMClient,
  PutRolePermissionsBoundaryCommand,
} from '@aws-sdk/client-iam';
import { LambdaClient, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, test } from '@jest/globals';
import type { Action } from '../../../src/action/action.ts';
import { CATALOGUE } from '../../../src/action/catalogue.ts';
import { sizeOf } from '../../../src/action/permissions.ts';
import type { AwsPurpose } from '../../../src/action/ports.ts';
import {
  accountQuarantineArn,
  MANAGED_POLICY_LIMIT,
  quarantinePolicyArn,
} from '../../../src/action/quarantine-names.ts';
import { literal } from '../../../src/action/quarantine-policy.ts';
import { QUARANTINE_POLICIES_ONLY, ROLES } from '../../../src/action/resources.ts';
import { inProcessHandler } from '../../../src/aws/in-process.ts';
import { accountTemplates, type TemplateRequest } from '../../../src/enrolment/account-template.ts';
import { guardPolicy } from '../../../src/enrolment/guard-policy.ts';
import { createVirtualClock } from '../../../src/simulation/virtual-clock.ts';
import { readWorldSpec } from '../../../src/simulation/world/spec.ts';
import { createWorld } from '../../../src/simulation/world/world.ts';
import { deployed, faultsOf, type Template } from '../../support/cloudformation.ts';

const ACCOUNT = '111122223333';
const ENGINE_ACCOUNT = '999988887777';
const ROLE_NAMES = { read: 'cordon-read', contain: 'security/cordon-contain', release: 'cordon-release' };
const ENGINE = { accessKeyId: 'AKIACORDONWORLD00000', secretAccessKey: 'cordon-world-secret-key' };
const EXTERNAL_ID = 'as-enrolled';

// What quarantining by prepared policies needs, whatever the actions of this version declare.
const attaching: Action = {
  ...(CATALOGUE[0] as Action), // only id and permissions of it are read
  permissions: (['iam:AttachRolePolicy', 'iam:DetachRolePolicy'] as const).flatMap((action) =>
    (['contain', 'release'] as const).map((purpose) => ({
      action,
      purpose,
      resource: ROLES,
      why: '',
      condition: QUARANTINE_POLICIES_ONLY,
    })),
  ),
};

function request(overrides: Partial<TemplateRequest> = {}): TemplateRequest {
  return {
    actions: [...CATALOGUE, attaching],
    regions: ['eu-west-1'],
    profile: 'static',
    roleNames: ROLE_NAMES,
    subjects: [{ region: 'eu-west-1', functionName: 'checkout', logGroups: ['/custom/$x*'] }],
    sink: 'none',
    deployers: [],
    ...overrides,
  };
}

const made = (overrides: Partial<TemplateRequest> = {}) =>
  accountTemplates(request(overrides)) as unknown as readonly Template[]; // what faultsOf checks

describe('the template of a member account', () => {
  test.each([
    ['with a bucket', { sink: 'bucket' }],
    ['with a queue', { sink: 'queue' }],
    ['of one account', { place: { partition: 'aws-cn', account: ACCOUNT } }],
    ['of profile dynamic', { profile: 'dynamic' }],
    ['of many functions, in several parts', { subjects: manySubjects(400) }],
  ] as const)('%s has the structure that CloudFormation asks for', (_what, overrides) => {
    const templates = made(overrides);
    for (const template of templates) expect(faultsOf(template)).toEqual([]);
    expect(templates.length > 1).toBe('subjects' in overrides);
    // Each part is a stack of its own: nothing may be in two of them.
    const names = templates.flatMap(({ Resources }) => Object.keys(Resources));
    expect(new Set(names).size).toBe(names.length);
  });

  test('is refused by that check when it names what is not there (control)', () => {
    const [template] = made();
    const broken = JSON.parse(JSON.stringify(template).replace('"Ref":"ContainRole"', '"Ref":"Nobody"'));
    expect(faultsOf(broken)).toEqual(['Ref to Nobody']);
    expect(faultsOf({ ...template, Resources: { 'not-alphanumeric': {} } })).not.toEqual([]);
    const mistaken = JSON.stringify(template).replaceAll('"ManagedPolicyName"', '"PolicyName"');
    expect(faultsOf(JSON.parse(mistaken)).length).toBeGreaterThan(0);
  });

  test('prepares nothing per function in profile dynamic, and says in words what that profile is', () => {
    const [template] = made({ profile: 'dynamic' });
    expect(JSON.stringify(template)).not.toContain('CordonQuarantine-function');
    // What a full role falls back to is there in both.
    expect(JSON.stringify(template)).toContain('CordonQuarantine-boundary');
    expect(JSON.stringify(template)).toContain('administrator-equivalent');
    expect(JSON.stringify(made()[0])).not.toContain('dministrator');
  });

  test('leaves the sinks of a function open, and grants roles the one sink of the account', () => {
    const own = `arn:aws:sqs:eu-west-1:${ACCOUNT}:failed`;
    const ours = `arn:aws:sqs:eu-west-1:${ACCOUNT}:quarantine`;
    const stack = { partition: 'aws', account: ACCOUNT, parameters: { ExternalId: EXTERNAL_ID } };
    const { managedPolicies } = deployed(
      made({
        place: { partition: 'aws', account: ACCOUNT },
        subjects: [{ region: 'eu-west-1', functionName: 'checkout', logGroups: [], sinks: [own] }],
        sinks: [{ region: 'eu-west-1', arn: ours }],
      }),
      stack,
    );
    const named = (name: string) =>
      JSON.stringify(managedPolicies.find((policy) => policy.name === name)?.document);
    expect(named('CordonQuarantine-role-eu-west-1-checkout')).toContain(own);
    expect(named('CordonQuarantine-role-eu-west-1-checkout')).toContain(ours);
    expect(named('CordonQuarantineSink-eu-west-1')).toContain(`"Resource":["${ours}"]`);
    expect(named('CordonQuarantineSink-eu-west-1')).not.toContain(own);
  });

  test.each([
    ['bucket', `arn:aws:s3:::cordon-quarantine-${ACCOUNT}-\${AWS::Region}`],
    ['queue', `arn:aws:sqs:\${AWS::Region}:${ACCOUNT}:cordon-quarantine`],
  ] as const)('names the %s that the stack makes itself by the Region of the stack', (sink, arn) => {
    const [template] = made({ sink, place: { partition: 'aws', account: ACCOUNT } });
    expect(JSON.stringify(template)).toContain(JSON.stringify({ 'Fn::Sub': arn }));
    expect(JSON.stringify(template)).toContain(`{"Fn::Sub":"CordonQuarantineSink-\${AWS::Region}"}`);
  });

  test('keeps every policy within a managed policy’s size, and IAM’s own variables from CloudFormation', () => {
    const stack = { partition: 'aws-us-gov', account: ACCOUNT, parameters: { ExternalId: EXTERNAL_ID } };
    const { managedPolicies } = deployed(made({ sink: 'bucket' }), stack);
    expect(managedPolicies.length).toBeGreaterThan(5);
    for (const { document } of managedPolicies)
      expect(sizeOf(document as never)).toBeLessThanOrEqual(MANAGED_POLICY_LIMIT); // a policy document
    expect(JSON.stringify(managedPolicies)).toContain(
      `arn:aws-us-gov:logs:eu-west-1:111122223333:log-group:${literal('/custom/$x*')}`,
    );
    expect(JSON.stringify(managedPolicies)).not.toContain('AWS::');
  });
});

describe.each([
  ['aws', 'eu-west-1'],
  ['aws-cn', 'cn-north-1'],
  ['aws-us-gov', 'us-gov-west-1'],
] as const)('an account of partition %s with the template deployed', (partition, region) => {
  const functionArn = `arn:${partition}:lambda:${region}:${ACCOUNT}:function:checkout`;
  const prepared = quarantinePolicyArn(
    { partition, account: ACCOUNT, region, functionName: 'checkout' },
    'function',
  );
  const stack = {
    partition,
    account: ACCOUNT,
    parameters: {
      EnginePrincipal: `arn:${partition}:iam::${ENGINE_ACCOUNT}:user/engine`,
      ExternalId: EXTERNAL_ID,
    },
  };
  const templates = made({
    regions: [region],
    subjects: [{ region, functionName: 'checkout', logGroups: [] }],
  });
  const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

  function open(guarded = false) {
    const { roles, managedPolicies } = deployed(templates, stack);
    const full = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
    const guard = guardPolicy({ partition, account: '*', roles: ROLE_NAMES, deployers: [] });
    const spec = readWorldSpec({
      account: ACCOUNT,
      partition,
      regions: [region],
      iamPropagationMs: 0,
      ...(guarded
        ? { organisation: { id: 'o-aaaaaaaaaa', serviceControlPolicies: [[full], [full, guard]] } }
        : {}),
      users: [
        { name: 'engine', account: ENGINE_ACCOUNT, ...ENGINE, policies: { everything } },
        {
          name: 'administrator',
          accessKeyId: 'AKIAADMINISTRATOR000',
          secretAccessKey: 'administrator-secret',
          policies: { everything },
        },
      ],
      roles: [...roles, { name: 'checkout-role' }],
      managedPolicies: [...managedPolicies, { name: 'Everything', document: everything }],
      functions: [{ name: 'checkout', role: 'checkout-role' }],
    });
    const world = createWorld(spec, { clock: createVirtualClock(new Date()), seed: partition });
    const settings = {
      region,
      endpoint: 'http://127.0.0.1:1',
      requestHandler: inProcessHandler(world.fetch),
      maxAttempts: 1,
    };
    return {
      settings,
      async as(purpose: AwsPurpose, given: { externalId?: string; sourceIdentity?: string } = {}) {
        const { Credentials } = await new STSClient({ ...settings, credentials: { ...ENGINE } }).send(
          new AssumeRoleCommand({
            RoleArn: `arn:${partition}:iam::${ACCOUNT}:role/${ROLE_NAMES[purpose]}`,
            RoleSessionName: `cordon-${purpose}`,
            ExternalId: given.externalId ?? EXTERNAL_ID,
            SourceIdentity: given.sourceIdentity ?? 'cordon',
          }),
        );
        const credentials = {
          accessKeyId: Credentials?.AccessKeyId ?? '',
          secretAccessKey: Credentials?.SecretAccessKey ?? '',
          sessionToken: Credentials?.SessionToken ?? '',
        };
        return { ...settings, credentials };
      },
      administrator: {
        ...settings,
        credentials: { accessKeyId: 'AKIAADMINISTRATOR000', secretAccessKey: 'administrator-secret' },
      },
    };
  }
  const attach = (PolicyArn: string, RoleName = 'checkout-role') =>
    new AttachRolePolicyCommand({ RoleName, PolicyArn });
  const detach = new DetachRolePolicyCommand({ RoleName: 'checkout-role', PolicyArn: prepared });

  test('lets the engine stop and quarantine a function, and put both back', async () => {
    const account = open();
    const lambda = new LambdaClient(await account.as('contain'));
    const zero = new PutFunctionConcurrencyCommand({
      FunctionName: functionArn,
      ReservedConcurrentExecutions: 0,
    });
    expect((await lambda.send(zero)).ReservedConcurrentExecutions).toBe(0);
    await new IAMClient(await account.as('contain')).send(attach(prepared));
    await new IAMClient(await account.as('release')).send(detach);
  });

  test('lets the engine bind a role by the prepared boundary, and by no other', async () => {
    const account = open();
    const contain = new IAMClient(await account.as('contain'));
    const bind = (PermissionsBoundary: string) =>
      new PutRolePermissionsBoundaryCommand({ RoleName: 'checkout-role', PermissionsBoundary });
    await expect(contain.send(bind(`arn:${partition}:iam::${ACCOUNT}:policy/Everything`))).rejects.toThrow(
      'not authorized',
    );
    await contain.send(bind(accountQuarantineArn({ partition, account: ACCOUNT }, 'boundary')));
    const unbind = new DeleteRolePermissionsBoundaryCommand({ RoleName: 'checkout-role' });
    await new IAMClient(await account.as('release')).send(unbind);
  });

  test.each([
    ['another external id', { externalId: 'guessed' }],
    ['another source identity', { sourceIdentity: 'somebody' }],
  ])('trusts nobody who comes with %s', async (_what, given) => {
    await expect(open().as('contain', given)).rejects.toThrow('not authorized');
  });

  test('lets the engine attach nothing that was not prepared (control: an administrator may)', async () => {
    const account = open();
    const other = `arn:${partition}:iam::${ACCOUNT}:policy/Everything`;
    const contain = new IAMClient(await account.as('contain'));
    await expect(contain.send(attach(other))).rejects.toThrow('not authorized');
    await new IAMClient(account.administrator).send(attach(other));
  });

  test('under the guard keeps a quarantine on whoever asks, but for the engine', async () => {
    const guarded = open(true);
    await new IAMClient(await guarded.as('contain')).send(attach(prepared));
    const administrator = new IAMClient(guarded.administrator);
    await expect(administrator.send(detach)).rejects.toThrow('service control policy');
    await expect(
      administrator.send(attach(`arn:${partition}:iam::${ACCOUNT}:policy/Everything`, 'cordon-contain')),
    ).rejects.toThrow('service control policy');
    await new IAMClient(await guarded.as('release')).send(detach);

    // Control: without the guard the same administrator takes it off.
    const open_ = open();
    await new IAMClient(await open_.as('contain')).send(attach(prepared));
    await new IAMClient(open_.administrator).send(detach);
  });
});

function manySubjects(count: number): TemplateRequest['subjects'] {
  return Array.from({ length: count }, (_, index) => ({
    region: 'eu-west-1',
    functionName: `function-${index}`,
    logGroups: [],
  }));
}
