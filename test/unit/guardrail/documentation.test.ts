import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { checkGuardrails } from '../../../src/guardrail/check.ts';
import { createGate } from '../../../src/guardrail/gate.ts';
import { defaults, request } from './default-guardrails.ts';

test('the example of docs/guardrails.md loads beside the default set and asks two people', () => {
  const page = readFileSync(new URL('../../../docs/guardrails.md', import.meta.url), 'utf8');
  const text = /```cedar\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const files = { ...defaults, policies: [...defaults.policies, { file: 'docs/guardrails.md', text }] };
  expect(checkGuardrails(files)).toEqual([]);
  expect(createGate(files).decide(request({ resource: { tags: { domain: 'payments' } } }))).toEqual({
    kind: 'ask',
    policies: ['payments-ask-two'],
    quorum: 2,
    expiresMs: 600_000,
    onExpiry: 'run',
  });
});
