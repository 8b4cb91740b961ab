import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ContainAction } from '../../../src/action/action.ts';
import { quarantineRole } from '../../../src/action/iam-quarantine-role.ts';
import { reserveZeroConcurrency } from '../../../src/action/lambda-reserve-zero-concurrency.ts';
import type { ActionContext } from '../../../src/action/ports.ts';
import type { JsonObject } from '../../../src/json.ts';
import { actionContext, TARGET } from '../../support/action-context.ts';
import { ACCOUNT, accessTo, FUNCTION_ARN, failureOf, ROLE_ARN } from '../../support/aws-access.ts';
import { type AwsStub, jsonError, startAwsStub } from '../../support/aws-stub.ts';
import { type StubAccount, stubAccount } from '../../support/stub-account.ts';

let stub: AwsStub;
let account: StubAccount;
let context: ActionContext;

beforeEach(async () => {
  account = stubAccount();
  stub = await startAwsStub((request) => account.answer(request));
  account.origin = stub.url;
  context = actionContext(accessTo(stub.url));
});
afterEach(() => stub.close());

function contain(action: unknown): ContainAction {
  return action as ContainAction; // both actions under test are declared with defineContainAction
}

async function prepare(action: ContainAction, input: JsonObject) {
  const [object] = action.objects(TARGET, input);
  if (object === undefined) throw new Error('the action names no object');
  const prior = await action.capture(context, object, input);
  const plan = action.plan({ object, input, prior, target: TARGET, incidentId: context.incidentId });
  return { object, prior: action.prior.parse(JSON.parse(JSON.stringify(prior))), plan };
}

const writes = () => stub.requests.filter((item) => /^(PUT|DELETE|Put|Delete)/.test(item.operation));

describe('lambda.reserve-zero-concurrency', () => {
  const action = contain(reserveZeroConcurrency);

  test.each([[null], [0], [1], [250]])('contains and puts %s back exactly', async (before) => {
    account.reserved = before;
    const { object, prior, plan } = await prepare(action, {});
    expect(await action.observe(context, object, prior, plan.desired)).toEqual({
      kind: before === 0 ? 'in-effect' : 'not-in-effect',
    });
    for (const _ of plan.changes) await action.apply(context, object, plan.desired);
    expect(account.reserved).toBe(0);
    expect(await action.observe(context, object, prior, plan.desired)).toEqual({ kind: 'in-effect' });
    await action.revert(context, object, prior, plan.desired);
    expect(account.reserved).toBe(before);
  });

  test('plans nothing where the concurrency is 0 already, and one call where it is not', async () => {
    account.reserved = 0;
    expect((await prepare(action, {})).plan.changes).toEqual([]);
    account.reserved = 7;
    const { plan } = await prepare(action, {});
    expect(plan.changes).toEqual([
      expect.objectContaining({
        call: 'lambda:PutFunctionConcurrency',
        summary: 'Set reserved concurrency of checkout to 0 (was 7)',
        undo: 'Set reserved concurrency to 7',
      }),
    ]);
  });

  test('captures and plans without a write', async () => {
    await prepare(action, {});
    expect(writes()).toEqual([]);
  });

  test('tells the refusal under provisioned concurrency from others', async () => {
    account.provisioned = [{ qualifier: 'live', requested: 2 }];
    const { object, plan } = await prepare(action, {});
    expect(await failureOf(action.apply(context, object, plan.desired))).toEqual(
      expect.objectContaining({ code: 'cordon_provisioned_concurrency', classification: 'terminal' }),
    );
  });

  test('refuses while a mapping polls, unless losses are accepted', async () => {
    account.mappings = [{ UUID: 'u', State: 'Enabled' }];
    expect(await failureOf(prepare(action, {}))).toEqual(
      expect.objectContaining({ code: 'cordon_preserve_first', classification: 'terminal' }),
    );
    expect((await prepare(action, { losses: 'accept' })).prior).toEqual({ reserved: null });
    account.mappings = [{ UUID: 'u', State: 'Disabling' }];
    expect((await prepare(action, {})).prior).toEqual({ reserved: null });
  });

  test('reports a value that is neither ours nor the prior one as a conflict', async () => {
    const { object, prior, plan } = await prepare(action, {});
    account.reserved = 5;
    expect(await action.observe(context, object, prior, plan.desired)).toEqual({
      kind: 'conflict',
      found: 'reserved concurrency is 5; expected 0, or unset as before',
    });
  });

  test('plans with an unreadable prior, and leaves the undoing to a person', () => {
    const [object] = action.objects(TARGET, {});
    if (object === undefined) throw new Error('the action names no object');
    const plan = action.plan({ object, input: {}, prior: null, target: TARGET, incidentId: 'inc-1' });
    expect(plan.changes).toHaveLength(1);
    expect(plan.changes[0]?.undo).toContain('A person');
  });

  test('leaves a lost answer to observation', async () => {
    const { object, prior, plan } = await prepare(action, {});
    account.instead.set(`PUT /2017-10-31/functions/${FUNCTION_ARN}/concurrency`, { kind: 'reset' });
    expect(await failureOf(action.apply(context, object, plan.desired))).toEqual(
      expect.objectContaining({ classification: 'unknown' }),
    );
    expect(await action.observe(context, object, prior, plan.desired)).toEqual({ kind: 'not-in-effect' });
    account.reserved = 0;
    expect(await action.observe(context, object, prior, plan.desired)).toEqual({ kind: 'in-effect' });
  });
});

describe('iam.quarantine-role', () => {
  const action = contain(quarantineRole);
  const input = { roles: [ROLE_ARN], mode: 'function' };
  const NAME = 'CordonQuarantine-function-eu-west-1-checkout';

  test('puts one named deny on the role and takes exactly it away', async () => {
    account.inline.set('own', '{"Version":"2012-10-17"}');
    const { object, prior, plan } = await prepare(action, input);
    expect(await action.observe(context, object, prior, plan.desired)).toEqual({ kind: 'not-in-effect' });
    await action.apply(context, object, plan.desired);
    expect([...account.inline.keys()]).toEqual(['own', NAME]);
    expect(await action.observe(context, object, prior, plan.desired)).toEqual({ kind: 'in-effect' });
    await action.revert(context, object, prior, plan.desired);
    expect([...account.inline.keys()]).toEqual(['own']);
    await action.revert(context, object, prior, plan.desired);
  });

  test('confines the deny to the function in mode function, and not in mode role', async () => {
    const byFunction = JSON.stringify((await prepare(action, input)).plan.desired);
    const byRole = JSON.stringify((await prepare(action, { ...input, mode: 'role' })).plan.desired);
    expect(byFunction).toContain(`"ArnEquals":{"lambda:SourceFunctionArn":"${FUNCTION_ARN}"}`);
    expect(byRole).not.toContain('Condition');
  });

  test('leaves the log group of LoggingConfig open, and the default one where it cannot be read', async () => {
    account.logGroup = '/custom/group';
    const group = (name: string) => `arn:aws:logs:eu-west-1:${ACCOUNT}:log-group:${name}:*`;
    expect(JSON.stringify((await prepare(action, input)).plan.desired)).toContain(group('/custom/group'));
    account.instead.set(`GET /2015-03-31/functions/${FUNCTION_ARN}`, jsonError('AccessDeniedException', 403));
    const blind = JSON.stringify((await prepare(action, input)).plan.desired);
    expect(blind).not.toContain('/custom/group');
    expect(blind).toContain(group('/aws/lambda/checkout'));
  });

  test('puts back what had its name before', async () => {
    account.inline.set(NAME, '{"Statement":[],"Version":"2012-10-17"}');
    const { object, prior, plan } = await prepare(action, input);
    await action.apply(context, object, plan.desired);
    await action.revert(context, object, prior, plan.desired);
    expect(JSON.parse(account.inline.get(NAME) ?? '')).toEqual({ Version: '2012-10-17', Statement: [] });
  });

  test('knows its own document whatever the order of keys, and reports any other as a conflict', async () => {
    const { object, prior, plan } = await prepare(action, input);
    await action.apply(context, object, plan.desired);
    const { Statement, Version } = JSON.parse(account.inline.get(NAME) ?? '');
    account.inline.set(NAME, JSON.stringify({ Statement, Version }));
    expect(await action.observe(context, object, prior, plan.desired)).toEqual({ kind: 'in-effect' });
    account.inline.set(NAME, JSON.stringify({ Version, Statement: [] }));
    expect(await action.observe(context, object, prior, plan.desired)).toMatchObject({ kind: 'conflict' });
  });

  test('names the same policy for the same object in every incident', async () => {
    const [object] = action.objects(TARGET, input);
    if (object === undefined) throw new Error('the action names no object');
    const plan = (incidentId: string) =>
      action.plan({ object, input, prior: null, target: TARGET, incidentId });
    expect(plan('inc-1')).toEqual(plan('inc-2'));
  });

  test('makes one object per distinct role, and keeps the two modes apart', () => {
    const objects = action.objects(TARGET, {
      roles: [ROLE_ARN, ROLE_ARN, `${ROLE_ARN}-2`],
      mode: 'function',
    });
    expect(objects).toHaveLength(2);
    const [whole] = action.objects(TARGET, { roles: [ROLE_ARN], mode: 'role' });
    expect(objects.map((object) => object.key)).not.toContain(whole?.key);
  });

  test.each([
    ['of another account', 'arn:aws:iam::999999999999:role/checkout-role'],
    [
      'that is service-linked',
      `arn:aws:iam::${ACCOUNT}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX`,
    ],
  ])('refuses a role %s in every function that calls, and calls nothing', async (_, role) => {
    const object = { key: `role-quarantine:function:${role}`, arn: role };
    const prior = { document: null, logGroup: null };
    const { desired } = action.plan({
      object,
      input: { ...input, roles: [role] },
      prior,
      target: TARGET,
      incidentId: 'i',
    });
    const refused = expect.objectContaining({
      code: 'cordon_action_unsupported',
      classification: 'terminal',
    });
    expect(await failureOf(action.capture(context, object, { ...input, roles: [role] }))).toEqual(refused);
    expect(await failureOf(action.apply(context, object, desired))).toEqual(refused);
    expect(await failureOf(action.observe(context, object, prior, desired))).toEqual(refused);
    expect(await failureOf(action.revert(context, object, prior, desired))).toEqual(refused);
    expect(stub.requests.filter((item) => item.operation.includes('Role'))).toEqual([]);
  });

  test.each([
    [{ roles: [], mode: 'function' }],
    [{ roles: ['*'], mode: 'role' }],
    [{ roles: [ROLE_ARN], mode: 'all' }],
  ])('refuses the input %j', (bad) => {
    expect(action.input.safeParse(bad).success).toBe(false);
  });
});
