import { describe, expect, test } from '@jest/globals';
import type { Target } from '../../../src/action/ports.ts';
import { accountQuarantines, preparedQuarantines } from '../../../src/action/quarantine-prepared.ts';
import type { JsonObject } from '../../../src/json.ts';
import { actionWorld, containing, TARGET } from '../../support/action-world.ts';
import { ROLE_ARN } from '../../support/world.ts';

const STATIC: Target = { ...TARGET, means: { profile: 'static', sink: null, codeSigningConfig: null } };

// As the template makes it: older versions log elsewhere, and failed events go to a queue of the account.
const MADE = [
  ...preparedQuarantines({
    ...STATIC,
    logGroups: ['/payments/old'],
    sinks: ['arn:aws:sqs:eu-west-1:111122223333:failed'],
  }),
  ...accountQuarantines(STATIC),
];

/** The account with its prepared policies, some of them changed by whoever may write policies. */
function account(changed: (name: string, document: JsonObject) => JsonObject = (_, document) => document) {
  const spec = {
    roles: [{ name: 'checkout-webhook-role' }],
    functions: [{ name: 'checkout-webhook', role: 'checkout-webhook-role' }],
    managedPolicies: MADE.map(({ name, document }) => ({
      name,
      path: '/cordon/quarantine/',
      document: changed(name, { ...document }),
    })),
  };
  return actionWorld(spec, STATIC);
}

const INPUT = { roles: [ROLE_ARN], mode: 'function' };
const WEAK = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: 'iam:*', Resource: '*' }] };

/** The document with everything left open that was pinned. */
const unpinned = (document: JsonObject): JsonObject =>
  JSON.parse(
    JSON.stringify(document).replace(/"NotResource":\[[^\]]*\]/, '"NotResource":["arn:aws:logs:*"]'),
  );

describe('a prepared policy', () => {
  test.each(['function', 'role'])('of mode %s is attached as it was made (control)', async (mode) => {
    const found = account();
    await (await found.attempt('iam.quarantine-role', { ...INPUT, mode })).apply();
    expect(found.world.journal.count({ operation: 'AttachRolePolicy', outcome: 'ok' })).toBe(1);
  });

  test.each([
    ['denies little', () => WEAK],
    ['pins nothing', unpinned],
    [
      'is of another function',
      (document: JsonObject): JsonObject =>
        JSON.parse(JSON.stringify(document).replaceAll('checkout-webhook"', 'other"')),
    ],
  ])('that %s is refused before anything is written', async (_what, change) => {
    const found = account((name, document) => (name.includes('-function-') ? change(document) : document));
    await expect(found.attempt('iam.quarantine-role', INPUT)).rejects.toMatchObject({
      code: 'cordon_prepared_policy_differs',
    });
    expect(found.world.journal.writes({ service: 'iam' })).toEqual([]);
  });

  test('of the whole role is refused when its sink is of another account', async () => {
    const found = account((name, document) =>
      name.includes('-role-')
        ? JSON.parse(JSON.stringify(document).replaceAll('111122223333:failed', '999988887777:failed'))
        : document,
    );
    const asked = found.attempt('iam.quarantine-role', { ...INPUT, mode: 'role' });
    await expect(asked).rejects.toMatchObject({ code: 'cordon_prepared_policy_differs' });
  });

  test('that was changed makes way for the next one', async () => {
    const found = account((name, document) => (name.includes('-function-') ? WEAK : document));
    const next = containing('iam.quarantine-role').otherwise?.(
      INPUT,
      { key: '', arn: ROLE_ARN },
      'cordon_prepared_policy_differs',
    );
    expect(next).toEqual({ ...INPUT, way: 'any' });
    await (await found.attempt('iam.quarantine-role', next ?? {})).apply();
    const [role] = [...found.world.state.roles.values()].filter(({ arn }) => arn === ROLE_ARN);
    expect([...(role?.policies.current.attached ?? [])].join()).toContain('CordonQuarantine-any');
  });

  test.each([['any'], ['boundary']])('of the account, %s, is compared too', async (way) => {
    const found = account((name, document) => (name.endsWith(`-${way}`) ? WEAK : document));
    const asked = found.attempt('iam.quarantine-role', { ...INPUT, way });
    await expect(asked).rejects.toMatchObject({ code: 'cordon_prepared_policy_differs' });
  });

  test('for rights and secrets is compared too', async () => {
    const found = account((name, document) => (name.includes('-secrets-') ? WEAK : document));
    const asked = found.attempt('iam.deny-privilege', { roles: [ROLE_ARN] });
    await expect(asked).rejects.toMatchObject({ code: 'cordon_prepared_policy_differs' });
  });
});
