import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { defineContainAction, defineReadAction } from '../../../src/action/action.ts';
import { buildCatalogue } from '../../../src/playbook/catalogue.ts';
import { ENGINE_STEPS, FOR_EACH, isEngineStep } from '../../../src/playbook/engine-steps.ts';
import { FORM_IDS, FORMS } from '../../../src/playbook/forms.ts';

describe('the forms', () => {
  test.each(FORM_IDS)('%s offers exactly the choices that its answer accepts', (id) => {
    const form = FORMS[id];
    expect(form.id).toBe(id);
    const required = form.fields.filter((field) => field.required);
    const first = Object.fromEntries(
      required.map((field) => [field.name, field.kind === 'choice' ? field.options[0]?.value : 'text']),
    );
    for (const field of form.fields) {
      const values = field.kind === 'choice' ? field.options.map((option) => option.value) : ['a note'];
      for (const value of values) {
        expect(form.answer.safeParse({ ...first, [field.name]: value }).success).toBe(true);
      }
      expect(form.answer.safeParse({ ...first, [field.name]: 'no such choice'.repeat(200) }).success).toBe(
        false,
      );
    }
    expect(form.answer.safeParse({ ...first, extra: 1 }).success).toBe(false);
  });
});

describe('the catalogue', () => {
  const catalogue = buildCatalogue([
    defineReadAction({
      effect: 'read',
      id: 'thing.read',
      title: 'Read',
      description: 'Reads.',
      permissions: [],
      lane: 'prepare',
      input: z.strictObject({}),
      output: z.strictObject({ found: z.boolean() }),
      run: async () => ({ found: true }),
    }),
    defineContainAction({
      effect: 'contain',
      id: 'thing.contain',
      title: 'Contain',
      description: 'Contains.',
      permissions: [],
      reversible: true,
      input: z.strictObject({}),
      prior: z.strictObject({}),
      objects: () => [],
      capture: async () => ({}),
      plan: () => ({ changes: [], desired: {} }),
      apply: async () => {},
      observe: async () => ({ kind: 'in-effect' }),
      revert: async () => {},
    }),
  ]);

  test('knows the actions it was given and the steps of the engine', () => {
    expect([...catalogue.entries.keys()]).toEqual([
      'thing.read',
      'thing.contain',
      ...ENGINE_STEPS.map((step) => step.src),
    ]);
  });

  test('takes every containment to open a hold, and only release and hand-over to close them', () => {
    const entries = [...catalogue.entries.values()];
    expect(entries.filter((entry) => entry.opensHold).map((entry) => entry.src)).toEqual(['thing.contain']);
    expect(entries.filter((entry) => entry.closesHolds).map((entry) => entry.src)).toEqual([
      'containment.release',
      'containment.hand-over',
    ]);
  });

  test('does not let a playbook write the invocation of a forEach itself', () => {
    expect(catalogue.entries.has(FOR_EACH)).toBe(false);
    expect(isEngineStep('containment.release')).toBe(true);
    expect(isEngineStep('thing.read')).toBe(false);
  });
});
