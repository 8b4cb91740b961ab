import { domainOf, isWithin, type State, statesOf, type Transition } from './model.ts';

/**
 * What a chart can be in: its active states without children, in document order. Mirrors how XState
 * enters and leaves states, with guards and history left open: where either could decide, all
 * possibilities are returned. A property test holds this equal to the machine.
 */
export type Configuration = readonly State[];

/** The ways to enter `state` by default; more than one only where history decides. */
export function enter(state: State): readonly Configuration[] {
  switch (state.kind) {
    case 'atomic':
    case 'final':
      return [[state]];
    case 'compound':
      return state.initial === undefined ? [] : enter(state.initial);
    case 'parallel':
      return product(state.children.filter((child) => child.kind !== 'history').map(enter));
    case 'history': {
      const parent = state.parent;
      if (parent === undefined) return [];
      if (state.history === 'deep') return everywhereIn(parent);
      const siblings = parent.children.filter((child) => child.kind !== 'history');
      return parent.kind === 'parallel' ? enter(parent) : siblings.flatMap(enter);
    }
  }
}

function everywhereIn(state: State): readonly Configuration[] {
  const children = state.children.filter((child) => child.kind !== 'history');
  if (children.length === 0) return [[state]];
  return state.kind === 'parallel' ? product(children.map(everywhereIn)) : children.flatMap(everywhereIn);
}

/** The configurations after `transition` is taken in `before`; `before` itself when it has no target. */
export function take(before: Configuration, transition: Transition): readonly Configuration[] {
  const { source, target } = transition;
  if (target === undefined) return [before];
  const domain = domainOf(source, target);
  const kept = before.filter((leaf) => !isWithin(leaf, domain));
  return enterAt(domain, target).map((entered) => sorted([...kept, ...entered]));
}

function enterAt(at: State, target: State): readonly Configuration[] {
  if (at === target) return enter(target);
  const next = at.children.find((child) => isWithin(target, child));
  if (next === undefined) return [];
  if (next.kind === 'history') return enter(next);
  const inner = enterAt(next, target);
  if (at.kind !== 'parallel') return inner;
  const others = at.children.filter((child) => child !== next && child.kind !== 'history');
  return product([inner, ...others.map(enter)]);
}

/** Whether `state` has come to its end in `configuration`. */
export function isComplete(state: State, configuration: Configuration): boolean {
  if (state.kind === 'compound') {
    return configuration.some((leaf) => leaf.kind === 'final' && leaf.parent === state);
  }
  if (state.kind !== 'parallel') return false;
  return state.children.every((child) => child.kind === 'history' || isComplete(child, configuration));
}

/** What names a configuration. */
export function keyOf(configuration: Configuration): string {
  return configuration.map((state) => state.path).join(' ');
}

const orders = new WeakMap<State, ReadonlyMap<State, number>>();

function sorted(states: readonly State[]): Configuration {
  const [first] = states;
  if (first === undefined) return states;
  let root = first;
  while (root.parent !== undefined) root = root.parent;
  const order = orders.get(root) ?? new Map(statesOf(root).map((state, index) => [state, index]));
  orders.set(root, order);
  return [...states].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
}

function product(parts: readonly (readonly Configuration[])[]): readonly Configuration[] {
  return parts.reduce<readonly Configuration[]>(
    (found, part) => found.flatMap((left) => part.map((right) => [...left, ...right])),
    [[]],
  );
}
