import { type Configuration, enter, isComplete, keyOf, take } from './configuration.ts';
import type { Report } from './diagnostic.ts';
import { type Chart, type Model, type State, statesOf, type Transition } from './model.ts';
import type { Source } from './source.ts';

/**
 * Explores every configuration that a chart can come to, with each guard both true and false, each
 * invocation both done and failed, each timer and signal at any time. What holds on this larger graph
 * holds for every run. A node is a configuration and whether a hold may be open in it.
 */

/** Configurations of one chart; the shipped playbook has fewer than a hundred. */
const MAX_CONFIGURATIONS = 5_000;

interface Node {
  readonly configuration: Configuration;
  /** A hold of the incident may be open: something that opens holds was started since the last release. */
  readonly held: boolean;
  readonly from: Node | undefined;
  readonly edges: Edge[];
}

interface Edge {
  readonly transition: Transition;
  readonly to: Node;
}

/** Explores each chart and reports what can go wrong in it. */
export function exploreModel(model: Model, source: Source, report: Report): void {
  for (const chart of model.charts.values()) {
    const nodes = explore(chart);
    if (nodes === undefined) {
      report(
        source.keyAt(chart.doc),
        'cordon_playbook_too_large',
        `expected at most ${MAX_CONFIGURATIONS} combinations of states, found more: use fewer parallel states`,
      );
      continue;
    }
    reportCycles(nodes, source, report);
    // Behind a dead end everything is unreachable: the cause is enough.
    if (!reportDeadEnds(chart, nodes, source, report)) reportUnreachable(chart, nodes, source, report);
    if (chart.path === '') reportOpenHolds(chart, nodes, source, report);
  }
}

/** Names of all configurations that a chart can come to, as `keyOf` writes them; `undefined` when there are too many. */
export function reachableConfigurations(chart: Chart): ReadonlySet<string> | undefined {
  const nodes = explore(chart);
  return nodes === undefined ? undefined : new Set(nodes.map((node) => keyOf(node.configuration)));
}

function explore(chart: Chart): readonly Node[] | undefined {
  const nodes = new Map<string, Node>();
  const queue: Node[] = [];
  const visit = (configuration: Configuration, held: boolean, from: Node | undefined): Node => {
    const key = `${held ? 'held' : 'free'} ${keyOf(configuration)}`;
    const known = nodes.get(key);
    if (known !== undefined) return known;
    const node: Node = { configuration, held, from, edges: [] };
    nodes.set(key, node);
    queue.push(node);
    return node;
  };
  for (const start of enter(chart.root)) visit(start, opensHold(start), undefined);
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    if (nodes.size > MAX_CONFIGURATIONS) return undefined;
    if (isComplete(chart.root, node.configuration)) continue;
    for (const transition of enabled(node.configuration)) {
      if (transition.target === undefined) continue;
      const closes =
        transition.cause.kind === 'invocation-done' && transition.source.invocation?.closesHolds === true;
      for (const next of take(node.configuration, transition)) {
        // A release while something still opens holds proves nothing: the hold counts as open.
        const held = (node.held && !closes) || opensHold(next);
        node.edges.push({ transition, to: visit(next, held, node) });
      }
    }
  }
  return [...nodes.values()];
}

function opensHold(configuration: Configuration): boolean {
  return configuration.some((state) => state.invocation?.opensHold === true);
}

/** Transitions that can be taken next; those without event first, and alone when one of them must be taken. */
function enabled(configuration: Configuration): readonly Transition[] {
  const candidates = new Set<Transition>();
  let mustMove = false;
  for (const leaf of configuration) {
    const settled = new Set<string>();
    for (let state: State | undefined = leaf; state !== undefined; state = state.parent) {
      const here = new Set<string>();
      for (const transition of state.transitions) {
        const key = causeKey(transition);
        if (settled.has(key) || here.has(key)) continue;
        if (transition.cause.kind === 'done' && !isComplete(state, configuration)) continue;
        candidates.add(transition);
        if (transition.guard !== undefined) continue;
        // Without a guard nothing after it, here or further out, can take this event.
        here.add(key);
        if (isEventless(transition)) mustMove = true;
      }
      for (const key of here) settled.add(key);
    }
  }
  const list = [...candidates];
  return mustMove ? list.filter(isEventless) : list;
}

function causeKey({ cause, source }: Transition): string {
  switch (cause.kind) {
    case 'always':
      return 'always';
    case 'signal':
      return `signal ${cause.name}`;
    case 'after':
      return `after ${cause.delayMs} ${source.path}`;
    default:
      return `${cause.kind} ${source.path}`;
  }
}

function isEventless({ cause }: Transition): boolean {
  return cause.kind === 'always' || cause.kind === 'done';
}

function reportUnreachable(chart: Chart, nodes: readonly Node[], source: Source, report: Report): void {
  const seen = new Set<State>();
  for (const node of nodes) {
    for (const leaf of node.configuration) {
      for (let state: State | undefined = leaf; state !== undefined; state = state.parent) seen.add(state);
    }
    for (const { transition } of node.edges) if (transition.target !== undefined) seen.add(transition.target);
  }
  for (const state of statesOf(chart.root)) {
    if (seen.has(state) || (state.parent !== undefined && !seen.has(state.parent))) continue;
    report(
      source.keyAt(state.doc),
      'cordon_playbook_unreachable_state',
      `nothing leads to ${state.path}: give it a transition or remove it`,
    );
  }
}

function reportCycles(nodes: readonly Node[], source: Source, report: Report): void {
  const done = new Set<Node>();
  const reported = new Set<Transition>();
  for (const start of nodes) {
    if (done.has(start)) continue;
    // Depth-first along eventless transitions, with an explicit stack: a chain may be thousands long.
    const onPath = new Set<Node>([start]);
    const stack: { node: Node; next: number }[] = [{ node: start, next: 0 }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const edge = top.node.edges[top.next++];
      if (edge === undefined) {
        done.add(top.node);
        onPath.delete(top.node);
        stack.pop();
      } else if (isEventless(edge.transition)) {
        if (onPath.has(edge.to)) {
          if (reported.has(edge.transition)) continue;
          reported.add(edge.transition);
          report(
            source.keyAt(edge.transition.doc),
            'cordon_playbook_eventless_cycle',
            `this closes a circle of transitions that need no event (back to ${keyOf(edge.to.configuration)}): put a timer or an invocation into it`,
          );
        } else if (!done.has(edge.to)) {
          onPath.add(edge.to);
          stack.push({ node: edge.to, next: 0 });
        }
      }
    }
  }
}

function reportDeadEnds(chart: Chart, nodes: readonly Node[], source: Source, report: Report): boolean {
  const before = new Map<Node, Node[]>();
  for (const node of nodes) {
    for (const { to } of node.edges) before.set(to, [...(before.get(to) ?? []), node]);
  }
  const alive = new Set(nodes.filter((node) => isComplete(chart.root, node.configuration)));
  const queue = [...alive];
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    for (const previous of before.get(node) ?? []) {
      if (alive.has(previous)) continue;
      alive.add(previous);
      queue.push(previous);
    }
  }
  const dead = nodes.filter((node) => !alive.has(node));
  for (const state of blame(dead, alive)) {
    report(
      source.keyAt(state.doc),
      'cordon_playbook_no_way_to_final',
      `from ${state.path} no final state can be reached: the incident could never be closed`,
    );
  }
  return dead.length > 0;
}

/**
 * Which states to name for configurations that cannot end: those that have no way out; else those that
 * are in no configuration that can end; else, since only their combination is dead, all of them.
 */
function blame(dead: readonly Node[], alive: ReadonlySet<Node>): readonly State[] {
  const suspects = [...new Set(dead.flatMap((node) => node.configuration))].filter(
    (state) => state.kind !== 'final',
  );
  const stuck = new Set(dead.filter((node) => node.edges.length === 0).flatMap((node) => node.configuration));
  const sinks = suspects.filter((state) => stuck.has(state) && state.transitions.length === 0);
  if (sinks.length > 0) return sinks;
  const living = new Set([...alive].flatMap((node) => node.configuration));
  const onlyDead = suspects.filter((state) => !living.has(state));
  return onlyDead.length > 0 ? onlyDead : suspects;
}

function reportOpenHolds(chart: Chart, nodes: readonly Node[], source: Source, report: Report): void {
  const reported = new Set<State>();
  for (const node of nodes) {
    if (!node.held || !isComplete(chart.root, node.configuration)) continue;
    for (const state of node.configuration) {
      if (state.kind !== 'final' || reported.has(state)) continue;
      reported.add(state);
      report(
        source.keyAt(state.doc),
        'cordon_playbook_open_hold',
        `${state.path} can be reached while a hold is open (${trace(node)}): lead every way through the onDone of containment.release or containment.hand-over`,
      );
    }
  }
}

/** The shortest way to a node, by its last steps. */
function trace(node: Node): string {
  const steps: string[] = [];
  for (let at: Node | undefined = node; at !== undefined; at = at.from)
    steps.unshift(keyOf(at.configuration));
  return steps.slice(-4).join(' -> ');
}
