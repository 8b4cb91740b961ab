import { describe, expect, test } from '@jest/globals';
import { checkSchemaActions, schemaActions } from '../../../src/guardrail/schema.ts';
import { RESPONDER_ROLES } from '../../../src/playbook/roles.ts';
import { gateOf, request, schema } from './default-guardrails.ts';

describe('the guardrail schema', () => {
  test('lists each action with its effect, and no groups', () => {
    const actions = schemaActions(schema.text);
    expect(actions).toContainEqual({ id: 'iam.quarantine-role', effect: 'contain' });
    expect(actions).toContainEqual({ id: 'containment.release', effect: 'restore' });
    expect(actions).toContainEqual({ id: 'command.approve', effect: 'command' });
    expect(actions.map((action) => action.id)).not.toContain('contain');
  });

  test('leaves out an action that is in two groups, so that the gate refuses it', () => {
    const twice = schema.text.replace('in ["restore"]', 'in ["restore", "read"]');
    expect(schemaActions(twice).map((action) => action.id)).not.toContain('containment.release');
  });

  test('agrees with a catalogue of the same actions, and names each difference', () => {
    const same = schemaActions(schema.text);
    expect(checkSchemaActions(schema, same)).toEqual([]);
    const other = same
      .filter((action) => action.id !== 'command.note')
      .map((action) =>
        action.id === 'containment.verify' ? { ...action, effect: 'contain' as const } : action,
      )
      .concat({ id: 'lambda.disable-url', effect: 'contain' });
    expect(checkSchemaActions(schema, other).map((problem) => problem.message)).toEqual([
      'expected action "containment.verify" in ["contain"], found it in ["read"]',
      'expected an action "lambda.disable-url" in ["contain"], found none',
      'action "command.note" is neither in the catalogue nor a command: remove it',
    ]);
  });

  test('knows every role that the enrolment file can give', () => {
    const gate = gateOf({ open: 'permit (principal, action, resource);' });
    for (const role of RESPONDER_ROLES) {
      const principal = { kind: 'responder', id: 'ada', roles: [role] } as const;
      const asked = request({ principal, action: 'command.note', effect: 'command' });
      expect(gate.decide(asked).kind).toBe('run');
    }
  });
});
