import type { Draft } from './draft.ts';
import { endPages } from './escalation.ts';
import { modeOf } from './gate-request.ts';
import { isContaining } from './hold.ts';
import { openReviewGate } from './review-gate.ts';

const DAY_MS = 24 * 3_600_000;

/**
 * Ends the response of an incident whose root chart is done; its functions are free for a new incident. For people it
 * is closed then too, unless its severity asks for a reviewed postmortem first.
 */
export function closeIncident(draft: Draft): void {
  draft.status = 'closed';
  const { mode } = modeOf(draft, draft.record.targets[0] ?? null);
  draft.record = { ...draft.record, mode, closedAt: draft.at };
  // What was made to end by itself still does, what is held stays watched, evidence is still swept, and what people owe
  // stays owed; nothing else of a closed incident moves.
  const upkeep = new Set(
    [...draft.attempts.values()].filter((each) => each.upkeep === true).map(({ id }) => id),
  );
  draft.disarm(
    (timer) =>
      timer.kind !== 'expiry' &&
      timer.kind !== 'duty' &&
      timer.kind !== 'follow-up' &&
      !(timer.attempt !== null && upkeep.has(timer.attempt)),
  );
  draft.changed.targets = true;
  const reviewed = openReviewGate(draft);
  draft.log(
    'incident.closed',
    { kind: 'playbook', id: draft.record.playbook },
    reviewed ? 'The response is over; closed once the postmortem is reviewed or waived' : 'Closed',
    {
      openHolds: [...draft.holds.values()].filter((hold) => hold.status !== 'closed' && isContaining(hold))
        .length,
      postmortem: reviewed ? 'to-be-reviewed' : 'not-required',
    },
  );
  endPages(draft);
  draft.post('card', {}, { merge: 'card' });
  draft.post('transcript', {});
  armArchive(draft);
}

/** The channel stays readable for days, for who writes the postmortem: Slack lets no app read an archived one. */
function armArchive(draft: Draft): void {
  const { archiveAfterDays } = draft.env.enrolment.slack;
  if (archiveAfterDays === null) return;
  draft.arm({
    kind: 'archive',
    chart: null,
    name: 'archive',
    event: '',
    attempt: null,
    dueAt: new Date(draft.env.now.getTime() + archiveAfterDays * DAY_MS).toISOString(),
  });
}
