import { z } from 'zod';
import { signalCharts } from '../incident/chart.ts';
import { takeLead } from '../incident/people.ts';
import { defineCommand, done } from './command.ts';

/** Takes the incident up: escalations stop, and the first to do so leads. */
export const acknowledge = defineCommand({
  id: 'acknowledge',
  title: 'Take the incident up',
  input: z.strictObject({}),
  decide(draft, _input, person) {
    const actor = { kind: 'responder', id: person.id, via: person.via } as const;
    draft.log('command.accepted', actor, `${person.id} took the incident up`, { command: 'acknowledge' });
    signalCharts(draft, 'escalation.acknowledged', { by: person.id });
    takeLead(draft, person);
    return done(`${draft.record.lead ?? person.id} leads`);
  },
});
