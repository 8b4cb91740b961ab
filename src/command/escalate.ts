import { z } from 'zod';
import { page } from '../incident/escalation.ts';
import { RESPONDER_ROLES } from '../playbook/roles.ts';
import { actorOf, defineCommand, done } from './command.ts';
import { namedPerson } from './named-person.ts';

const roles: readonly string[] = RESPONDER_ROLES;

/** Calls for somebody now: a person, or everybody with a role. */
export const escalate = defineCommand({
  id: 'escalate',
  title: 'Call somebody',
  input: z.strictObject({ to: z.string().min(1).max(200), reason: z.string().min(1).max(2000) }),
  decide(draft, { to, reason }, person) {
    const called = roles.includes(to)
      ? draft.env.enrolment.responders.filter((each) => each.roles.some((role) => role === to))
      : undefined;
    const named = called === undefined ? namedPerson(draft, to, person) : undefined;
    if (named?.kind === 'nobody') return named.result;
    const people = named === undefined ? (called ?? []).map(({ id }) => id) : [named.id];
    draft.log('page.asked', actorOf(person), `${person.id} called ${to}: ${reason}`, { to: people, reason });
    page(draft, people, reason);
    draft.post('announce', { name: 'called', by: person.id, to: people, reason });
    return done(`called ${people.join(', ') || to}`);
  },
});
