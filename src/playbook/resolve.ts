import type { Report } from './diagnostic.ts';
import { domainOf, type State, statesOf } from './model.ts';
import type { DocumentPath, Source } from './source.ts';

/** A target as written, waiting for all states of its chart to be known. */
export interface PendingTarget {
  readonly source: State;
  readonly target: string;
  readonly doc: DocumentPath;
  set(state: State): void;
}

/** Finds what each target names, a sibling or `#id`, and reports duplicates, unknown names and jumps between regions. */
export function resolveTargets(
  root: State,
  pending: readonly PendingTarget[],
  {
    source,
    report,
    reserved,
  }: { readonly source: Source; readonly report: Report; readonly reserved: string },
): void {
  const ids = new Map<string, State>();
  for (const state of statesOf(root)) {
    if (state.id === undefined) continue;
    if (ids.has(state.id) || state.id === reserved) {
      report(
        source.valueAt([...state.doc, 'id']),
        'cordon_playbook_duplicate_id',
        `expected an id that nothing else has, found ${state.id} again`,
      );
    } else ids.set(state.id, state);
  }
  for (const { source: from, target, doc, set } of pending) {
    const siblings = (from.parent ?? from).children;
    const found = target.startsWith('#')
      ? ids.get(target.slice(1))
      : siblings.find((sibling) => sibling.key === target);
    if (found === undefined) {
      const known = target.startsWith('#')
        ? [...ids.keys()].map((id) => `#${id}`)
        : siblings.map((sibling) => sibling.key);
      report(
        source.valueAt(doc),
        'cordon_playbook_unknown_target',
        `expected a state beside this one or an id of this chart (${known.join(', ') || 'there is none'}), found ${target}`,
      );
      continue;
    }
    if (domainOf(from, found).kind === 'parallel') {
      // XState would leave and enter again every region of the parallel state: never what is meant.
      report(
        source.valueAt(doc),
        'cordon_playbook_crosses_regions',
        `${target} is in another region of the same parallel state: use a variable and an always there`,
      );
      continue;
    }
    set(found);
  }
}
