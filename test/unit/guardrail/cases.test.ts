import { describe, expect, test } from '@jest/globals';
import { parseGuardrailCases, runGuardrailTests } from '../../../src/guardrail/cases.ts';
import { createGate } from '../../../src/guardrail/gate.ts';
import { defaults, gateOf, shipped } from './default-guardrails.ts';

const table = shipped('tests/default.yaml');
const cases = parseGuardrailCases(table.text, table.file);

describe('the default guardrails decide as their table says', () => {
  const results = runGuardrailTests(cases, createGate(defaults));
  test.each(results.map((result) => [result.name, result] as const))('%s', (_name, result) => {
    expect(result.found).toBe(result.expected);
    expect(result.passed).toBe(true);
  });

  test('and every policy is named by at least one case', () => {
    const named = new Set(cases.cases.flatMap((row) => row.policies ?? []));
    const gate = createGate(defaults);
    const unnamed = gate.guardrails.map((guardrail) => guardrail.id).filter((id) => !named.has(id));
    expect(unnamed).toEqual([]);
  });

  test('control: the table fails on a gate that permits everything', () => {
    const open = gateOf({ 'anything-goes': 'permit (principal, action, resource);' });
    const failed = runGuardrailTests(cases, open).filter((result) => !result.passed);
    expect(failed.map((result) => result.name)).toContain('observe never contains');
    expect(failed.length).toBeGreaterThan(20);
  });
});

describe('a table of cases', () => {
  test('names line and column of what it does not understand', () => {
    const misspelt = table.text.replace('expect: run', 'expects: run');
    const line = table.text.split('\n').findIndex((text) => text.includes('expect: run')) + 1;
    expect(() => parseGuardrailCases(misspelt, 'cases.yaml')).toThrow(
      expect.objectContaining({
        code: 'cordon_guardrail_cases_invalid',
        message: expect.stringContaining(`cases.yaml:${line}:5: cases.0: Unrecognized key`),
      }),
    );
  });

  test('refuses two cases of one name', () => {
    const twice = `${table.text}
  - name: a commander resumes
    principal: { responder: cleo, roles: [commander] }
    action: command.resume
    expect: run
`;
    expect(() => parseGuardrailCases(twice, 'cases.yaml')).toThrow('another case has this name');
  });
});
