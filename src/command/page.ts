import { z } from 'zod';
import type { Draft } from '../incident/draft.ts';
import { page as pagePeople } from '../incident/escalation.ts';
import { RESPONDER_ROLES } from '../playbook/roles.ts';
import { actorOf, defineCommand, done, refused } from './command.ts';
import { namedPerson } from './named-person.ts';

const roles: readonly string[] = RESPONDER_ROLES;

/** Calls a team: everybody with a role, whoever owns functions or an account, or a person. */
export const page = defineCommand({
  id: 'page',
  title: 'Call a team',
  input: z.strictObject({ team: z.string().min(1).max(200), reason: z.string().min(1).max(2000) }),
  decide(draft, { team, reason }, person) {
    const name = team.replace(/^@/, '');
    const called = membersOf(draft, name);
    const named = called === undefined ? namedPerson(draft, team, person) : undefined;
    if (named?.kind === 'nobody') {
      return refused(
        'cordon_team_unknown',
        `expected a role (${roles.join(', ')}), a team that owns one of these functions or an account, or a responder; there is none of that name. Known teams: ${teamsOf(draft).join(', ') || 'none'}`,
      );
    }
    const to = named === undefined ? (called ?? []) : [named.id];
    if (to.length === 0) {
      return refused(
        'cordon_team_unknown',
        `nobody in the enrolment file has the role ${name}; "oncall" says who can be called`,
      );
    }
    draft.log('page.asked', actorOf(person), `${person.id} called ${name}: ${reason}`, {
      to: [...to],
      team: name,
      reason,
    });
    pagePeople(draft, to, reason);
    draft.post('announce', { name: 'called', by: person.id, to: [...to], reason });
    return done(`called ${to.join(', ')}`);
  },
});

/** Whom the name of a role or team stands for; `undefined` for one that is neither. Compared exactly. */
function membersOf(draft: Draft, name: string): readonly string[] | undefined {
  if (roles.includes(name)) {
    return draft.env.enrolment.responders
      .filter((each) => each.roles.some((role) => role === name))
      .map(({ id }) => id);
  }
  // A team is known to the paging service by the name that people wrote down.
  return teamsOf(draft).includes(name) ? [name] : undefined;
}

/** Teams that people wrote down as owners: of these functions, or of an account; responders are called as themselves. */
function teamsOf(draft: Draft): readonly string[] {
  const { accounts, responders } = draft.env.enrolment;
  const people = new Set(responders.map(({ id }) => id));
  const owners = [
    ...draft.record.targets.flatMap((target) => draft.env.ownersOf(target).owners),
    ...accounts.flatMap(({ owner }) => (owner === undefined ? [] : [owner])),
  ].map((owner) => owner.replace(/^@/, ''));
  return [...new Set(owners)].filter((owner) => !people.has(owner)).slice(0, 20);
}
