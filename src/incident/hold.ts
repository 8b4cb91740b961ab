import type { Target } from '../action/ports.ts';
import { CodedError } from '../error.ts';
import type { ChartId, HoldId } from '../id.ts';
import { replaceAdopted } from './adopt.ts';
import type { Draft } from './draft.ts';
import type { AttemptRow, HoldRow } from './state.ts';

class HoldError extends CodedError<'cordon_hold_incomplete'> {}

/** Opens the claim of `attempt` on its object, with the prior state, in the same commit as the intent. */
export function openHold(draft: Draft, attempt: AttemptRow, captor: boolean): HoldId {
  if (attempt.hold !== null) return attempt.hold;
  if (attempt.object === null || attempt.target === null || attempt.desired === null) {
    throw new HoldError(
      'cordon_hold_incomplete',
      `attempt ${attempt.id} has no plan yet, so nothing can be held for it`,
    );
  }
  const id: HoldId = draft.env.ids.next('hld');
  const action = draft.env.catalogue.get(attempt.action);
  const expires = action?.effect === 'contain' ? action.expiresAfterMs : undefined;
  draft.putHold({
    id,
    ordinal: draft.holds.size,
    objectKey: attempt.object.key,
    object: attempt.object,
    attempt: attempt.id,
    action: attempt.action,
    input: attempt.input,
    target: attempt.target,
    prior: attempt.prior,
    desired: attempt.desired,
    status: 'open',
    captor,
    openedAt: draft.at,
    acceptedAt: null,
    closedAt: null,
    closedAs: null,
    handedOverTo: null,
    ...(expires === undefined
      ? {}
      : { expiresAt: new Date(draft.env.now.getTime() + expires).toISOString() }),
  });
  draft.log('hold.opened', { kind: 'engine' }, `Holding ${attempt.object.arn}`, {
    hold: id,
    object: attempt.object.key,
    prior: attempt.prior,
    captor,
  });
  return id;
}

/** Moves a hold on: its write was accepted, it is being restored (or that failed), or it is over. */
export function settleHold(
  draft: Draft,
  id: HoldId,
  to: 'accepted' | 'restoring' | 'open' | 'released' | 'inherited' | 'not-needed',
): void {
  const hold = draft.holds.get(id);
  if (hold === undefined || hold.status === 'closed') return;
  switch (to) {
    case 'accepted':
      draft.putHold(
        hold.acceptedAt === null ? { ...hold, acceptedAt: draft.at } : { ...hold, putAgainAt: draft.at },
      );
      replaceAdopted(draft, hold);
      armExpiry(draft, hold);
      return;
    case 'restoring':
    case 'open':
      draft.putHold({ ...hold, status: to });
      return;
    case 'released':
    case 'inherited':
    case 'not-needed':
      draft.putHold({ ...hold, status: 'closed', closedAs: to, closedAt: draft.at });
      draft.log(
        'hold.released',
        { kind: 'engine' },
        `Let go of ${hold.object.arn} (${to.replace('-', ' ')})`,
        {
          hold: id,
          object: hold.objectKey,
          as: to,
        },
      );
  }
}

/** Whether a hold contains its object; one that is made to end by itself only guards what was released. */
export function isContaining(hold: HoldRow): boolean {
  return hold.expiresAt === undefined;
}

/** What this incident holds of a target, open or on its way back. */
export function containingHolds(draft: Draft, target: Target): readonly HoldRow[] {
  return [...draft.holds.values()].filter(
    (hold) =>
      hold.status !== 'closed' && isContaining(hold) && hold.target.functionArn === target.functionArn,
  );
}

/** The chart that work on a hold belongs to; what was adopted has none of its own here. */
export function chartOf(draft: Draft, hold: HoldRow): ChartId | undefined {
  const root = [...draft.charts.values()].find((chart) => chart.parent === null);
  return draft.attempts.get(hold.attempt)?.chart ?? root?.id;
}

/** Of several holds on one object the one whose desired state is there. */
export function strictest(draft: Draft, holds: readonly HoldRow[]): HoldRow | undefined {
  return holds.reduce<HoldRow | undefined>((left, right) => {
    const action = draft.env.catalogue.get(right.action);
    const stricter = action?.effect === 'contain' ? action.stricter : undefined;
    return left === undefined || stricter?.(right.desired, left.desired) === true ? right : left;
  }, undefined);
}

/** Records what is still to be done on a held object, or what was left there on purpose. */
export function noteLeft(draft: Draft, id: HoldId | null, left: string): void {
  const hold = id === null ? undefined : draft.holds.get(id);
  if (hold !== undefined) draft.putHold({ ...hold, left });
}

/** Sets the timer that takes back what was made to end by itself. */
export function armExpiry(draft: Draft, hold: HoldRow, dueAt = hold.expiresAt): void {
  const armed = [...draft.timers.values()].some(
    (timer) => timer.kind === 'expiry' && timer.name === hold.id && timer.status === 'armed',
  );
  const chart = chartOf(draft, hold);
  if (dueAt === undefined || armed || chart === undefined) return;
  draft.arm({ kind: 'expiry', chart, name: hold.id, event: '', attempt: null, dueAt });
}

/** Records that `owner` accepts the hold's staying: the prior state stays known for a later release. */
export function handOver(draft: Draft, id: HoldId, owner: string): void {
  const hold = draft.holds.get(id);
  if (hold === undefined || hold.status === 'closed') return;
  draft.putHold({ ...hold, handedOverTo: owner });
  draft.log('hold.handed-over', { kind: 'engine' }, `${hold.object.arn} stays contained; ${owner} owns it`, {
    hold: id,
    object: hold.objectKey,
    owner,
  });
}
