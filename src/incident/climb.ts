import type { Look } from '../action/containment-watch.ts';
import { quarantineDesired, quarantineRole } from '../action/iam-quarantine-role.ts';
import type { Target } from '../action/ports.ts';
import { signalCharts } from './chart.ts';
import type { Draft } from './draft.ts';
import { containingHolds } from './hold.ts';
import { rungHeld } from './rung-held.ts';
import type { HoldRow } from './state.ts';

/**
 * Tells the playbook that what is held does not do, and which rung would: it is the playbook that climbs, and the
 * guardrails that let it (reference, 1.8.7). A playbook that is over, or releasing, climbs no more: people were called.
 */
export function climb(draft: Draft, target: Target, next: Look['next'], roles: readonly string[]): void {
  if (next === 'none' || roles.length === 0) return;
  signalCharts(draft, 'containment.breached', {
    functionArn: target.functionArn,
    next,
    roles: [...roles],
    mode: containingHolds(draft, target).some((hold) => hold.input.mode === 'role') ? 'role' : 'function',
  });
}

/**
 * The roles of a function that only a milder rung limits, when another alert has joined since that was put: whoever is in
 * it goes on by other means. Told once an alert, under the id that comes with them.
 */
export function goesOn(
  draft: Draft,
  target: Target,
): { readonly id: string; readonly roles: readonly string[] } | undefined {
  const { lastAlertAt } = draft.record;
  const holds = containingHolds(draft, target);
  const rung = rungHeld(holds, target.functionArn, draft.env.catalogue);
  if (lastAlertAt === undefined || rung === null || rung === 'isolate') return undefined;
  const since = holds.flatMap((hold) => hold.acceptedAt ?? []).sort()[0];
  return since !== undefined && lastAlertAt > since
    ? { id: `alert of ${lastAlertAt}`, roles: target.roles }
    : undefined;
}

// Once may be a deployment that knew nothing; twice is somebody who looks.
const STRIPS = 2;

/** The roles whose inline deny somebody has just taken away again: only a policy that is guarded will stay. */
export function strippedRoles(draft: Draft, target: Target): readonly string[] {
  const holds = containingHolds(draft, target).filter((hold) => hold.action === quarantineRole.id);
  const prepared = new Set(holds.filter(isPrepared).map((hold) => hold.object.arn));
  const stripped = holds.filter(
    (hold) =>
      !isPrepared(hold) &&
      hold.drift !== undefined &&
      hold.drift.times >= STRIPS &&
      hold.drift.at === draft.at,
  );
  return [...new Set(stripped.map((hold) => hold.object.arn))].filter((arn) => !prepared.has(arn));
}

function isPrepared(hold: HoldRow): boolean {
  return typeof quarantineDesired.safeParse(hold.desired).data?.policyArn === 'string';
}
