import type { Target } from '../action/ports.ts';
import { FOR_EACH } from '../playbook/engine-steps.ts';
import { stepChart } from '../playbook/step.ts';
import { adoptHolds, type LeftHold } from './adopt.ts';
import { openChart, signalCharts } from './chart.ts';
import type { Draft } from './draft.ts';
import { startWatch } from './watch.ts';

export type AddedTarget = 'added' | 'already-there' | 'not-now';

/**
 * Adds a target to a running incident: each `forEach` that is under way starts one more child for it, and one
 * that is over is entered again for this target alone, where the playbook takes `target.added`. All or nothing:
 * a target that would be watched but not contained is not added.
 */
export function addTarget(
  draft: Draft,
  target: Target,
  by: string,
  left: readonly LeftHold[] = [],
): AddedTarget {
  if (draft.record.targets.some((known) => known.functionArn === target.functionArn)) return 'already-there';
  const targets = [...draft.record.targets, target];
  const payload = { functionArn: target.functionArn, by };
  if (!takesTarget(draft, targets, payload)) return 'not-now';
  draft.putTargets(targets);
  adoptHolds(draft, target, left);
  draft.log(
    'target.added',
    { kind: 'engine' },
    `Added ${target.functionName} to the incident: it is contained and its evidence collected too`,
    { target: target.functionArn, by, targets: targets.length },
  );
  for (const invocation of [...draft.invocations.values()]) {
    if (invocation.src !== FOR_EACH || invocation.status !== 'open') continue;
    openChart(draft, { path: String(invocation.input.chart ?? ''), parent: invocation.id, item: target });
  }
  draft.joining = target;
  signalCharts(draft, 'target.added', payload);
  draft.joining = null;
  startWatch(draft, target);
  draft.post('card', {}, { merge: 'card' });
  return 'added';
}

/** Whether every `forEach` that the playbook has begun would have a child for one more target. Steps the root purely. */
function takesTarget(
  draft: Draft,
  targets: readonly Target[],
  payload: { readonly functionArn: string; readonly by: string },
): boolean {
  const root = [...draft.charts.values()].find((chart) => chart.parent === null);
  if (root === undefined || root.status !== 'active' || draft.status !== 'open') return false;
  const ambient = draft.ambient(null);
  const step = stepChart(
    draft.env.playbook,
    root.path,
    root.stored,
    { kind: 'signal', name: 'target.added', payload },
    { ...ambient, incident: { ...ambient.incident, targets } },
  );
  const covered = new Set<unknown>(
    [...draft.invocations.values()]
      .filter((invocation) => invocation.src === FOR_EACH && invocation.status === 'open')
      .map((invocation) => invocation.input.chart),
  );
  for (const effect of step.effects) {
    if (effect.kind === 'invoke' && effect.src === FOR_EACH) covered.add(effect.input.chart);
  }
  // What the playbook has not come to yet will have a child for every target when it does.
  const begun = [...draft.invocations.values()]
    .filter((invocation) => invocation.src === FOR_EACH)
    .map((invocation) => invocation.input.chart);
  return begun.length > 0 && begun.every((path) => covered.has(path));
}
