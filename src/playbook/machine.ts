import { type AnyActorLogic, type AnyStateMachine, assign, createMachine } from 'xstate';
import type { JsonObject } from '../json.ts';
import { FOR_EACH } from './engine-steps.ts';
import { PlaybookError } from './error.ts';
import type { Variables } from './expression.ts';
import { type Cause, type Chart, type State, staysInside, type Transition } from './model.ts';
import { misfit, type Shape } from './shape.ts';
import type { Ambient } from './types.ts';
import { evaluateMap, evaluateValue } from './value.ts';

/**
 * One chart as an XState machine that is only ever stepped, never run: no actor is created from it.
 * Effects come out of `transition` as data and are read by `step.ts`.
 */

/** What a machine carries: the stored variables, and what this one step is told. */
export interface MachineContext {
  readonly vars: JsonObject;
  readonly frame: Frame;
}

/** One step's surroundings; `failure` keeps our own error, which XState would wrap into a text. */
export interface Frame {
  readonly ambient: Ambient;
  failure?: PlaybookError;
}

/** The action under which `entry` notifications come out of XState. */
export const NOTIFY = 'cordon.notify';

/**
 * Eventless steps that one event may cause before it counts as a loop. The checker refuses eventless
 * cycles; this holds where a guard reads what it did not foresee. XState's own default is infinite.
 */
const MAX_MICROSTEPS = 100;

/** Variables of one chart, serialised, in characters. */
const MAX_VARS_LENGTH = 65_536;

interface ActionArguments {
  readonly context: MachineContext;
  // XState passes its own events too; only ours are read, and only where the checker let `event` be named.
  readonly event: unknown;
}

/** Builds the machine of a chart. `id` becomes the prefix of XState's own state ids. */
export function createChartMachine(chart: Chart, id: string): AnyStateMachine {
  const shapes = new Map(chart.variables.map((variable) => [variable.name, variable.shape]));
  const initial = Object.fromEntries(chart.variables.map((variable) => [variable.name, variable.initial]));
  const sources = new Set<string>();
  collectSources(chart.root, sources);
  const config = {
    id,
    ...stateConfig(chart.root, shapes, id),
    context: ({ input }: { input: unknown }) => {
      // XState builds a throw-away initial state for each `transition`, without input: ending it here
      // halves the time of a step and keeps expressions from running on nothing.
      if (!isFrame(input)) throw new Error('expected the frame of a step');
      return { vars: initial, frame: input };
    },
    output: ({ event }: { event: { readonly output?: unknown } }) => event.output,
    options: { maxIterations: MAX_MICROSTEPS },
  };
  return createMachine(
    // The configuration is assembled from checked data; its type cannot be known statically.
    config as Parameters<typeof createMachine>[0],
    // The same inert logic under each name: needed for XState to keep the child and compute its input.
    { actors: Object.fromEntries([...sources].map((src) => [src, inertChild])) } as Parameters<
      typeof createMachine
    >[1],
  );
}

const inertChild: AnyActorLogic = {
  transition: (snapshot: unknown) => snapshot,
  getInitialSnapshot: () => ({ status: 'active', output: undefined, error: undefined }),
  getPersistedSnapshot: (snapshot: unknown) => snapshot,
} as AnyActorLogic; // what an actor logic needs, without the generics

/** Recognises the frame by its ambient; anything else is XState's throw-away construction. */
function isFrame(input: unknown): input is Frame {
  return typeof input === 'object' && input !== null && 'ambient' in input;
}

function collectSources(state: State, sources: Set<string>): void {
  if (state.invocation !== undefined) sources.add(state.invocation.src);
  for (const child of state.children) collectSources(child, sources);
}

function stateConfig(state: State, shapes: ReadonlyMap<string, Shape>, id: string): Record<string, unknown> {
  const { invocation } = state;
  const by = (cause: Cause['kind']) =>
    state.transitions
      .filter((transition) => transition.cause.kind === cause)
      .map((transition) => transitionConfig(transition, shapes, id));
  const keyed = (read: (cause: Cause) => string | undefined) => {
    const found: Record<string, unknown[]> = {};
    for (const transition of state.transitions) {
      const name = read(transition.cause);
      if (name === undefined) continue;
      found[name] ??= [];
      found[name].push(transitionConfig(transition, shapes, id));
    }
    return found;
  };
  return {
    ...(state.id === undefined ? {} : { id: state.id }),
    ...(state.kind === 'parallel' || state.kind === 'final' || state.kind === 'history'
      ? { type: state.kind }
      : {}),
    ...(state.history === undefined ? {} : { history: state.history }),
    ...(state.historyDefault === undefined ? {} : { target: reference(state.historyDefault, id) }),
    ...(state.initial === undefined ? {} : { initial: state.initial.key }),
    ...(state.children.length === 0
      ? {}
      : {
          states: Object.fromEntries(
            state.children.map((child) => [child.key, stateConfig(child, shapes, id)]),
          ),
        }),
    ...(state.entry.length === 0
      ? {}
      : {
          entry: state.entry.map(({ name, params }) => ({
            type: NOTIFY,
            params: (args: ActionArguments) => ({
              name,
              params: attempt(args, (variables) => evaluateValue(params, variables)),
            }),
          })),
        }),
    ...(invocation === undefined
      ? {}
      : {
          invoke: {
            id: state.path,
            src: invocation.src,
            input: (args: ActionArguments) =>
              invocation.src === FOR_EACH
                ? { chart: invocation.chart, items: args.context.frame.ambient.incident.targets }
                : attempt(args, (variables) => evaluateValue(invocation.input, variables)),
            onDone: by('invocation-done'),
            onError: by('invocation-failed'),
          },
        }),
    on: keyed((cause) => (cause.kind === 'signal' ? cause.name : undefined)),
    after: keyed((cause) => (cause.kind === 'after' ? String(cause.delayMs) : undefined)),
    always: by('always'),
    ...(by('done').length === 0 ? {} : { onDone: by('done') }),
    ...(state.output === undefined ? {} : { output: outputOf(state.output) }),
  };
}

function outputOf(output: NonNullable<State['output']>) {
  return (args: ActionArguments) => attempt(args, (variables) => evaluateValue(output, variables));
}

function transitionConfig(
  transition: Transition,
  shapes: ReadonlyMap<string, Shape>,
  id: string,
): Record<string, unknown> {
  const { guard, target, assign: assignments, source } = transition;
  return {
    ...(guard === undefined
      ? {}
      : {
          guard: (args: ActionArguments) =>
            attempt(args, (variables) => isTrue(guard.evaluate(variables), guard.source)),
        }),
    ...(target === undefined ? {} : { target: reference(target, id) }),
    // A transition with a target leaves its source, also when it leads back to it: timers start anew.
    // XState's own default keeps the state and its running timers.
    ...(target === undefined || source.parent === undefined || staysInside(source, target)
      ? {}
      : { reenter: true }),
    ...(assignments.size === 0
      ? {}
      : {
          actions: assign((args: ActionArguments) => ({
            vars: attempt(args, (variables) => {
              const changed = evaluateMap(assignments, variables);
              return nextVars(args.context.vars, changed, shapes);
            }),
          })),
        }),
  };
}

/** An absolute reference: a sibling's name would be resolved by XState from another place for the root. */
function reference(target: State, id: string): string {
  if (target.id !== undefined) return `#${target.id}`;
  const path: string[] = [];
  let at = target;
  while (at.id === undefined && at.parent !== undefined) {
    path.unshift(at.key);
    at = at.parent;
  }
  return at.id === undefined ? `#${id}.${path.join('.')}` : `#${at.id}.${path.join('.')}`;
}

function isTrue(value: unknown, source: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new PlaybookError(
    'cordon_expression_failed',
    `the guard \`${source}\` gave a ${typeof value}, expected true or false: compare it with something`,
  );
}

function nextVars(before: JsonObject, changed: JsonObject, shapes: ReadonlyMap<string, Shape>): JsonObject {
  for (const [name, value] of Object.entries(changed)) {
    const shape = shapes.get(name);
    const expected =
      shape === undefined || value === undefined ? 'a declared variable' : misfit(shape, value);
    if (expected !== undefined) {
      throw new PlaybookError(
        'cordon_expression_failed',
        `the variable ${name} was assigned something else than ${expected}, as its declaration says`,
      );
    }
  }
  const vars = { ...before, ...changed };
  if (JSON.stringify(vars).length > MAX_VARS_LENGTH) {
    throw new PlaybookError(
      'cordon_expression_failed',
      `the variables of the chart grew over ${MAX_VARS_LENGTH} characters: keep references, not contents`,
    );
  }
  return vars;
}

/** Runs an expression for XState and remembers our error: XState keeps only the text of what a guard throws. */
function attempt<T>({ context, event }: ActionArguments, compute: (variables: Variables) => T): T {
  const { vars, frame } = context;
  try {
    return compute({ ...frame.ambient, vars, event });
  } catch (error) {
    if (error instanceof PlaybookError) frame.failure ??= error;
    throw error;
  }
}
