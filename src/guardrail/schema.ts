import { schemaToJson } from './cedar.ts';
import type { GuardrailRequest } from './decision.ts';
import type { Diagnostic } from './diagnostic.ts';

export type Effect = GuardrailRequest['effect'];

/** One action that the guardrails know. */
export interface SchemaAction {
  readonly id: string;
  readonly effect: Effect;
}

const EFFECTS: Readonly<Record<Effect, true>> = {
  read: true,
  contain: true,
  restore: true,
  notify: true,
  command: true,
};

function isEffect(text: string): text is Effect {
  return Object.hasOwn(EFFECTS, text);
}

/**
 * Returns the actions of a guardrail schema with the effect whose group each is in, sorted by id; the
 * groups themselves are left out. Empty when the schema does not parse. An action in no group, or in
 * two, is left out too: the gate then refuses it.
 */
export function schemaActions(schemaText: string): readonly SchemaAction[] {
  const answer = schemaToJson(schemaText);
  if (answer.type === 'failure') return [];
  const actions: SchemaAction[] = [];
  for (const namespace of Object.values(answer.json)) {
    for (const [id, action] of Object.entries(namespace.actions)) {
      const groups = (action.memberOf ?? []).map((group) => group.id).filter(isEffect);
      const effect = groups[0];
      if (effect !== undefined && groups.length === 1) actions.push({ id, effect });
    }
  }
  return actions.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * Compares the schema with what the engine really has: actions, steps and commands with their effects.
 * Returns one diagnostic for each that is missing, superfluous or in the wrong group; none when equal.
 */
export function checkSchemaActions(
  schema: { readonly file: string; readonly text: string },
  catalogue: readonly SchemaAction[],
): readonly Diagnostic[] {
  const found = new Map(schemaActions(schema.text).map((action) => [action.id, action.effect]));
  const expected = new Map(catalogue.map((action) => [action.id, action.effect]));
  const at = (message: string): Diagnostic => ({ file: schema.file, line: 1, column: 1, message });
  const diagnostics: Diagnostic[] = [];
  for (const [id, effect] of expected) {
    const group = found.get(id);
    if (group === undefined) diagnostics.push(at(`expected an action "${id}" in ["${effect}"], found none`));
    else if (group !== effect)
      diagnostics.push(at(`expected action "${id}" in ["${effect}"], found it in ["${group}"]`));
  }
  for (const id of found.keys()) {
    if (!expected.has(id))
      diagnostics.push(at(`action "${id}" is neither in the catalogue nor a command: remove it`));
  }
  return diagnostics;
}
