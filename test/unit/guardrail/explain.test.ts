import { expect, test } from '@jest/globals';
import { explainDecision, formatExplanation } from '../../../src/guardrail/explain.ts';
import { createGate } from '../../../src/guardrail/gate.ts';
import { defaults, request } from './default-guardrails.ts';

const gate = createGate(defaults);
const explained = (asked: Parameters<typeof gate.decide>[0]) =>
  formatExplanation(explainDecision(gate.decide(asked), gate.guardrails));

test('says whom it asks, how long they have and what silence means', () => {
  const text = explained(request({ action: 'iam.quarantine-role', resource: { sharedWith: 30 } }));
  expect(text).toMatch(/^Ask 2 people within 15 min; if nobody decides, it is refused\.\n/);
  expect(text).toMatch(
    /\n {2}widely-shared-role-asks-two: More than twenty .*\(guardrails\/default\.cedar:\d+\)$/,
  );
});

test('says why something is refused, and where the policy is', () => {
  const text = explained(request({ context: { mode: 'observe' } }));
  expect(text).toMatch(/^Refuse: The mode is observe: .*\n {2}observe-writes-nothing: The mode is observe/);
});

test('names the policy that lets something run', () => {
  expect(explained(request({}))).toMatch(/^Run\.\n {2}playbook-contains: /);
});

test('says so when a policy of an old decision is no longer loaded', () => {
  const text = formatExplanation(explainDecision({ kind: 'run', policies: ['gone'] }, gate.guardrails));
  expect(text).toBe('Run.\n  gone: not among the guardrails that are loaded now');
});
