import { z } from 'zod';
import { signalCharts } from '../incident/chart.ts';
import { takeLead } from '../incident/people.ts';
import { actorOf, defineCommand, done, refused } from './command.ts';

/** Asks the playbook to deny the targets' roles as a whole, wherever they are used: the guardrails may ask first. */
export const widen = defineCommand({
  id: 'widen',
  title: 'Widen containment to whole roles',
  input: z.strictObject({ reason: z.string().min(1).max(2000) }),
  decide(draft, { reason }, person) {
    draft.askedBy = person.id;
    const taken = signalCharts(draft, 'widen.requested', { by: person.id, reason });
    draft.askedBy = null;
    if (!taken) {
      return refused(
        'cordon_command_not_now',
        'the playbook does not widen where it stands: it is widening already, or past containment; "show" says where it is',
      );
    }
    draft.log('command.accepted', actorOf(person), `${person.id} asked to deny whole roles: ${reason}`, {
      command: 'widen',
      reason,
    });
    takeLead(draft, person);
    return done('asked for: every session of the roles is denied, after approval where others use them');
  },
});
