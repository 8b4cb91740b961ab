import { type ChartContext, reportAt } from './context.ts';
import { parseDuration } from './duration.ts';
import type { Cause, State, Transition, Value } from './model.ts';
import type { TransitionDocument, TransitionsDocument } from './schema.ts';
import { objectShape, type Shape, shapeOfSchema } from './shape.ts';
import type { DocumentPath, Source } from './source.ts';
import { bindCondition, bindValue } from './value.ts';

type Transitions = Readonly<Record<string, TransitionsDocument>> | undefined;

/** Binds an `on` block: each key must be a signal of the catalogue. */
export function bindSignals(context: ChartContext, state: State, documents: Transitions): void {
  bindEach(context, state, documents, 'on', (name) => readSignal(context, state, name));
}

/** Binds an `after` block; its keys are durations. */
export function bindAfter(context: ChartContext, state: State, documents: Transitions): void {
  bindEach(context, state, documents, 'after', (duration) => ({
    cause: { kind: 'after', delayMs: parseDuration(duration) ?? 0 },
  }));
}

function readSignal(
  context: ChartContext,
  state: State,
  name: string,
): { cause: Cause; event: Shape } | undefined {
  const signal = context.catalogue.signals.get(name);
  if (signal === undefined) {
    reportAt(
      context,
      [...state.doc, 'on', name],
      'cordon_playbook_unknown_event',
      `expected one of ${[...context.catalogue.signals.keys()].join(', ')}, found ${name}`,
    );
    return undefined;
  }
  return {
    cause: { kind: 'signal', name },
    event: objectShape({ payload: shapeOfSchema(signal.payload, 'output') }),
  };
}

function bindEach(
  context: ChartContext,
  state: State,
  documents: Readonly<Record<string, TransitionsDocument>> | undefined,
  under: string,
  read: (name: string) => { cause: Cause; event?: Shape } | undefined,
): void {
  for (const [name, list] of Object.entries(documents ?? {})) {
    const found = read(name);
    if (found !== undefined) bindList(context, state, list, [under, name], found.cause, found.event);
  }
}

/** Binds one list of transitions, of which the first whose guard holds will be taken. */
export function bindList(
  context: ChartContext,
  state: State,
  document: TransitionsDocument | undefined,
  under: DocumentPath,
  cause: Cause,
  event?: Shape,
): void {
  if (document === undefined) return;
  const doc = [...state.doc, ...under];
  const list: { item: TransitionDocument; doc: DocumentPath }[] =
    typeof document === 'string'
      ? [{ item: { target: document }, doc }]
      : Array.isArray(document)
        ? document.map((item, index) => ({ item, doc: [...doc, index] }))
        : [{ item: document, doc }];
  for (const { item, doc: at } of list) bindTransition(context, state, item, at, cause, event);

  const last = list.at(-1);
  const mustMove =
    cause.kind === 'invocation-done' || cause.kind === 'invocation-failed' || cause.kind === 'done';
  for (const { item, doc: at } of mustMove ? list : []) {
    if (item.target !== undefined && (item !== last?.item || item.guard === undefined)) continue;
    reportAt(
      context,
      at,
      'cordon_playbook_outcome_not_total',
      'expected a target on each of these transitions and no guard on the last: an outcome that leads nowhere would leave the state waiting for ever',
    );
  }
  list.slice(0, -1).forEach(({ item, doc: at }) => {
    if (item.guard !== undefined) return;
    reportAt(
      context,
      at,
      'cordon_playbook_outcome_not_total',
      'expected a guard: the transitions after this one can never be taken',
    );
  });
  const [first] = list;
  if (cause.kind === 'always' && first !== undefined && list.some(({ item }) => item.target === undefined)) {
    reportAt(
      context,
      first.doc,
      'cordon_playbook_eventless_cycle',
      'expected a target: an always that only assigns never comes to rest',
    );
  }
}

function bindTransition(
  context: ChartContext,
  state: State,
  item: TransitionDocument,
  doc: DocumentPath,
  cause: Cause,
  event?: Shape,
): void {
  const scope = context.scope(event);
  const guard =
    item.guard === undefined ? undefined : bindCondition(context, item.guard, [...doc, 'guard'], scope);
  const assign = new Map<string, Value>();
  for (const [name, json] of Object.entries(item.assign ?? {})) {
    const variable = context.variables.find((candidate) => candidate.name === name);
    const at = [...doc, 'assign', name];
    if (variable === undefined) {
      reportAt(
        context,
        at,
        'cordon_playbook_unknown_variable',
        `expected a variable declared in vars, found ${name}`,
      );
      continue;
    }
    const value = bindValue(context, json, at, scope, variable.shape, 'cordon_playbook_ill_typed');
    if (value !== undefined) assign.set(name, value);
  }
  const transition: Transition = {
    cause,
    source: state,
    assign,
    doc,
    ...(guard === undefined ? {} : { guard }),
  };
  state.transitions.push(transition);
  if (item.target !== undefined) {
    context.pending.push({
      source: state,
      target: item.target,
      // A transition may be written as its target alone; then it is itself the value to point at.
      doc: isPlainTarget(context.source, doc) ? doc : [...doc, 'target'],
      set: (target) => {
        transition.target = target;
      },
    });
  }
}

function isPlainTarget(source: Source, doc: DocumentPath): boolean {
  let value: unknown = source.value;
  for (const part of doc) value = Object(value)[part];
  return typeof value === 'string';
}
