import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { GuardrailRequest } from '../../../src/guardrail/decision.ts';
import { createGate } from '../../../src/guardrail/gate.ts';
import { RESPONDER_ROLES } from '../../../src/playbook/roles.ts';
import { defaults } from './default-guardrails.ts';

const gate = createGate(defaults);
const actions = gate.actions;

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('arn:aws:lambda:eu-central-1:111122223333:function:checkout', 'inc-1', 'engine', '"'),
);
const principal: fc.Arbitrary<GuardrailRequest['principal']> = fc.oneof(
  fc.record({ kind: fc.constant('playbook' as const), id: text }),
  fc.record({
    kind: fc.constant('responder' as const),
    id: text,
    roles: fc.uniqueArray(fc.constantFrom(...RESPONDER_ROLES)),
  }),
);
const anyRequest: fc.Arbitrary<GuardrailRequest> = fc
  .record({
    principal,
    action: fc.constantFrom(...actions),
    resource: fc.record({
      id: fc.oneof(
        text.map((tail) => `arn:${tail}`),
        text,
      ),
      account: text,
      region: text,
      tier: fc.oneof(text, fc.constantFrom('production', 'staging')),
      tags: fc.dictionary(text, text, { maxKeys: 3 }),
      enrolled: fc.boolean(),
      excluded: fc.boolean(),
      sharedWith: fc.integer({ min: -1, max: 50 }),
    }),
    context: fc.record({
      mode: fc.constantFrom('observe' as const, 'ask' as const, 'act' as const),
      severity: fc.double({ min: 0, max: 10, noNaN: true }),
      confidence: fc.double({ min: 0, max: 1, noNaN: true }),
      exercise: fc.boolean(),
      sample: fc.boolean(),
      approvals: fc.integer({ min: 0, max: 6 }),
      humanDecision: fc.boolean(),
      wholeRole: fc.boolean(),
    }),
  })
  .map(({ action, ...rest }) => ({ ...rest, action: action.id, effect: action.effect }));

const writes = anyRequest.filter(({ effect }) => effect === 'contain' || effect === 'restore');
// Of every request that there is, a sample, another one in each run.
const RUNS = { numRuns: 150 };

describe('for any request, the default guardrails', () => {
  test('let nothing be written in mode observe, and ask for nothing either', () => {
    fc.assert(
      fc.property(writes, (asked) => {
        const decision = gate.decide({ ...asked, context: { ...asked.context, mode: 'observe' } });
        expect(decision.kind).toBe('refuse');
      }),
      RUNS,
    );
  });

  test('control: the same requests in mode act do run and ask', () => {
    const kinds = new Set(
      fc
        // Seeded, and many: most requests are refused, so asking is rare among them.
        .sample(writes, { numRuns: 1200, seed: 7 })
        .map((asked) => gate.decide({ ...asked, context: { ...asked.context, mode: 'act' } }).kind),
    );
    expect(kinds).toEqual(new Set(['run', 'ask', 'refuse']));
  });

  test('contain nothing that is excluded, not enrolled or a sample, whatever the approvals', () => {
    const contains = writes.filter(({ effect }) => effect === 'contain');
    const forbidden = fc.constantFrom(
      { resource: { excluded: true }, context: {} },
      { resource: { enrolled: false }, context: {} },
      { resource: {}, context: { sample: true, exercise: false } },
    );
    fc.assert(
      fc.property(contains, forbidden, (asked, hard) => {
        const decision = gate.decide({
          ...asked,
          resource: { ...asked.resource, ...hard.resource },
          context: { ...asked.context, ...hard.context },
        });
        expect(decision.kind).toBe('refuse');
      }),
      RUNS,
    );
  });

  test('ask for a number of approvals that then lets it run, and one fewer does not', () => {
    fc.assert(
      fc.property(anyRequest, (asked) => {
        const decision = gate.decide(asked);
        if (decision.kind !== 'ask') return;
        const withApprovals = (approvals: number) =>
          gate.decide({ ...asked, context: { ...asked.context, approvals } });
        expect(withApprovals(decision.quorum).kind).toBe('run');
        expect(withApprovals(decision.quorum - 1)).toMatchObject({ kind: 'ask', quorum: decision.quorum });
      }),
      RUNS,
    );
  });

  test('never take away with more approvals what they gave with fewer', () => {
    fc.assert(
      fc.property(anyRequest, (asked) => {
        if (gate.decide(asked).kind !== 'run') return;
        const more = { ...asked, context: { ...asked.context, approvals: asked.context.approvals + 1 } };
        expect(gate.decide(more).kind).toBe('run');
      }),
      RUNS,
    );
  });

  test('never ask or run a command for someone without a role', () => {
    const commands = anyRequest.filter(({ effect }) => effect === 'command');
    fc.assert(
      fc.property(commands, text, (asked, id) => {
        const decision = gate.decide({ ...asked, principal: { kind: 'responder', id, roles: [] } });
        expect(decision.kind).toBe('refuse');
      }),
      RUNS,
    );
  });
});
