import type { Report } from './diagnostic.ts';
import type { Variable } from './model.ts';
import type { VariableDocument } from './schema.ts';
import { ANY, BOOLEAN, misfit, NUMBER, type Shape, STRING } from './shape.ts';
import type { DocumentPath, Source } from './source.ts';

const SHAPES: Readonly<Record<'string' | 'number' | 'boolean' | 'any', Shape>> = {
  string: STRING,
  number: NUMBER,
  boolean: BOOLEAN,
  any: ANY,
};

/** Reads a `vars` block; a default that is not of its declared type is reported and the variable kept. */
export function bindVariables(
  { source, report }: { readonly source: Source; readonly report: Report },
  documents: Readonly<Record<string, VariableDocument>>,
  doc: DocumentPath,
): readonly Variable[] {
  return Object.entries(documents).map(([name, document]) => {
    const shape: Shape =
      document.type === 'list'
        ? { kind: 'list', items: SHAPES[document.items ?? 'any'] }
        : SHAPES[document.type];
    if (document.type !== 'list' && document.items !== undefined) {
      report(
        source.keyAt([...doc, name, 'items']),
        'cordon_playbook_schema',
        'expected items only beside type: list',
      );
    }
    const expected = misfit(shape, document.default);
    if (expected !== undefined) {
      report(
        source.valueAt([...doc, name, 'default']),
        'cordon_playbook_ill_typed',
        `expected ${expected} as the default`,
      );
    }
    return { name, shape, initial: document.default };
  });
}
