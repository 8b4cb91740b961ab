import { z } from 'zod';
import { signalCharts } from '../incident/chart.ts';
import { takeLead } from '../incident/people.ts';
import { defineCommand, done, refused } from './command.ts';

/** Asks the playbook to release everything that the incident holds. */
export const release = defineCommand({
  id: 'release',
  title: 'Release what is contained',
  input: z.strictObject({ reason: z.string().min(1).max(2000) }),
  decide(draft, input, person) {
    const actor = { kind: 'responder', id: person.id, via: person.via } as const;
    const before = draft.record;
    draft.record = { ...before, releaseRequestedBy: person.id };
    if (!signalCharts(draft, 'release.requested', { by: person.id, reason: input.reason })) {
      draft.record = before;
      return refused(
        'cordon_command_not_now',
        'the playbook takes no release where it stands; "show" says what it waits for',
      );
    }
    draft.log('command.accepted', actor, `${person.id} asked for release: ${input.reason}`, {
      command: 'release',
      reason: input.reason,
    });
    takeLead(draft, person);
    return done('release asked for');
  },
});
