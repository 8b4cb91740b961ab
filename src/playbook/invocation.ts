import type { Json, JsonObject } from '../json.ts';
import type { PlaybookCatalogue } from './catalogue.ts';
import type { CatalogueEntry } from './catalogue-entry.ts';
import type { Report } from './diagnostic.ts';
import type { Invocation, State } from './model.ts';
import type { InvokeDocument } from './schema.ts';
import type { Scope } from './scope.ts';
import { type Shape, shapeOfSchema } from './shape.ts';
import type { Source } from './source.ts';
import { bindMap } from './value.ts';

/** Checks what an `invoke` names and gives; `undefined` when it names nothing in the catalogue. */
export function bindInvocation(
  options: { readonly source: Source; readonly catalogue: PlaybookCatalogue; readonly report: Report },
  state: State,
  document: InvokeDocument,
  scope: Scope,
  hasTarget: boolean,
): { readonly invocation: Invocation; readonly output: Shape; readonly human: boolean } | undefined {
  const { source, catalogue, report } = options;
  const doc = [...state.doc, 'invoke'];
  const entry = catalogue.entries.get(document.src);
  if (entry === undefined) {
    report(
      source.valueAt([...doc, 'src']),
      'cordon_playbook_unknown_action',
      `expected one of ${[...catalogue.entries.keys()].sort().join(', ')}, found ${document.src}`,
    );
    return undefined;
  }
  if ((entry.kind === 'contain' || entry.kind === 'read') && !hasTarget) {
    report(
      source.valueAt([...doc, 'src']),
      'cordon_playbook_needs_target',
      `${entry.src} acts on a target: put it inside a forEach over incident.targets`,
    );
  }
  if (entry.kind === 'contain' && !entry.reversible && document.irreversible !== true) {
    report(
      source.valueAt([...doc, 'src']),
      'cordon_playbook_irreversible_unmarked',
      `${entry.src} cannot be undone: add irreversible: true to show that this is meant`,
    );
  }
  const input: JsonObject = document.input ?? {};
  const where = document.input === undefined ? doc : [...doc, 'input'];
  const names = checkNames(entry, input, options, [...doc, 'input']);
  const shape = shapeOfSchema(entry.input, 'input');
  const value = names ? bindMap(options, input, where, scope, shape, 'cordon_playbook_bad_input') : undefined;
  if (value !== undefined && isLiteral(input)) {
    // Ranges and lengths are beyond shapes; where everything is literal, the schema itself can be asked.
    const checked = entry.input.safeParse(input);
    const [issue] = checked.success ? [] : checked.error.issues;
    if (issue !== undefined) {
      const path = issue.path.filter((part) => typeof part !== 'symbol');
      report(source.valueAt([...where, ...path]), 'cordon_playbook_bad_input', issue.message);
    }
  }
  return {
    invocation: {
      src: entry.src,
      input: value ?? { kind: 'map', entries: new Map() },
      opensHold: entry.opensHold,
      closesHolds: entry.closesHolds,
    },
    output: shapeOfSchema(typeof entry.output === 'function' ? entry.output(input) : entry.output, 'output'),
    human: entry.kind === 'human',
  };
}

/** A role or form that does not exist gets a code of its own: it is the commonest slip. */
function checkNames(
  entry: CatalogueEntry,
  input: JsonObject,
  { source, catalogue, report }: { source: Source; catalogue: PlaybookCatalogue; report: Report },
  doc: readonly (string | number)[],
): boolean {
  if (entry.kind !== 'human') return true;
  let sound = true;
  const check = (name: string, known: readonly string[], code: Parameters<Report>[1]) => {
    const value = input[name];
    if (value === undefined || (typeof value === 'string' && known.includes(value))) return;
    sound = false;
    report(
      source.valueAt([...doc, name]),
      code,
      `expected one of ${known.join(', ')}, found ${JSON.stringify(value)}`,
    );
  };
  check('to', catalogue.roles, 'cordon_playbook_unknown_role');
  check('form', catalogue.forms, 'cordon_playbook_unknown_form');
  return sound;
}

function isLiteral(json: Json | undefined): boolean {
  if (typeof json === 'string') return !json.includes('${{');
  if (Array.isArray(json)) return json.every(isLiteral);
  return typeof json !== 'object' || json === null || Object.values(json).every(isLiteral);
}
