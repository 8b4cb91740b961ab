import type { Target } from '../action/ports.ts';
import { codeOf, describeError } from '../error.ts';
import type { ChartId, InvocationId } from '../id.ts';
import type { Json, JsonObject } from '../json.ts';
import { startChart, stepChart } from '../playbook/step.ts';
import type { ChartEffect, ChartEvent, ChartPath, Step } from '../playbook/types.ts';
import { closeIncident } from './close.ts';
import type { Draft } from './draft.ts';
import { pageRole } from './escalation.ts';
import { startInvocation, withdrawInvocation } from './invocation.ts';
import type { ChartRow, InvocationRow } from './state.ts';
import { OUTSIDE_CHARTS } from './state.ts';

/**
 * Steps statecharts and turns what XState gives back into rows, in the order it gives it. An
 * expression that throws halts the incident visibly and keeps the event: a person decides.
 */

/** Starts the root chart (`path` '') or the child of a `forEach` invocation for one target. */
export function openChart(
  draft: Draft,
  options: { path: ChartPath; parent: InvocationId | null; item: Target | null },
): void {
  const id: ChartId = draft.env.ids.next('cht');
  guarded(draft, { kind: 'start', path: options.path }, () => {
    const step = startChart(draft.env.playbook, options.path, draft.ambient(options.item));
    draft.putChart({ id, ordinal: draft.charts.size, status: 'active', stored: step.chart, ...options });
    settleStep(draft, id, step);
  });
}

/** Gives one event to one chart; returns whether a transition took it. */
export function feedChart(draft: Draft, id: ChartId, event: ChartEvent): boolean {
  const row = draft.charts.get(id);
  if (row === undefined || row.status !== 'active' || draft.status !== 'open') return false;
  let handled = false;
  guarded(draft, event as unknown as Json, () => {
    // events are plain JSON by construction
    const step = stepChart(draft.env.playbook, row.path, row.stored, event, draft.ambient(row.item));
    handled = step.handled;
    if (!handled) return;
    draft.putChart({ ...row, stored: step.chart });
    settleStep(draft, id, step);
  });
  return handled;
}

/** Gives a signal to the root chart and every active child; returns whether any chart took it. */
export function signalCharts(draft: Draft, name: string, payload: JsonObject): boolean {
  let handled = false;
  for (const chart of [...draft.charts.values()]) {
    if (chart.status !== 'active') continue;
    if (feedChart(draft, chart.id, { kind: 'signal', name, payload })) handled = true;
  }
  return handled;
}

/** Withdraws the children of a `forEach` invocation that its parent left. */
export function withdrawChildren(draft: Draft, parent: InvocationId): void {
  for (const chart of [...draft.charts.values()]) {
    if (chart.parent !== parent || chart.status !== 'active') continue;
    draft.putChart({ ...chart, status: 'withdrawn' });
    draft.disarm((timer) => timer.chart === chart.id && timer.kind === 'playbook');
    for (const invocation of openInvocations(draft, chart.id)) withdrawInvocation(draft, invocation);
  }
}

function openInvocations(draft: Draft, chart: ChartId): InvocationRow[] {
  return [...draft.invocations.values()].filter(
    (row) => row.chart === chart && row.status === 'open' && !OUTSIDE_CHARTS.has(row.src),
  );
}

function settleStep(draft: Draft, id: ChartId, step: Step): void {
  const chart = draft.charts.get(id);
  if (chart === undefined) return;
  for (const state of step.entered) {
    const where = chart.item === null ? state : `${state} (${chart.item.functionName})`;
    draft.log('state.entered', { kind: 'playbook', id: draft.record.playbook }, `Entered ${where}`, {
      state,
      chart: chart.path,
      target: chart.item?.functionArn ?? null,
    });
  }
  for (const effect of step.effects) applyEffect(draft, id, effect);
  if (step.entered.length > 0) draft.post('card', {}, { merge: 'card' });
  const settled = draft.charts.get(id);
  if (settled === undefined || settled.status !== 'active') return;
  if (settled.stored.status === 'error') {
    halt(draft, 'cordon_playbook_failed', settled.stored.error ?? 'the playbook went into error', null);
  } else if (settled.stored.status === 'done') {
    finishChart(draft, settled);
  }
}

function finishChart(draft: Draft, chart: ChartRow): void {
  draft.putChart({ ...chart, status: 'done' });
  draft.disarm((timer) => timer.chart === chart.id && timer.kind === 'playbook');
  if (chart.parent === null) {
    closeIncident(draft);
    return;
  }
  draft.agenda.push({ kind: 'settle-for-each', invocation: chart.parent });
}

function applyEffect(draft: Draft, chart: ChartId, effect: ChartEffect): void {
  switch (effect.kind) {
    case 'invoke':
      startInvocation(draft, chart, effect);
      return;
    case 'withdraw': {
      const open = openInvocations(draft, chart).find((row) => row.xstateId === effect.id);
      if (open !== undefined) withdrawInvocation(draft, open);
      return;
    }
    case 'schedule':
      draft.arm({
        kind: 'playbook',
        chart,
        name: effect.timer,
        event: effect.event,
        attempt: null,
        dueAt: new Date(draft.env.now.getTime() + effect.delayMs).toISOString(),
      });
      return;
    case 'unschedule':
      draft.disarm(
        (timer) => timer.chart === chart && timer.kind === 'playbook' && timer.name === effect.timer,
      );
      return;
    case 'notify':
      draft.post('announce', { name: effect.name, ...effect.params });
      if (effect.name === 'escalate') pageRole(draft, effect.params);
      return;
  }
}

function guarded(draft: Draft, event: Json, work: () => void): void {
  try {
    work();
  } catch (error) {
    halt(draft, codeOf(error), describeError(error), event);
  }
}

function halt(draft: Draft, code: string, message: string, event: Json): void {
  if (draft.status !== 'open') return;
  draft.status = 'halted';
  draft.record = { ...draft.record, halted: { code, message, event } };
  draft.log('incident.halted', { kind: 'engine' }, `Halted: ${message}`, { code, event });
  draft.post('announce', { name: 'halted', code });
  draft.post('card', {}, { merge: 'card' });
}
