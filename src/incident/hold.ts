import { CodedError } from '../error.ts';
import type { HoldId } from '../id.ts';
import type { Draft } from './draft.ts';
import type { AttemptRow } from './state.ts';

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
      draft.putHold({ ...hold, acceptedAt: hold.acceptedAt ?? draft.at });
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
