import type { Draft } from './draft.ts';
import { endPages } from './escalation.ts';

/** Closes an incident whose root chart is done; its functions are free for a new incident. */
export function closeIncident(draft: Draft): void {
  draft.status = 'closed';
  draft.record = { ...draft.record, closedAt: draft.at };
  draft.disarm(() => true);
  draft.changed.targets = true;
  draft.log('incident.closed', { kind: 'playbook', id: draft.record.playbook }, 'Closed', {
    openHolds: [...draft.holds.values()].filter((hold) => hold.status !== 'closed').length,
  });
  endPages(draft);
  draft.post('card', {}, { merge: 'card' });
}
