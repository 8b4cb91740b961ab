import { ACTION, actionValue } from '../action-value.ts';
import type { SlackMessage } from '../limits.ts';
import { code, incidentName } from '../text.ts';
import type { IncidentView } from '../view/incident.ts';
import { button, buttons, context, header, message, section } from './blocks.ts';

const ANSWERS = [
  ['mine', 'Yes, it was me'],
  ['not-mine', 'No, it was not'],
  ['unsure', 'Not sure'],
] as const;

/** Asks somebody, apart from the channel, whether what their AWS identity did was them. */
export function identityMessage(incident: IncidentView, principal: string): SlackMessage {
  const name = incidentName(incident);
  const functions = incident.targets.slice(0, 3).map(({ functionName }) => code(functionName, 90));
  return message(incident, 'Was this you?', [
    header('Was this you?'),
    section([
      `${code(principal, 300)} changed ${functions.join(', ') || 'a function'} shortly before ${name} was opened about it.`,
      'Your answer is kept as what you say, and decides nothing. Until somebody clears you, you approve nothing in this incident.',
    ]),
    buttons(
      ANSWERS.map(([answer, label]) =>
        button({ label, actionId: `${ACTION.claim}.${answer}`, value: actionValue({ i: incident.id }) }),
      ),
    ),
    context([`or type ${code(`/cordon claim ${name} mine|not-mine|unsure`, 80)}`]),
  ]);
}
