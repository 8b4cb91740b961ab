import { describe, expect, test } from '@jest/globals';
import type { Action, Permission } from '../../../src/action/action.ts';
import { CATALOGUE } from '../../../src/action/catalogue.ts';
import {
  fitted,
  isAdministratorEquivalent,
  type PolicyDocument,
  PURPOSES,
  policyFor,
  sizeOf,
} from '../../../src/action/permissions.ts';
import { MANAGED_POLICY_LIMIT } from '../../../src/action/quarantine-names.ts';
import { ANY, QUARANTINE_POLICIES_ONLY, ROLES } from '../../../src/action/resources.ts';

const SCOPE = { partition: 'aws-cn', account: '111122223333', region: ['cn-north-1', 'cn-northwest-1'] };

const needing = (permissions: readonly Permission[]) => [{ ...CATALOGUE[0], permissions } as Action]; // only these are read
const right = (policies: readonly PolicyDocument[]) =>
  policies
    .flatMap(({ Statement }) => Statement)
    .flatMap(({ Action: names, Resource, Effect, Condition }) =>
      names.map((name) => JSON.stringify([Effect, name, Resource, Condition])),
    )
    .sort();

describe('the policies of the three roles', () => {
  const cases = PURPOSES.flatMap((purpose) =>
    (['static', 'dynamic'] as const).map((profile) => [purpose, profile] as const),
  );

  test.each(cases)(
    'of %s in profile %s fit, allow no wildcard, and name this account only',
    (purpose, profile) => {
      const policies = fitted(policyFor(CATALOGUE, purpose, { ...SCOPE, profile }));
      expect(policies.length).toBeGreaterThan(0);
      for (const policy of policies) {
        expect(sizeOf(policy)).toBeLessThanOrEqual(MANAGED_POLICY_LIMIT);
        for (const { Effect, Action: names, Resource, Condition } of policy.Statement) {
          expect(Effect).toBe('Allow');
          for (const name of names) expect(name).toMatch(/^[a-z0-9-]+:[A-Za-z0-9]+$/);
          for (const resource of Resource) expect(resource).toMatch(/^(\*|arn:aws-cn:[^{}]+)$/);
          // Only lists may be of everything, and then of the enrolled Regions; IAM has none.
          const listed = Resource.includes('*') && names.some((name) => !name.startsWith('iam:'));
          expect(JSON.stringify(Condition ?? null).includes('aws:RequestedRegion')).toBe(listed);
        }
      }
      expect(JSON.stringify(policies)).not.toContain('arn:aws:');
    },
  );

  test('let nobody write inline policies in profile static (control: profile dynamic does)', () => {
    const contain = (profile: 'static' | 'dynamic') => policyFor(CATALOGUE, 'contain', { ...SCOPE, profile });
    expect(JSON.stringify(contain('static'))).not.toContain('iam:PutRolePolicy');
    expect(isAdministratorEquivalent(contain('static'))).toBe(false);
    expect(JSON.stringify(contain('dynamic'))).toContain('iam:PutRolePolicy');
    expect(isAdministratorEquivalent(contain('dynamic'))).toBe(true);
  });

  test('tell attaching prepared quarantines from attaching anything', () => {
    const attach = { action: 'iam:AttachRolePolicy', purpose: 'contain', resource: ROLES, why: '' } as const;
    const confined = policyFor(
      needing([{ ...attach, condition: QUARANTINE_POLICIES_ONLY }]),
      'contain',
      SCOPE,
    );
    expect(confined.Statement[0]?.Condition).toEqual({
      ArnLike: { 'iam:PolicyARN': ['arn:aws-cn:iam::111122223333:policy/cordon/quarantine/*'] },
    });
    expect(isAdministratorEquivalent(confined)).toBe(false);
    expect(isAdministratorEquivalent(policyFor(needing([attach]), 'contain', SCOPE))).toBe(true);
  });

  test('deny changes of Cordon’s own roles, where any role may be changed', () => {
    const ownRoles = ['arn:aws-cn:iam::111122223333:role/cordon-contain'];
    const { Statement } = policyFor(CATALOGUE, 'contain', { ...SCOPE, profile: 'dynamic', ownRoles });
    expect(Statement.at(-1)).toMatchObject({
      Effect: 'Deny',
      Action: ['iam:AttachRolePolicy', 'iam:PutRolePermissionsBoundary', 'iam:PutRolePolicy'],
      Resource: ownRoles,
    });
    expect(JSON.stringify(policyFor(CATALOGUE, 'read', { ...SCOPE, ownRoles }))).not.toContain('Deny');
  });

  test('are cut into several where one would be too long, and lose nothing', () => {
    const many = Array.from({ length: 400 }, (_, index) => ({
      action: `lambda:GetSomethingWithALongName${String(index).padStart(3, '0')}`,
      purpose: 'read' as const,
      resource: index % 2 === 0 ? ANY : `${ROLES}${index % 5}`,
      why: '',
    }));
    const whole = policyFor(needing(many), 'read', SCOPE);
    expect(sizeOf(whole)).toBeGreaterThan(2 * MANAGED_POLICY_LIMIT);
    const parts = fitted(whole);
    for (const part of parts) expect(sizeOf(part)).toBeLessThanOrEqual(MANAGED_POLICY_LIMIT);
    expect(parts.length).toBeLessThanOrEqual(Math.ceil(sizeOf(whole) / MANAGED_POLICY_LIMIT) + 2);
    expect(right(parts)).toEqual(right([whole]));
    const sids = parts.flatMap(({ Statement }) => Statement.map(({ Sid }) => Sid));
    expect(new Set(sids).size).toBe(sids.length);
  });
});
