import type { HoldId } from '../id.ts';
import type { Draft } from './draft.ts';
import { armExpiry, chartOf } from './hold.ts';
import { newAttempt } from './new-attempt.ts';
import { openInvocation } from './open-invocation.ts';
import type { AttemptRow, HoldRow } from './state.ts';
import { isFinal, UPKEEP } from './state.ts';

// What could not be taken back on its day is tried again a quarter of a day later.
const EXPIRY_RETRY_MS = 6 * 3_600_000;

/** The end of a hold that was made to end: one reversing attempt, compare-and-set like a release. */
export function expireHold(draft: Draft, id: HoldId): void {
  const hold = draft.holds.get(id);
  if (hold === undefined || hold.status === 'closed' || hasWork(draft, id)) return;
  startUpkeep(draft, hold, { effect: 'restore', reverses: hold.attempt });
}

/** A reversal that came to nothing is tried again; people are told each time. */
export function upkeepFailed(draft: Draft, attempt: AttemptRow): void {
  const hold = attempt.hold === null ? undefined : draft.holds.get(attempt.hold);
  if (hold === undefined || hold.status === 'closed') return;
  if (hold.expiresAt === undefined) {
    if (attempt.effect === 'restore')
      draft.post('announce', {
        name: 'rollback-failed',
        object: hold.object.arn,
        step: hold.action,
        code: attempt.error?.code ?? '',
      });
    if (attempt.effect === 'contain')
      draft.post('announce', {
        name: 'containment-failed',
        functionArn: hold.target.functionArn,
        step: hold.action,
        code: attempt.error?.code ?? '',
      });
    return;
  }
  const dueAt = new Date(draft.env.now.getTime() + EXPIRY_RETRY_MS).toISOString();
  armExpiry(draft, hold, dueAt);
  draft.post('announce', {
    name: 'upkeep-failed',
    object: hold.object.arn,
    code: attempt.error?.code ?? '',
    nextAt: dueAt,
  });
}

/** Starts one attempt on a held object, outside every chart. */
export function startUpkeep(
  draft: Draft,
  hold: HoldRow,
  how: Pick<AttemptRow, 'effect'> & Partial<AttemptRow>,
): void {
  const attempt = upkeepAttempt(draft, hold, how);
  if (attempt !== undefined) draft.putAttempt(attempt);
}

/** An attempt on a held object, or on account of it, in an invocation of its own; `undefined` for a hold of no chart. */
export function upkeepAttempt(
  draft: Draft,
  hold: HoldRow,
  how: Pick<AttemptRow, 'effect'> & Partial<AttemptRow>,
): AttemptRow | undefined {
  const chart = chartOf(draft, hold);
  if (chart === undefined) return undefined;
  const invocation = openInvocation(draft, {
    chart,
    xstateId: UPKEEP,
    src: UPKEEP,
    input: { hold: hold.id },
  });
  return newAttempt(draft, invocation, {
    ordinal: 0,
    action: hold.action,
    lane: 'contain',
    object: hold.object,
    input: hold.input,
    target: hold.target,
    prior: hold.prior,
    priorUnknown: hold.prior === null,
    desired: hold.trial?.state ?? hold.desired,
    hold: hold.id,
    upkeep: true,
    // Nobody declared it: it follows from what is held.
    requestedBy: null,
    ...how,
  });
}

/** Whether something is being done about a hold already. */
export function hasWork(draft: Draft, id: HoldId): boolean {
  return [...draft.attempts.values()].some((attempt) => attempt.hold === id && !isFinal(attempt.state));
}
