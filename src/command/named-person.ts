import { responderById, responderBySlack } from '../enrolment/enrolment.ts';
import type { Draft } from '../incident/draft.ts';
import type { ResponderRole } from '../playbook/roles.ts';
import type { CommandResult, Person } from './command.ts';
import { refused } from './command.ts';

type Named =
  | { readonly kind: 'person'; readonly id: string; readonly roles: readonly ResponderRole[] }
  | { readonly kind: 'nobody'; readonly result: CommandResult };

/**
 * The responder that a person named: by id, as `me`, or with Slack's own mention. Compared exactly: a name that is
 * nearly somebody's is nobody's, because what follows is done in that person's name.
 */
export function namedPerson(draft: Draft, reference: string, by: Person): Named {
  const { enrolment } = draft.env;
  const slackId = /^<@([UW][A-Z0-9]{2,30})(?:\|[^>]*)?>$/.exec(reference)?.[1];
  const found =
    reference === 'me'
      ? responderById(enrolment, by.id)
      : slackId === undefined
        ? responderById(enrolment, reference)
        : responderBySlack(enrolment, slackId);
  if (found !== undefined) return { kind: 'person', id: found.id, roles: found.roles };
  const known = enrolment.responders.map(({ id }) => id).slice(0, 20);
  return {
    kind: 'nobody',
    result: refused(
      'cordon_responder_unknown',
      `expected a responder of the enrolment file, by id, as "me" or mentioned in Slack; there is none of that name. Known: ${known.join(', ') || 'nobody yet'}`,
    ),
  };
}
