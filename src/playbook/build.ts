import type { PlaybookCatalogue } from './catalogue.ts';
import { type ChartContext, type DocumentContext, openContext, reportAt } from './context.ts';
import { bindVariables } from './declare.ts';
import type { Report } from './diagnostic.ts';
import type { Chart, Model, State, StateKind, Trigger } from './model.ts';
import { bindForEach, bindInvoke } from './outcomes.ts';
import { resolveTargets } from './resolve.ts';
import type { PlaybookDocument, StateDocument } from './schema.ts';
import { ALERT_SHAPE, createScope } from './scope.ts';
import { ANY, objectShape, shapeOfSchema } from './shape.ts';
import type { DocumentPath, Source } from './source.ts';
import { checkStateForm } from './state-form.ts';
import { bindAfter, bindList, bindSignals } from './transitions.ts';
import type { ChartPath } from './types.ts';
import { bindCondition, bindMap } from './value.ts';

/** Resolves names and checks expressions, reporting everything that is wrong; the result is whole only when nothing was. */
export function buildModel(
  document: PlaybookDocument,
  source: Source,
  catalogue: PlaybookCatalogue,
  report: Report,
): Model {
  const alertScope = createScope({ alert: ALERT_SHAPE });
  const triggers: Trigger[] = [];
  document.triggers.forEach(({ when, order }, index) => {
    const expression = bindCondition({ source, report }, when, ['triggers', index, 'when'], alertScope);
    if (expression !== undefined) triggers.push({ when: expression, order });
  });
  const charts = new Map<ChartPath, Chart>();
  const { id, version, title, description = '', vars, initial, states, on } = document;
  buildChart({ source, catalogue, report, charts, machineId: id }, '', [], { vars, initial, states, on });
  const rootFirst = new Map([...charts].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { id, version, title, description, triggers, charts: rootFirst };
}

/** Builds one chart and those of its `forEach` states. */
function buildChart(
  shared: DocumentContext,
  path: ChartPath,
  doc: DocumentPath,
  document: StateDocument,
): Chart {
  const variables = bindVariables(shared, document.vars ?? {}, [...doc, 'vars']);
  const context = openContext(shared, path, variables);
  const { initial, states, on } = document;
  const root = buildState(context, '', { initial, states, on }, doc, undefined);
  resolveTargets(root, context.pending, { ...shared, reserved: shared.machineId });
  const chart: Chart = { path, doc, variables, root, outputs: sharedOutputs(root) };
  shared.charts.set(path, chart);
  return chart;
}

function buildState(
  context: ChartContext,
  key: string,
  document: StateDocument,
  doc: DocumentPath,
  parent: State | undefined,
): State {
  const state: State = {
    kind: kindOf(document),
    key,
    path: parent === undefined || parent.path === '' ? key : `${parent.path}.${key}`,
    doc,
    ...(document.id === undefined || parent === undefined ? {} : { id: document.id }),
    ...(document.description === undefined ? {} : { description: document.description }),
    parent,
    children: [],
    entry: [],
    transitions: [],
    ...(document.type === 'history' ? { history: document.history ?? 'shallow' } : {}),
  };
  checkStateForm(document, state.kind, doc, context);
  if (document.forEach !== undefined && parent !== undefined) return buildForEach(context, state, document);

  for (const [name, child] of Object.entries(document.states ?? {})) {
    state.children.push(buildState(context, name, child, [...doc, 'states', name], state));
  }
  if (state.kind === 'compound') {
    const initial = state.children.find((child) => child.key === document.initial);
    if (initial === undefined || initial.kind === 'history') {
      reportAt(
        context,
        document.initial === undefined ? doc : [...doc, 'initial'],
        'cordon_playbook_unknown_target',
        `expected initial to name one of the states ${state.children.map((child) => child.key).join(', ')}, found ${document.initial ?? 'none'}`,
      );
    } else state.initial = initial;
  }
  bindEntry(context, state, document);
  bindSignals(context, state, document.on);
  if (document.invoke !== undefined) bindInvoke(context, state, document, document.invoke);
  bindAfter(context, state, document.after);
  bindList(context, state, document.always, ['always'], { kind: 'always' });
  bindList(context, state, document.onDone, ['onDone'], { kind: 'done' }, objectShape({ output: ANY }));
  if (document.target !== undefined) {
    context.pending.push({
      source: state,
      target: document.target,
      doc: [...doc, 'target'],
      set: (target) => {
        if (target.parent === parent) state.historyDefault = target;
        else
          reportAt(
            context,
            [...doc, 'target'],
            'cordon_playbook_unknown_target',
            'expected a sibling as the default',
          );
      },
    });
  }
  if (document.output !== undefined) {
    const output = bindMap(
      context,
      document.output,
      [...doc, 'output'],
      context.scope(),
      ANY,
      'cordon_playbook_ill_typed',
    );
    if (output !== undefined) state.output = output;
  }
  return state;
}

function buildForEach(context: ChartContext, state: State, document: StateDocument): State {
  const { doc } = state;
  if (context.path !== '') {
    reportAt(
      context,
      [...doc, 'forEach'],
      'cordon_playbook_nested_for_each',
      'expected no forEach inside a forEach: its states already run once for each target',
    );
    return state;
  }
  const { initial, states, vars } = document;
  const chart = buildChart(context, state.path, doc, { initial, states, vars });
  bindEntry(context, state, document);
  bindSignals(context, state, document.on);
  bindForEach(context, state, document, chart);
  bindAfter(context, state, document.after);
  return state;
}

function bindEntry(context: ChartContext, state: State, document: StateDocument): void {
  (document.entry ?? []).forEach(({ notify, params }, index) => {
    const doc = [...state.doc, 'entry', index];
    const known = context.catalogue.notifications.get(notify);
    if (known === undefined) {
      reportAt(
        context,
        [...doc, 'notify'],
        'cordon_playbook_unknown_notification',
        `expected one of ${[...context.catalogue.notifications.keys()].join(', ')}, found ${notify}`,
        'value',
      );
      return;
    }
    const shape = shapeOfSchema(known.params, 'input');
    const where = params === undefined ? doc : [...doc, 'params'];
    const bound = bindMap(context, params ?? {}, where, context.scope(), shape, 'cordon_playbook_bad_input');
    if (bound !== undefined) state.entry.push({ name: notify, params: bound });
  });
}

function kindOf(document: StateDocument): StateKind {
  if (document.forEach !== undefined) return 'atomic';
  if (document.type !== undefined) return document.type;
  return document.states === undefined ? 'atomic' : 'compound';
}

function sharedOutputs(root: State): readonly string[] {
  const finals = root.children.filter((child) => child.kind === 'final');
  const [first, ...rest] = finals.map(({ output }) =>
    output?.kind === 'map' ? [...output.entries.keys()] : [],
  );
  return (first ?? []).filter((name) => rest.every((names) => names.includes(name)));
}
