import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  INLINE_POLICY_LIMIT,
  literal,
  MAX_LOG_GROUPS,
  quarantinePolicy,
} from '../../../src/action/quarantine-policy.ts';

interface Statement {
  readonly Action?: readonly string[];
  readonly NotAction?: readonly string[];
  readonly Resource?: string;
  readonly NotResource?: readonly string[];
  readonly Condition?: { readonly ArnEquals: Readonly<Record<string, string>> };
}

function statements(policy: unknown): readonly Statement[] {
  return (policy as { readonly Statement: readonly Statement[] }).Statement; // the shape that the generator declares
}

/** IAM's matching of a resource pattern, as far as these policies use it: `*`, `?` and the `${*}` escapes. */
function matches(pattern: string, value: string): boolean {
  const source = pattern.replace(
    /\$\{([*?$])\}|[*?]|[.+^${}()|[\]\\]/g,
    (token, escaped: string | undefined) =>
      escaped !== undefined ? `\\${escaped}` : token === '*' ? '[^]*' : token === '?' ? '[^]' : `\\${token}`,
  );
  return new RegExp(`^${source}$`).test(value);
}

/** Whether the policy denies a call made by the function (or, with `source` null, by anybody else). */
function denies(policy: unknown, call: { action: string; resource: string; source: string | null }): boolean {
  return statements(policy).some((statement) => {
    const source = statement.Condition?.ArnEquals['lambda:SourceFunctionArn'];
    if (source !== undefined && (call.source === null || !matches(source, call.source))) return false;
    const action = statement.NotAction
      ? !statement.NotAction.includes(call.action)
      : statement.Action?.includes(call.action) === true;
    const resource = statement.NotResource
      ? !statement.NotResource.some((pattern) => matches(pattern, call.resource))
      : statement.Resource === '*';
    return action && resource;
  });
}

const FUNCTION = 'arn:aws:lambda:eu-west-1:123456789012:function:checkout';
const logGroup = fc
  .string({ unit: fc.constantFrom(...'abcXYZ019_-/.#*?$'), minLength: 1, maxLength: 512 })
  .map((name) => `arn:aws:logs:eu-west-1:123456789012:log-group:${name}`);
const logGroups = fc.uniqueArray(logGroup, { minLength: 1, maxLength: MAX_LOG_GROUPS });
const scope = fc.constantFrom(
  { kind: 'function' as const, functionArn: FUNCTION },
  { kind: 'role' as const },
);

const NOTHING = { logGroups: [], sinks: [] };

describe('the quarantine policy', () => {
  test('never denies the log writes of a pinned group', () => {
    fc.assert(
      fc.property(scope, logGroups, (who, groups) => {
        const policy = quarantinePolicy(who, { logGroups: groups, sinks: [] });
        for (const group of groups) {
          for (const [action, resource] of [
            ['logs:CreateLogGroup', group],
            ['logs:CreateLogStream', `${group}:log-stream:`],
            ['logs:PutLogEvents', `${group}:log-stream:2026/11/20/[$LATEST]abc`],
          ] as const) {
            expect(denies(policy, { action, resource, source: FUNCTION })).toBe(false);
          }
        }
      }),
    );
  });

  test('denies log writes to any other group, whatever characters the pinned ones have', () => {
    fc.assert(
      fc.property(scope, logGroups, logGroup, (who, groups, other) => {
        fc.pre(!groups.some((group) => other === group || other.startsWith(`${group}:`)));
        const policy = quarantinePolicy(who, { logGroups: groups, sinks: [] });
        expect(denies(policy, { action: 'logs:PutLogEvents', resource: other, source: FUNCTION })).toBe(true);
      }),
    );
  });

  test.each([
    's3:GetObject',
    'iam:PutRolePolicy',
    'logs:DeleteLogGroup',
    'logs:PutRetentionPolicy',
    'sts:AssumeRole',
  ])('denies %s to the function', (action) => {
    const call = { action, resource: 'arn:aws:s3:::x', source: FUNCTION };
    expect(denies(quarantinePolicy({ kind: 'function', functionArn: FUNCTION }, NOTHING), call)).toBe(true);
    expect(denies(quarantinePolicy({ kind: 'role' }, NOTHING), call)).toBe(true);
  });

  test('spares siblings and calls without a source function in mode function, and nobody in mode role', () => {
    const call = { action: 's3:GetObject', resource: 'arn:aws:s3:::x' };
    const sources = [`${FUNCTION}-2`, null];
    const byFunction = quarantinePolicy({ kind: 'function', functionArn: FUNCTION }, NOTHING);
    const byRole = quarantinePolicy({ kind: 'role' }, NOTHING);
    expect(sources.map((source) => denies(byFunction, { ...call, source }))).toEqual([false, false]);
    expect(sources.map((source) => denies(byRole, { ...call, source }))).toEqual([true, true]);
  });

  test('fits in an inline policy at its largest', () => {
    const name = 'x'.repeat(512);
    const groups = Array.from(
      { length: MAX_LOG_GROUPS },
      (_, index) => `arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:${name.slice(1)}${index}`,
    );
    const longest = `arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:${'f'.repeat(64)}`;
    const policy = quarantinePolicy(
      { kind: 'function', functionArn: longest },
      { logGroups: groups, sinks: [] },
    );
    expect(JSON.stringify(policy).length).toBeLessThan(INLINE_POLICY_LIMIT);
  });

  test('escapes what would be a wildcard or a variable', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM's own variable syntax
    expect(literal('a*b?c${aws:username}')).toBe('a${*}b${?}c${$}{aws:username}');
    expect(literal(FUNCTION)).toBe(FUNCTION);
  });
});
