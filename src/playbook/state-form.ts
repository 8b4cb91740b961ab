import type { Report } from './diagnostic.ts';
import type { StateKind } from './model.ts';
import type { StateDocument } from './schema.ts';
import type { DocumentPath, Source } from './source.ts';

type Key = keyof StateDocument;

/** Which keys a state may have, by what it is. */
const ALLOWED: Readonly<
  Record<StateKind | 'forEach', { readonly what: string; readonly keys: readonly Key[] }>
> = {
  atomic: {
    what: 'a state without states of its own',
    keys: ['id', 'description', 'entry', 'invoke', 'on', 'always', 'after'],
  },
  compound: {
    what: 'a state with states of its own',
    keys: ['id', 'description', 'entry', 'initial', 'states', 'on', 'always', 'after', 'onDone'],
  },
  parallel: {
    what: 'a parallel state',
    keys: ['id', 'description', 'type', 'entry', 'states', 'on', 'always', 'after', 'onDone'],
  },
  final: { what: 'a final state', keys: ['id', 'description', 'type', 'entry', 'output'] },
  history: { what: 'a history state', keys: ['id', 'description', 'type', 'history', 'target'] },
  forEach: {
    what: 'a forEach state',
    keys: [
      'id',
      'description',
      'entry',
      'forEach',
      'vars',
      'initial',
      'states',
      'on',
      'after',
      'onDone',
      'onError',
    ],
  },
};

/** Reports each key that a state of this kind cannot have, and each that it lacks. */
export function checkStateForm(
  document: StateDocument,
  kind: StateKind,
  doc: DocumentPath,
  { source, report }: { readonly source: Source; readonly report: Report },
): void {
  const { what, keys } = ALLOWED[document.forEach === undefined ? kind : 'forEach'];
  for (const [key, value] of Object.entries(document)) {
    // A strict object has no keys but those of its type.
    if (value === undefined || keys.includes(key as Key)) continue;
    report(source.keyAt([...doc, key]), 'cordon_playbook_schema', `expected no ${key} on ${what}: remove it`);
  }
  if (
    (document.forEach !== undefined || kind === 'parallel') &&
    Object.keys(document.states ?? {}).length === 0
  ) {
    report(source.keyAt(doc), 'cordon_playbook_schema', `expected states on ${what}: add them`);
  }
}
