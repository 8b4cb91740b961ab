import type { Json } from '../json.ts';
import type { Expression } from './expression.ts';
import type { Shape } from './shape.ts';
import type { DocumentPath } from './source.ts';
import type { ChartPath } from './types.ts';

/**
 * A playbook after its names are resolved and its expressions checked: what the compiler, the checker
 * and the graph read. Built by `build.ts`; never changed afterwards.
 */

/** A literal, or a whole expression, or a list or map of those. */
export type Value =
  | { readonly kind: 'literal'; readonly value: Json }
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, Value> };

export interface Variable {
  readonly name: string;
  readonly shape: Shape;
  readonly initial: Json;
}

/** What makes a transition happen. */
export type Cause =
  | { readonly kind: 'always' }
  | { readonly kind: 'done' }
  | { readonly kind: 'after'; readonly delayMs: number }
  | { readonly kind: 'signal'; readonly name: string }
  | { readonly kind: 'invocation-done' }
  | { readonly kind: 'invocation-failed' };

export interface Transition {
  readonly cause: Cause;
  readonly source: State;
  readonly guard?: Expression;
  readonly assign: ReadonlyMap<string, Value>;
  /** Set when all states are known; absent for a transition that only assigns. */
  target?: State;
  readonly doc: DocumentPath;
}

export interface Invocation {
  readonly src: string;
  readonly input: Value;
  readonly opensHold: boolean;
  readonly closesHolds: boolean;
  /** The chart that each target runs, when this is a `forEach`. */
  readonly chart?: ChartPath;
}

export interface Notify {
  readonly name: string;
  readonly params: Value;
}

export type StateKind = 'atomic' | 'compound' | 'parallel' | 'final' | 'history';

export interface State {
  readonly kind: StateKind;
  readonly key: string;
  /** Dotted path inside its chart; '' for the root. */
  readonly path: string;
  readonly doc: DocumentPath;
  /** Explicit id, for `target: '#id'`. */
  readonly id?: string;
  readonly description?: string;
  readonly parent: State | undefined;
  readonly children: State[];
  /** The child that is entered by default; set when all children are known. */
  initial?: State;
  readonly entry: Notify[];
  invocation?: Invocation;
  /** In the order in which they are tried. */
  readonly transitions: Transition[];
  output?: Value;
  readonly history?: 'shallow' | 'deep';
  /** Where a history state leads that has nothing to remember. */
  historyDefault?: State;
}

export interface Chart {
  readonly path: ChartPath;
  readonly root: State;
  readonly variables: readonly Variable[];
  readonly doc: DocumentPath;
  /** The names of a final state's output, where all final states of the root agree on them. */
  readonly outputs: readonly string[];
}

export interface Trigger {
  readonly when: Expression;
  readonly order: number;
}

export interface Model {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly description: string;
  readonly triggers: readonly Trigger[];
  readonly charts: ReadonlyMap<ChartPath, Chart>;
}

/** All states of a chart, the root first, in document order. */
export function statesOf(root: State): readonly State[] {
  return [root, ...root.children.flatMap(statesOf)];
}

/** Whether `state` is `ancestor` or lies inside it. */
export function isWithin(state: State, ancestor: State): boolean {
  for (let at: State | undefined = state; at !== undefined; at = at.parent) if (at === ancestor) return true;
  return false;
}

/**
 * Whether a transition of a region of a parallel state leads to a state inside that region: then the region is not
 * left. Leaving it, as other transitions leave their source, would leave the other regions with it.
 */
export function staysInside(source: State, target: State): boolean {
  return source.parent?.kind === 'parallel' && target !== source && isWithin(target, source);
}

/** The nearest state that has both inside it; what a transition from one to the other leaves and enters lies in it. */
export function domainOf(source: State, target: State): State {
  if (staysInside(source, target)) return source;
  let at = source.parent ?? source;
  while (!(isWithin(target, at) && target !== at) && at.parent !== undefined) at = at.parent;
  return at;
}
