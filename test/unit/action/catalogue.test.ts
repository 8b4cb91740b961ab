import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Action } from '../../../src/action/action.ts';
import { ACTIONS, CATALOGUE } from '../../../src/action/catalogue.ts';
import { PURPOSES, policyFor } from '../../../src/action/permissions.ts';
import type { ActionContext } from '../../../src/action/ports.ts';
import { OPERATIONS } from '../../../src/aws/operations.ts';
import type { JsonObject } from '../../../src/json.ts';
import { actionContext, held } from '../../support/action-context.ts';
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
      for (const resource of Resource) expect(resource).toMatch(/^(\*|arn:aws:[a-z]+:[^{}]*)$/);
    }
    const names = policy.Statement.flatMap((statement) => statement.Action);
    expect(new Set(names).size).toBe(names.length);
  });

  test('let the contain role do nothing but the two writes of containment', () => {
    expect(
      JSON.stringify(policyFor(CATALOGUE, 'contain', scope))
        .match(/(lambda|iam):[A-Z]\w+/g)
        ?.sort(),
    ).toEqual(['iam:PutRolePolicy', 'lambda:PutFunctionConcurrency']);
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
      account.elaborate = true;
      account.inline.set('own', '{}');
      const open = accessTo(server.url);
      const called = new Set<string>();
      const context = actionContext(open, {
        aws: (purpose) => {
          const take = async (call: { readonly operation: string }) => {
            called.add(`${purpose} ${call.operation}`);
          };
          return open({ ...SCOPE, purpose }, openGuard({ take }));
        },
        held: [
          held(`lambda-concurrency:${FUNCTION_ARN}`, 'lambda.reserve-zero-concurrency', { reserved: 0 }, 0),
          held(
            `role-quarantine:role:${ROLE_ARN}`,
            'iam.quarantine-role',
            { roleArn: ROLE_ARN, policyName: 'p', document: {}, functionArn: null },
            0,
          ),
        ],
      });
      await exercise(action, context);
      const declared = action.permissions.map((item) => `${item.purpose} ${item.action}`);
      expect([...called].sort()).toEqual([...new Set(declared)].sort());
    },
  );
});

const INPUTS: Readonly<Record<string, JsonObject>> = {
  'iam.quarantine-role': { roles: [ROLE_ARN], mode: 'function' },
  'iam.revoke-sessions': { roles: [ROLE_ARN], mode: 'function', before: '2026-01-01T00:00:00.000Z' },
};

/** Makes every call that an action can make. */
async function exercise(action: Action, context: ActionContext): Promise<void> {
  if (action.effect === 'read') {
    await action.run(context, {});
    return;
  }
  const input = INPUTS[action.id] ?? {};
  for (const object of action.objects(context.target, input)) {
    const prior = await action.capture(context, object, input);
    const plan = action.plan({ object, input, prior, target: context.target, incidentId: 'inc-1' });
    await action.apply(context, object, plan.desired);
    await action.observe(context, object, prior, plan.desired);
    await action.revert(context, object, prior, plan.desired);
    await action.revert(context, object, { ...prior, reserved: 3, document: {} }, plan.desired);
  }
}
