import { type ChartContext, reportAt } from './context.ts';
import { FOR_EACH } from './engine-steps.ts';
import { bindInvocation } from './invocation.ts';
import type { Chart, State } from './model.ts';
import type { InvokeDocument, StateDocument, TransitionsDocument } from './schema.ts';
import { FAILURE_EVENT } from './scope.ts';
import { ANY, objectShape, type Shape, STRING } from './shape.ts';
import type { DocumentPath } from './source.ts';
import { bindList } from './transitions.ts';

/** Binds an `invoke` and where its outcomes lead. */
export function bindInvoke(
  context: ChartContext,
  state: State,
  document: StateDocument,
  invoke: InvokeDocument,
): void {
  const bound = bindInvocation(context, state, invoke, context.scope(), context.path !== '');
  if (bound === undefined) return;
  state.invocation = bound.invocation;
  bindOutcomes(context, state, invoke, ['invoke'], objectShape({ output: bound.output }));
  if (bound.human && document.after === undefined) {
    reportAt(
      context,
      [...state.doc, 'invoke'],
      'cordon_playbook_human_without_deadline',
      `${bound.invocation.src} waits for a person: add an after, so that silence leads somewhere`,
    );
  }
}

/** Makes `state` run `chart` once for each target, and binds where the outcomes lead. */
export function bindForEach(
  context: ChartContext,
  state: State,
  document: StateDocument,
  chart: Chart,
): void {
  state.invocation = {
    src: FOR_EACH,
    chart: chart.path,
    input: { kind: 'literal', value: null },
    opensHold: opensHold(chart.root),
    closesHolds: false,
  };
  const output = objectShape(Object.fromEntries(chart.outputs.map((name) => [name, ANY])));
  const outcome = objectShape({
    item: STRING,
    status: { kind: 'string', values: ['done', 'error'] },
    output: chart.outputs.length === 0 ? ANY : output,
  });
  const event = objectShape({ output: objectShape({ outcomes: { kind: 'list', items: outcome } }) });
  bindOutcomes(context, state, document, [], event);
}

function bindOutcomes(
  context: ChartContext,
  state: State,
  document: {
    readonly onDone?: TransitionsDocument | undefined;
    readonly onError?: TransitionsDocument | undefined;
  },
  under: DocumentPath,
  event: Shape,
): void {
  const outcomes = [
    { key: 'onDone' as const, cause: { kind: 'invocation-done' as const }, event },
    { key: 'onError' as const, cause: { kind: 'invocation-failed' as const }, event: FAILURE_EVENT },
  ];
  for (const outcome of outcomes) {
    if (document[outcome.key] === undefined) {
      reportAt(
        context,
        under.length === 0 ? [...state.doc, 'forEach'] : [...state.doc, ...under],
        'cordon_playbook_missing_outcome',
        `expected ${outcome.key}: say where ${outcome.key === 'onDone' ? 'success' : 'failure'} leads`,
      );
    } else {
      bindList(context, state, document[outcome.key], [...under, outcome.key], outcome.cause, outcome.event);
    }
  }
}

function opensHold(state: State): boolean {
  return state.invocation?.opensHold === true || state.children.some(opensHold);
}
