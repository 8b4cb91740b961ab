import { ACTION, actionValue } from '../action-value.ts';
import type { SlackMessage } from '../limits.ts';
import { code, incidentName, prose, when } from '../text.ts';
import type { SlackScope } from '../view/campaign.ts';
import type { IncidentView } from '../view/incident.ts';
import { button, buttons, context, listed, message, section } from './blocks.ts';

const SHOWN = 10;

const SHARES = { role: 'same role', principal: 'changed by', caller: 'called by' } as const;

/** Functions that the attacker may have reached too, each to be added with one press. */
export function scopeMessage(incident: IncidentView, scope: SlackScope): SlackMessage {
  const { suggestions, takenAt, stale } = scope;
  const pressed = suggestions.slice(0, SHOWN).map((each, index) =>
    button({
      label: `Add ${index + 1}`,
      // Ids are unique within a block; the listener takes the prefix.
      actionId: `${ACTION.addTarget}.${index + 1}`,
      value: actionValue({ i: incident.id, f: each.functionArn }),
      confirm: {
        title: 'Contain this function too?',
        text: `Function ${index + 1} of the list becomes a target: it is contained and its evidence collected.`,
        yes: 'Add',
      },
    }),
  );
  return message(incident, `${suggestions.length} other functions may be affected`, [
    section([
      `🔎 *${suggestions.length} other ${suggestions.length === 1 ? 'function shares' : 'functions share'} something with what was attacked.* Add those that belong to it:`,
      ...listed(
        suggestions.map((each, index) => ({ ...each, index })),
        SHOWN,
        ({ functionName, because, index }) =>
          `${index + 1}. ${code(functionName, 90)} · ${because
            .slice(0, 3)
            .map(({ kind, value }) => `${SHARES[kind]} ${code(value, 120)}`)
            .join(' · ')}`,
        `\`cordon scope INC-${incident.number}\``,
      ),
    ]),
    buttons(pressed),
    context([
      [
        `from the inventory${takenAt[0] === undefined ? '' : ` of ${when(takenAt[0])}`}${stale ? ', which is *old*' : ''}`,
        `\`/cordon add-target ${incidentName(incident)} ARN WHY\` · ${prose('cordon scope', 20)} in a terminal`,
      ].join(' · '),
    ]),
  ]);
}
