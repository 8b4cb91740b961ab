import type { GuardrailRequest } from './decision.ts';
import type { SchemaAction } from './schema.ts';

/**
 * Ordinary requests, one for each kind of action, principal and resource, for the gate to try when it
 * is built. A schema that does not take them would refuse everything at run time, so it must not load.
 * They also make V8 compile Cedar: without them the first decision, in the middle of the first
 * incident, took 181 ms; with them 1.5 ms.
 */
export function probes(actions: readonly SchemaAction[]): readonly GuardrailRequest[] {
  const target = 'arn:aws:lambda:eu-central-1:000000000000:function:probe';
  return actions.flatMap(({ id, effect }) =>
    effect === 'command'
      ? ['inc-probe', 'engine'].map((resource) => probe(id, effect, resource))
      : [probe(id, effect, effect === 'read' ? 'inc-probe' : target)],
  );
}

function probe(action: string, effect: GuardrailRequest['effect'], id: string): GuardrailRequest {
  return {
    principal:
      effect === 'command'
        ? { kind: 'responder', id: 'probe', roles: [] }
        : { kind: 'playbook', id: 'probe' },
    action,
    effect,
    resource: {
      id,
      account: '000000000000',
      region: 'eu-central-1',
      tier: 'production',
      tags: { probe: 'probe' },
      enrolled: false,
      excluded: true,
      sharedWith: 0,
    },
    context: {
      mode: 'observe',
      severity: 0,
      confidence: 0,
      exercise: false,
      sample: false,
      approvals: 0,
      humanDecision: false,
      wholeRole: false,
      rung: '',
      overBudget: false,
    },
  };
}
