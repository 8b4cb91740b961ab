import { describe, expect, test } from '@jest/globals';
import { checkGuardrails } from '../../../src/guardrail/check.ts';
import { formatDiagnostic } from '../../../src/guardrail/diagnostic.ts';
import { defaults, schema } from './default-guardrails.ts';

const NAMED = '@id("one") @reason("r")';
const OPEN = '@id("open") @reason("r") permit (principal, action, resource);';

function problems(text: string, schemaText = schema.text): readonly string[] {
  return checkGuardrails({
    schema: { file: 'schema.cedarschema', text: schemaText },
    policies: [{ file: 'p.cedar', text }],
  }).map(formatDiagnostic);
}

describe('the check of guardrails', () => {
  test('finds nothing wrong with the default set', () => {
    expect(checkGuardrails(defaults)).toEqual([]);
  });

  test.each([
    [
      'a policy that asks and does not say how long people have',
      `${NAMED} @on_expiry("refuse") permit (principal, action, resource) when { context.approvals > 0 };`,
      'p.cedar:1:1: the policy asks people: expected @expires("15m")',
    ],
    [
      'a policy that asks and does not say what silence means',
      `${NAMED} @expires("15m") permit (principal, action, resource) when { context.approvals > 0 };`,
      'p.cedar:1:1: the policy asks people: expected @on_expiry',
    ],
    [
      'a way to ask that hides in a record',
      `${NAMED} permit (principal, action, resource) when { { c: context }.c.approvals > 0 };`,
      'context is used as a whole',
    ],
    [
      'a way to ask that is spelt as an index',
      `${NAMED} permit (principal, action, resource) when { context["approvals"] > 0 };`,
      'the policy asks people',
    ],
    [
      'a silence that takes a rung which is none',
      `${NAMED} @expires("15m") @on_expiry("rung:isolate") permit (principal, action, resource) when { context.approvals > 0 };`,
      'found @on_expiry("rung:isolate")',
    ],
    [
      'a silence that is none of what it may mean',
      `${NAMED} @expires("15m") @on_expiry("allow") permit (principal, action, resource) when { context.approvals > 0 };`,
      'one of refuse, rung:deny-abused-apis, rung:deny-privilege, rung:cap-concurrency, run; found @on_expiry("allow")',
    ],
    [
      'a time that is no duration',
      `${NAMED} @expires("soon") @on_expiry("run") permit (principal, action, resource) when { context.approvals > 0 };`,
      'expected @expires("15m")',
    ],
    [
      'more than a day',
      `${NAMED} @expires("25h") @on_expiry("run") permit (principal, action, resource) when { context.approvals > 0 };`,
      'at most 24h',
    ],
    [
      'a time on a policy that does not ask',
      `${NAMED} @expires("15m") permit (principal, action, resource);`,
      'belong to a policy that mentions context.approvals',
    ],
    ['a policy without an id', '@reason("r") permit (principal, action, resource);', 'expected @id('],
    ['a policy without a reason', '@id("one") permit (principal, action, resource);', 'expected @reason('],
    [
      'an annotation that nothing reads',
      `${NAMED} @expire("15m") permit (principal, action, resource);`,
      '@expire is not known',
    ],
    ['an id that is taken', `${OPEN}\n${OPEN}`, 'p.cedar:2:1: @id("open") is taken by p.cedar:1'],
    [
      'a role that does not exist',
      `${OPEN}\n${NAMED}\npermit (principal in Role::"admin", action, resource);`,
      'p.cedar:3:',
    ],
    [
      'an action that does not exist',
      `${OPEN}\n${NAMED} forbid (principal, action == Action::"lambda.delete", resource);`,
      'lambda.delete',
    ],
    [
      'a policy that can never apply',
      `${OPEN}\n${NAMED} forbid (principal, action, resource) when { context.approvals < 0 && false };`,
      'p.cedar:2:',
    ],
    ['text that is no policy', `${OPEN}\npermit (principal, action`, 'p.cedar:2:'],
    ['a template', `${OPEN}\n${NAMED} permit (principal == ?principal, action, resource);`, 'template'],
    ['no policy at all', '// nothing', 'expected at least one permit policy'],
    [
      'only policies that forbid',
      `${NAMED} forbid (principal, action, resource);`,
      'expected at least one permit policy',
    ],
  ])('refuses %s', (_name, text, expected) => {
    expect(problems(text)).toEqual(expect.arrayContaining([expect.stringContaining(expected)]));
  });

  test('control: the policy that the cases above spoil is accepted', () => {
    const asks = `${NAMED} @expires("15m") @on_expiry("refuse") permit (principal, action, resource) when { context.approvals > 0 };`;
    expect(problems(asks)).toEqual([]);
    expect(problems(OPEN)).toEqual([]);
  });

  test('counts lines and columns after letters of more than one byte', () => {
    expect(problems(`// ü\u{1f512}\n${OPEN}\n/`)[0]).toMatch(/^p\.cedar:3:/);
  });

  test('names the place in a schema that does not parse', () => {
    expect(problems(OPEN, 'entity Role;\nentity {')[0]).toMatch(/^schema\.cedarschema:2:8: /);
  });

  test('names the right file of several', () => {
    const found = checkGuardrails({
      schema,
      policies: [
        { file: 'a.cedar', text: OPEN },
        { file: 'b.cedar', text: `\n${NAMED} forbid (principal, action, resource) when { context.nope };` },
      ],
    });
    expect(found.map(formatDiagnostic)).toEqual([expect.stringMatching(/^b\.cedar:2:.*nope/)]);
  });
});
