import { z } from 'zod';
import { assignRole } from '../incident/people.ts';
import { RESPONDER_ROLES } from '../playbook/roles.ts';
import { actorOf, defineCommand, done, refused } from './command.ts';
import { namedPerson } from './named-person.ts';

/**
 * Gives somebody a part in the incident. Only a part that the enrolment file lets them play: an assignment says who
 * does it, never what they may do.
 */
export const assign = defineCommand({
  id: 'assign',
  title: 'Give somebody a role',
  input: z.strictObject({ role: z.enum(RESPONDER_ROLES), to: z.string().min(1).max(200) }),
  decide(draft, { role, to }, person) {
    const named = namedPerson(draft, to, person);
    if (named.kind === 'nobody') return named.result;
    if (role !== 'observer' && !named.roles.includes(role)) {
      return refused(
        'cordon_responder_wrong_role',
        `expected somebody whom the enrolment file lets be ${role}; ${named.id} may be ${named.roles.join(', ')}`,
      );
    }
    assignRole(draft, actorOf(person), role, named.id);
    return done(`${named.id} is ${role}`);
  },
});
