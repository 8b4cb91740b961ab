import type { Draft } from './draft.ts';
import { endPages } from './escalation.ts';
import { isContaining } from './hold.ts';

/** Closes an incident whose root chart is done; its functions are free for a new incident. */
export function closeIncident(draft: Draft): void {
  draft.status = 'closed';
  draft.record = { ...draft.record, closedAt: draft.at };
  // What was made to end by itself still does, and what is held stays watched; nothing else of a closed incident moves.
  const upkeep = new Set(
    [...draft.attempts.values()].filter((each) => each.upkeep === true).map(({ id }) => id),
  );
  draft.disarm((timer) => timer.kind !== 'expiry' && !(timer.attempt !== null && upkeep.has(timer.attempt)));
  draft.changed.targets = true;
  draft.log('incident.closed', { kind: 'playbook', id: draft.record.playbook }, 'Closed', {
    openHolds: [...draft.holds.values()].filter((hold) => hold.status !== 'closed' && isContaining(hold))
      .length,
  });
  endPages(draft);
  draft.post('card', {}, { merge: 'card' });
}
