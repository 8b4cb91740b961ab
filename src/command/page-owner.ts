import { z } from 'zod';
import { responderById } from '../enrolment/enrolment.ts';
import { page } from '../incident/escalation.ts';
import { actorOf, defineCommand, done, refused } from './command.ts';

/** Calls whoever owns the functions of the incident: they know what it does, and what breaks while it is stopped. */
export const pageOwner = defineCommand({
  id: 'page-owner',
  title: 'Call the owners of the functions',
  input: z.strictObject({ reason: z.string().min(1).max(2000) }),
  decide(draft, { reason }, person) {
    const owned = draft.record.targets.map((target) => draft.env.ownersOf(target));
    const owners = [...new Set(owned.flatMap((each) => each.owners))].slice(0, MAX_OWNERS);
    if (owners.length === 0) {
      return refused(
        'cordon_owner_unknown',
        'nobody is known to own these functions: name an owner in CORDON_OWNERS or in the enrolment of the account; "escalate" calls a person by name',
      );
    }
    // An owner is whatever people wrote: a responder where it is one, else a team that the paging service knows.
    const to = owners.map(
      (owner) => responderById(draft.env.enrolment, owner.replace(/^@/, ''))?.id ?? owner,
    );
    const from = [...new Set(owned.map((each) => each.from))];
    draft.log(
      'page.asked',
      actorOf(person),
      `${person.id} called the owners, ${to.join(', ')} (known from ${from.join(', ')}): ${reason}`,
      { to, from, reason },
    );
    page(draft, to, reason);
    draft.post('announce', { name: 'called', by: person.id, to, reason });
    return done(`called ${to.join(', ')}`);
  },
});

/** More is not a page but a broadcast. */
const MAX_OWNERS = 10;
