import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Action, ContainAction } from '../../../src/action/action.ts';
import { ACTIONS, CATALOGUE } from '../../../src/action/catalogue.ts';
import { PURPOSES, policyFor } from '../../../src/action/permissions.ts';
import type { ActionContext, HeldObject, Target } from '../../../src/action/ports.ts';
import { QUARANTINE_PATH } from '../../../src/action/quarantine-names.ts';
import { accountQuarantines, preparedQuarantines } from '../../../src/action/quarantine-prepared.ts';
import { sinkGrant, sinkGrantArn } from '../../../src/action/sink-grant-names.ts';
import { OPERATIONS } from '../../../src/aws/operations.ts';
import type { JsonObject } from '../../../src/json.ts';
import { actionContext, held, TARGET } from '../../support/action-context.ts';
import {
  ACCOUNT,
  accessTo,
  FUNCTION_ARN,
  openGuard,
  REGION,
  ROLE_ARN,
  SCOPE,
} from '../../support/aws-access.ts';
import { type AwsStub, startAwsStub } from '../../support/aws-stub.ts';
import { stubAccount } from '../../support/stub-account.ts';

let stub: AwsStub | undefined;
afterEach(() => stub?.close());

const FOLDER = new URL('../../../src/action/', import.meta.url);

describe('the catalogue', () => {
  test('has unique ids and is frozen', () => {
    expect(ACTIONS.size).toBe(CATALOGUE.length);
    expect(Object.isFrozen(CATALOGUE)).toBe(true);
    expect(CATALOGUE.every((action) => Object.isFrozen(action))).toBe(true);
  });

  test('has each action in the file of its id, and every file that defines one', () => {
    const defining = readdirSync(FOLDER).filter(
      (file) =>
        file.endsWith('.ts') &&
        /= define(Read|Contain)Action</.test(readFileSync(new URL(file, FOLDER), 'utf8')),
    );
    expect(defining.sort()).toEqual(CATALOGUE.map((action) => `${action.id.replace('.', '-')}.ts`).sort());
  });

  test('has no read action with more than the read role, and no other without a way back', () => {
    const purposesOf = (effect: string) =>
      CATALOGUE.filter((action) => action.effect === effect).map((action) =>
        [...new Set(action.permissions.map((permission) => permission.purpose))].sort(),
      );
    for (const purposes of purposesOf('read')) expect(purposes).toEqual(['read']);
    // Revoking sessions is a step of release: the contain role has no part in it.
    for (const purposes of purposesOf('contain'))
      expect([
        ['contain', 'read', 'release'],
        ['read', 'release'],
      ]).toContainEqual(purposes);
  });
});

describe('the permissions', () => {
  const scope = { partition: 'aws', account: ACCOUNT, region: REGION, profile: 'dynamic' } as const;

  test.each(PURPOSES)('of the %s role are valid IAM JSON without a wildcard in an action', (purpose) => {
    const policy = policyFor(CATALOGUE, purpose, scope);
    expect(policy.Version).toBe('2012-10-17');
    expect(policy.Statement.length).toBeGreaterThan(0);
    for (const { Sid, Action, Resource } of policy.Statement) {
      expect(Sid).toMatch(/^[A-Za-z0-9]+$/);
      for (const name of Action) expect(name).toMatch(/^[a-z][a-z0-9-]+:[A-Z][A-Za-z0-9]+$/);
      for (const resource of Resource) expect(resource).toMatch(/^(\*|arn:aws:[a-z0-9-]+:[^{}]*)$/);
    }
    const names = policy.Statement.flatMap((statement) => statement.Action);
    expect(new Set(names).size).toBe(names.length);
  });

  test('let the contain role do nothing but close doors', () => {
    expect(
      JSON.stringify(policyFor(CATALOGUE, 'contain', scope))
        .match(/(?<=")(lambda|iam|application-autoscaling):[A-Z]\w+(?="[,\]])/g)
        ?.sort(),
    ).toEqual([
      'application-autoscaling:RegisterScalableTarget',
      'iam:AttachRolePolicy',
      'iam:PutRolePermissionsBoundary',
      'iam:PutRolePolicy',
      'lambda:DeleteProvisionedConcurrencyConfig',
      'lambda:PutFunctionCodeSigningConfig',
      'lambda:PutFunctionConcurrency',
      'lambda:PutFunctionEventInvokeConfig',
      'lambda:PutFunctionScalingConfig',
      'lambda:RemovePermission',
      'lambda:UpdateAlias',
      'lambda:UpdateEventSourceMapping',
      'lambda:UpdateFunctionEventInvokeConfig',
      'lambda:UpdateFunctionUrlConfig',
    ]);
  });

  test('cover every operation that may be called, and none besides', () => {
    const declared = new Set(CATALOGUE.flatMap((action) => action.permissions.map((item) => item.action)));
    // These two are made with the base credentials, before any role of the account.
    const base = ['sts:AssumeRole', 'sts:GetCallerIdentity'];
    expect([...declared].sort()).toEqual(
      Object.keys(OPERATIONS)
        .filter((name) => !base.includes(name))
        .sort(),
    );
  });

  test.each(CATALOGUE.map((action) => [action.id, action] as const))(
    'of %s cover what it calls with each role',
    async (_, action) => {
      const account = stubAccount();
      const server = await startAwsStub((request) => account.answer(request));
      stub = server;
      account.origin = server.url;
      // A function on Managed Instances has more to read, and is not stopped by reserved concurrency.
      account.elaborate = action.effect === 'read';
      account.inline.set('own', '{}');
      account.codeSha256 = 'known-good';
      const open = accessTo(server.url);
      const called = new Set<string>();
      const means = {
        profile: 'dynamic',
        sink: 'arn:aws:s3:::quarantine',
        codeSigningConfig: SIGNING,
      } as const;
      for (const [arn, document] of preparedFor({ ...TARGET, means }))
        account.managed.set(arn, JSON.stringify(document));
      const context = actionContext(open, {
        target: { ...TARGET, means },
        aws: (purpose) => {
          const take = async (call: { readonly operation: string }) => {
            called.add(`${purpose} ${call.operation}`);
          };
          return open({ ...SCOPE, purpose }, openGuard({ take }));
        },
        held: heldDoors({ ...TARGET, means }),
      });
      await exercise(action, context);
      // The other kind of sink, and a bucket with something in it.
      if (action.id === 'evidence.sweep') {
        const contents = '<Contents><Key>one</Key><Size>2</Size></Contents>';
        const body = `<ListBucketResult>${contents}</ListBucketResult>`;
        account.instead.set('GET /quarantine', { kind: 'answer', status: 200, body });
        account.instead.set('GET /quarantine/', { kind: 'answer', status: 200, body });
        await exercise(action, context);
        const queue = { ...means, sink: `arn:aws:sqs:${SCOPE.region}:${SCOPE.account}:cordon-quarantine` };
        await exercise(action, { ...context, target: { ...TARGET, means: queue } });
      }
      const declared = action.permissions.map((item) => `${item.purpose} ${item.action}`);
      expect([...called].sort()).toEqual([...new Set(declared)].sort());
    },
  );
});

/** The prepared policies as the template makes them: others are refused. */
function preparedFor(target: Target): readonly (readonly [arn: string, document: JsonObject])[] {
  const folder = `arn:aws:iam::${target.account}:policy${QUARANTINE_PATH}`;
  return [
    ...preparedQuarantines({ ...target, logGroups: [] }).map(({ arn, document }) => [arn, document] as const),
    ...accountQuarantines(target).map(({ name, document }) => [`${folder}${name}`, document] as const),
    [sinkGrantArn(target), sinkGrant(target.means?.sink ?? '')],
  ];
}

const SIGNING = 'arn:aws:lambda:eu-west-1:123456789012:code-signing-config:csc-0';

/** What the actions that read are given. */
const READS: Readonly<Record<string, JsonObject>> = { 'containment.watch': { since: null } };

/** What each action is given, and the prior states beside the captured one that release may have to put back. */
const LIVES: Readonly<
  Record<string, { readonly inputs: readonly JsonObject[]; readonly priors?: readonly JsonObject[] }>
> = {
  'iam.quarantine-role': {
    inputs: [
      { roles: [ROLE_ARN], mode: 'function' },
      { roles: [ROLE_ARN], mode: 'role', way: 'attached' },
      { roles: [ROLE_ARN], mode: 'function', way: 'boundary' },
    ],
    priors: [
      { document: {}, logGroup: null },
      { document: {}, logGroup: null, boundary: 'arn:aws:iam::123456789012:policy/limits' },
    ],
  },
  'iam.revoke-sessions': {
    inputs: [{ roles: [ROLE_ARN], mode: 'function', before: '2026-01-01T00:00:00.000Z' }],
    priors: [{ document: {} }],
  },
  'iam.grant-sink': {
    inputs: [{ roles: [ROLE_ARN] }, { roles: [ROLE_ARN], way: 'attached' }],
    priors: [{ document: {}, attached: false }],
  },
  'lambda.renew-environments': { inputs: [{ functions: [FUNCTION_ARN] }] },
  'lambda.keep-async-events': { inputs: [{ qualifiers: ['live'] }], priors: [{ config: null }] },
  'lambda.pause-event-source': { inputs: [{ mappings: ['5f0d8a64-3c1e-4c53-9a6b-2f1f7b1e9a10'] }] },
  'lambda.suspend-scaling': { inputs: [{ qualifiers: ['live'] }] },
  'lambda.remove-provisioned-concurrency': { inputs: [{ qualifiers: ['live'] }] },
  'lambda.reserve-zero-concurrency': { inputs: [{ losses: 'refuse' }], priors: [{ reserved: 3 }] },
  'lambda.scale-instances-to-zero': { inputs: [{ qualifiers: ['1'] }] },
  'lambda.remove-permission': {
    inputs: [{ statements: ['open'] }],
    priors: [
      {
        statement: {
          Sid: 'open',
          Effect: 'Allow',
          Principal: '*',
          Action: 'lambda:InvokeFunction',
          Resource: FUNCTION_ARN,
        },
      },
    ],
  },
  'lambda.close-url': { inputs: [{ urls: ['$LATEST'] }] },
  'lambda.freeze-changes': { inputs: [{}], priors: [{ config: SIGNING }] },
  'iam.deny-privilege': {
    inputs: [{ roles: [ROLE_ARN] }, { roles: [ROLE_ARN], way: 'attached' }],
    priors: [{ document: {}, logGroup: null }],
  },
  'iam.deny-apis': {
    inputs: [{ roles: [ROLE_ARN], actions: ['s3:ListBuckets'] }],
    priors: [{ document: {}, logGroup: null }],
  },
  'lambda.cap-concurrency': { inputs: [{ limit: 5 }], priors: [{ reserved: 3 }] },
  'lambda.roll-back-alias': { inputs: [{ alias: 'live', version: '1', codeSha256: 'known-good' }] },
};

/** A hold of every action, of both ways of the quarantine, and none that lies over another's setting. */
function heldDoors(target: Target): readonly HeldObject[] {
  return CATALOGUE.flatMap((action) => {
    const { inputs, priors = [] } = LIVES[action.id] ?? { inputs: [] };
    if (action.effect !== 'contain') return [];
    return inputs.flatMap((input) =>
      action.objects(target, input).map((object) => {
        const { desired } = action.plan({ object, input, prior: priors[0] ?? null, target, incidentId: 'i' });
        // Long enough for a whole minute of metrics to be there.
        return held(object.key, action.id, desired, 600_000);
      }),
    );
  });
}

/** Makes every call that an action can make. */
async function exercise(action: Action, context: ActionContext): Promise<void> {
  if (action.effect === 'read') {
    await action.run(context, READS[action.id] ?? {});
    return;
  }
  const { inputs, priors = [] } = LIVES[action.id] ?? { inputs: [{}] };
  for (const input of inputs) await exerciseWith(action, context, input, priors);
}

async function exerciseWith(
  action: ContainAction,
  context: ActionContext,
  input: JsonObject,
  priors: readonly JsonObject[],
): Promise<void> {
  const { target } = context;
  for (const object of action.objects(target, input)) {
    const captured = await action.capture(context, object, input);
    for (const prior of [captured, ...priors]) {
      const plan = action.plan({ object, input, prior, target, incidentId: 'inc-1' });
      await action.apply(context, object, plan.desired);
      await action.observe(context, object, prior, plan.desired);
      await action.revert(context, object, prior, plan.desired);
    }
  }
}
