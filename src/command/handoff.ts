import { z } from 'zod';
import { assignRole, stateSummary } from '../incident/people.ts';
import { actorOf, defineCommand, done, refused } from './command.ts';
import { namedPerson } from './named-person.ts';

/** Hands the lead to somebody else, with a summary of where things stand: nobody has to read back. */
export const handoff = defineCommand({
  id: 'handoff',
  title: 'Hand the lead over',
  input: z.strictObject({ to: z.string().min(1).max(200), note: z.string().min(1).max(2000).optional() }),
  decide(draft, { to, note }, person) {
    const named = namedPerson(draft, to, person);
    if (named.kind === 'nobody') return named.result;
    if (!named.roles.includes('commander')) {
      return refused(
        'cordon_responder_wrong_role',
        `expected somebody whom the enrolment file lets be commander; ${named.id} may be ${named.roles.join(', ')}`,
      );
    }
    const from = draft.record.lead;
    if (from === named.id) return refused('cordon_command_not_now', `${named.id} leads already`);
    if (from !== null && from !== person.id && !person.roles.includes('commander')) {
      return refused(
        'cordon_responder_wrong_role',
        `expected ${from}, who leads, or a commander; you are neither`,
      );
    }
    const summary = stateSummary(draft);
    assignRole(draft, actorOf(person), 'commander', named.id);
    draft.log(
      'lead.handed-over',
      actorOf(person),
      `${from ?? 'nobody'} handed over to ${named.id}${note === undefined ? '' : `: ${note}`}`,
      { from, to: named.id, note: note ?? null, summary: [...summary] },
    );
    draft.post('announce', { name: 'handoff', from, to: named.id, note: note ?? null, state: [...summary] });
    return done([`${named.id} leads.`, ...summary].join(' '));
  },
});
