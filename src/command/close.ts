import { z } from 'zod';
import { isReviewOpen } from '../incident/break-glass.ts';
import { signalCharts } from '../incident/chart.ts';
import type { Draft } from '../incident/draft.ts';
import { isPostmortemOpen } from '../incident/duty-state.ts';
import { defineCommand, done, refused } from './command.ts';

/** The response is over: what is left to close is the postmortem's, and it does that by itself. */
function refuseClosed(draft: Draft) {
  return isPostmortemOpen(draft.record)
    ? refused(
        'cordon_postmortem_open',
        `the response is over; an incident of severity ${draft.record.severity} is closed once its postmortem is reviewed ("postmortem review"), or waived by a commander with a reason ("duty waive postmortem")`,
      )
    : refused('cordon_command_not_now', `it was closed at ${draft.record.closedAt ?? ''}`);
}

/** Asks the playbook to close the incident; it does so only from a state that may. */
export const close = defineCommand({
  id: 'close',
  title: 'Close the incident',
  input: z.strictObject({ reason: z.string().min(1).max(2000) }),
  decide(draft, input, person) {
    if (isReviewOpen(draft.record)) {
      return refused(
        'cordon_review_open',
        `${draft.record.breakGlass?.by ?? ''} broke the glass and nobody has reviewed it; somebody else says first whether it was right: "review"`,
      );
    }
    if (draft.status === 'closed') return refuseClosed(draft);
    if (!signalCharts(draft, 'close.requested', { by: person.id, reason: input.reason })) {
      return refused(
        'cordon_command_not_now',
        'the playbook cannot close where it stands; "show" says what it waits for',
      );
    }
    const actor = { kind: 'responder', id: person.id, via: person.via } as const;
    draft.log('command.accepted', actor, `${person.id} asked to close: ${input.reason}`, {
      command: 'close',
      reason: input.reason,
    });
    return done('close asked for');
  },
});
