import { isDeepStrictEqual } from 'node:util';
import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode, StateValue } from 'xstate';
import type { Json, JsonObject } from '../json.ts';
import type { CompiledChart } from './compile.ts';
import { PlaybookError } from './error.ts';
import type { Frame, MachineContext } from './machine.ts';
import type { OpenInvocation, StoredChart } from './types.ts';

/**
 * Takes a snapshot apart for storage. History is kept as state ids (XState holds nodes, which do not
 * survive JSON), children as the open invocations, and ambient values not at all: the next step brings
 * its own.
 */
export function store(snapshot: AnyMachineSnapshot, openInvocations: readonly OpenInvocation[]): StoredChart {
  const history: Record<string, readonly string[]> = {};
  const historyValue: Readonly<Record<string, readonly AnyStateNode[]>> = snapshot.historyValue;
  for (const [id, nodes] of Object.entries(historyValue)) history[id] = nodes.map((node) => node.id);
  const context: MachineContext = snapshot.context;
  const output: unknown = snapshot.output;
  return {
    value: snapshot.value,
    vars: context.vars,
    status: snapshot.status === 'stopped' ? 'error' : snapshot.status,
    // A final state's output is computed by `evaluateValue`, so it is JSON or absent.
    output: (output as Json | undefined) ?? null,
    error: null,
    history,
    openInvocations: snapshot.status === 'active' ? openInvocations : [],
  };
}

/**
 * Rebuilds the snapshot that `transition` needs, with a stand-in child for each open invocation: without
 * it leaving the state would not say what to stop. Throws `cordon_playbook_unknown_state` for anything
 * that this playbook does not have.
 */
export function restore(
  { machine, chart }: CompiledChart,
  stored: StoredChart,
  open: readonly OpenInvocation[],
  frame: Frame,
): AnyMachineSnapshot {
  const declared = new Set(chart.variables.map((variable) => variable.name));
  const names = Object.keys(stored.vars);
  if (names.length !== declared.size || !names.every((name) => declared.has(name))) {
    throw unknownState(machine, 'variables', stored.vars);
  }
  const historyValue: Record<string, AnyStateNode[]> = {};
  for (const [id, ids] of Object.entries(stored.history)) {
    historyValue[id] = ids.map((nodeId) => nodeOf(machine, nodeId));
    nodeOf(machine, id);
  }
  const context: MachineContext = { vars: stored.vars, frame };
  let snapshot: AnyMachineSnapshot;
  try {
    snapshot = machine.resolveState({
      // Checked below: what XState makes of it must be exactly what was stored.
      value: stored.value as StateValue,
      context,
      historyValue,
      status: 'active',
    });
  } catch (error) {
    throw unknownState(machine, 'state', stored.value, error);
  }
  if (snapshot.status !== 'active' || !isDeepStrictEqual(snapshot.value, stored.value)) {
    throw unknownState(machine, 'state', stored.value);
  }
  // A stand-in needs no more than its id: effects are read, never executed.
  snapshot.children = Object.fromEntries(
    open.map(({ id }) => [id, { id }]),
  ) as unknown as typeof snapshot.children;
  return snapshot;
}

function nodeOf(machine: AnyStateMachine, id: string): AnyStateNode {
  try {
    return machine.getStateNodeById(id);
  } catch (error) {
    throw unknownState(machine, 'history', id, error);
  }
}

function unknownState(
  machine: AnyStateMachine,
  what: string,
  found: Json | JsonObject,
  cause?: unknown,
): PlaybookError {
  return new PlaybookError(
    'cordon_playbook_unknown_state',
    `expected a stored ${what} of ${machine.id}, found ${JSON.stringify(found).slice(0, 200)}: the chart was not written by this document`,
    { cause },
  );
}

/** Dotted paths of the active states that have no active child, in document order. */
export function leavesOf(snapshot: AnyMachineSnapshot): readonly string[] {
  const nodes: readonly AnyStateNode[] = snapshot._nodes;
  return nodes
    .filter((node) => node.type === 'atomic' || node.type === 'final')
    .sort((a, b) => a.order - b.order)
    .map((node) => node.path.join('.'));
}
