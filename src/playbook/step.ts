import { type AnyMachineSnapshot, type AnyStateMachine, initialTransition, transition } from 'xstate';
import type { CompiledChart, CompiledPlaybook } from './compile.ts';
import { readEffects, type XstateAction } from './effects.ts';
import { PlaybookError } from './error.ts';
import type { Frame } from './machine.ts';
import { leavesOf, restore, store } from './snapshot.ts';
import type { Ambient, ChartEvent, ChartPath, Step, StoredChart } from './types.ts';

/**
 * Starts a chart: '' for the root, a `forEach` path for one target (then `ambient.item` is that target).
 * Pure. Throws `cordon_playbook_unknown_chart`, `cordon_expression_failed`, `cordon_playbook_loop`.
 */
export function startChart(playbook: CompiledPlaybook, path: ChartPath, ambient: Ambient): Step {
  const { machine } = chartOf(playbook, path);
  const frame: Frame = { ambient };
  const [snapshot, actions] = run(frame, () => initialTransition(machine, frame));
  return stepOf(snapshot, actions, [], new Set(), true);
}

/**
 * Gives one event to a stored chart. Pure: the same chart, event and ambient give the same step. An event
 * that no transition takes, and the outcome of an invocation that is not open, leave the chart as it is
 * with `handled: false`. Throws `cordon_playbook_unknown_chart`, `cordon_playbook_unknown_state`,
 * `cordon_playbook_unhandled_outcome`, `cordon_expression_failed`, `cordon_playbook_loop`.
 */
export function stepChart(
  playbook: CompiledPlaybook,
  path: ChartPath,
  stored: StoredChart,
  event: ChartEvent,
  ambient: Ambient,
): Step {
  const compiled = chartOf(playbook, path);
  const unhandled: Step = { chart: stored, effects: [], entered: [], handled: false };
  if (stored.status !== 'active') return unhandled;
  const outcome = event.kind === 'invocation-done' || event.kind === 'invocation-failed';
  // A late error would put an XState machine into error for good, so what is not open never reaches it.
  if (outcome && !stored.openInvocations.some((open) => open.id === event.id)) return unhandled;

  const open = stored.openInvocations.filter((invocation) => !(outcome && invocation.id === event.id));
  const frame: Frame = { ambient };
  const before = restore(compiled, stored, open, frame);
  const xstateEvent = toXstateEvent(event, compiled.machine);
  if (xstateEvent === undefined) return unhandled;
  const taken = run(frame, () => compiled.machine.getTransitionData(before, xstateEvent));
  if (taken.length === 0) {
    if (!outcome) return unhandled;
    throw new PlaybookError(
      'cordon_playbook_unhandled_outcome',
      `expected a transition for the outcome of ${event.id}, found none that its guards allow: the playbook needs one without a guard`,
    );
  }
  const [after, actions] = run(frame, () => transition(compiled.machine, before, xstateEvent));
  return stepOf(after, actions, open, new Set(leavesOf(before)), true);
}

function chartOf(playbook: CompiledPlaybook, path: ChartPath): CompiledChart {
  const compiled = playbook.charts.get(path);
  if (compiled !== undefined) return compiled;
  throw new PlaybookError(
    'cordon_playbook_unknown_chart',
    `expected a chart of the playbook ${playbook.id} (${[...playbook.charts.keys()].map((known) => `"${known}"`).join(', ')}), found "${path}"`,
  );
}

function stepOf(
  snapshot: AnyMachineSnapshot,
  actions: readonly XstateAction[],
  open: StoredChart['openInvocations'],
  before: ReadonlySet<string>,
  handled: boolean,
): Step {
  const { effects, openInvocations } = readEffects(actions, open);
  return {
    chart: store(snapshot, openInvocations),
    effects,
    entered: leavesOf(snapshot).filter((leaf) => !before.has(leaf)),
    handled,
  };
}

/** Signals are only those that the chart names: none of XState's own events can be forged from outside. */
function toXstateEvent(event: ChartEvent, machine: AnyStateMachine): { type: string } | undefined {
  switch (event.kind) {
    case 'invocation-done': {
      const done = { type: `xstate.done.actor.${event.id}`, output: event.output, actorId: event.id };
      return done;
    }
    case 'invocation-failed': {
      const failed = { type: `xstate.error.actor.${event.id}`, error: event.error, actorId: event.id };
      return failed;
    }
    case 'timer':
      return event.event.startsWith('xstate.after.') && machine.events.includes(event.event)
        ? { type: event.event }
        : undefined;
    case 'signal': {
      if (event.name.startsWith('xstate.') || !machine.events.includes(event.name)) return undefined;
      const signal = { type: event.name, payload: event.payload };
      return signal;
    }
  }
}

/** Runs XState and turns what it throws, or puts into a snapshot on a first step, into our codes. */
function run<T>(frame: Frame, compute: () => T): T {
  let result: T;
  try {
    result = compute();
  } catch (error) {
    throw errorOf(frame, error);
  }
  const snapshot: unknown = Array.isArray(result) ? result[0] : undefined;
  if (isFailed(snapshot)) throw errorOf(frame, snapshot.error);
  return result;
}

function isFailed(snapshot: unknown): snapshot is { readonly status: 'error'; readonly error: unknown } {
  return (
    typeof snapshot === 'object' && snapshot !== null && 'status' in snapshot && snapshot.status === 'error'
  );
}

function errorOf(frame: Frame, error: unknown): PlaybookError {
  if (frame.failure !== undefined) return frame.failure;
  if (error instanceof PlaybookError) return error;
  // XState has no code for it; its text is pinned by the contract test.
  if (error instanceof Error && error.message.startsWith('Infinite loop detected')) {
    return new PlaybookError(
      'cordon_playbook_loop',
      'expected the chart to come to rest, found eventless transitions that follow one another without end: give one of them a guard that becomes false',
      { cause: error },
    );
  }
  return new PlaybookError(
    'cordon_playbook_unhandled_outcome',
    'expected a step of the statechart, found an error of its machine',
    { cause: error },
  );
}
