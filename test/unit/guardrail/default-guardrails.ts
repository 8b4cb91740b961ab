import { readFileSync } from 'node:fs';
import type { GuardrailFiles } from '../../../src/guardrail/check.ts';
import type { GuardrailRequest } from '../../../src/guardrail/decision.ts';
import { createGate, type GuardrailGate } from '../../../src/guardrail/gate.ts';

/** A file of the folder `guardrails`, as it ships. */
export function shipped(name: string): { readonly file: string; readonly text: string } {
  const file = `guardrails/${name}`;
  return { file, text: readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8') };
}

export const schema = shipped('schema.cedarschema');
export const defaults: GuardrailFiles = { schema, policies: [shipped('default.cedar')] };

/** A gate of these policies alone, each given an `@id` and a `@reason`: `{ 'may-read': 'permit (…);' }`. */
export function gateOf(policies: Readonly<Record<string, string>>): GuardrailGate {
  const text = Object.entries(policies)
    .map(([id, policy]) => `@id("${id}") @reason("${id}") ${policy}`)
    .join('\n');
  return createGate({ schema, policies: [{ file: 'test.cedar', text }] });
}

/** A containment of a production function in mode act, changed as `over` says. */
export function request(over: {
  readonly action?: string;
  readonly effect?: GuardrailRequest['effect'];
  readonly principal?: GuardrailRequest['principal'];
  readonly resource?: Partial<GuardrailRequest['resource']>;
  readonly context?: Partial<GuardrailRequest['context']>;
}): GuardrailRequest {
  return {
    principal: over.principal ?? { kind: 'playbook', id: 'lambda-compromise' },
    action: over.action ?? 'lambda.reserve-zero-concurrency',
    effect: over.effect ?? 'contain',
    resource: {
      id: 'arn:aws:lambda:eu-central-1:111122223333:function:checkout',
      account: '111122223333',
      region: 'eu-central-1',
      tier: 'production',
      tags: {},
      enrolled: true,
      excluded: false,
      sharedWith: 0,
      ...over.resource,
    },
    context: {
      mode: 'act',
      severity: 8,
      confidence: 0.9,
      exercise: false,
      sample: false,
      approvals: 0,
      ...over.context,
    },
  };
}
