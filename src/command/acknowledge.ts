import { z } from 'zod';
import { signalCharts } from '../incident/chart.ts';
import { takeLead } from '../incident/people.ts';
import { actorOf, defineCommand, done, refused } from './command.ts';

/** Takes the incident up: escalations stop, and the first to do so leads. `page`: the page that was acknowledged. */
export const acknowledge = defineCommand({
  id: 'acknowledge',
  title: 'Take the incident up',
  input: z.strictObject({ page: z.string().max(500).optional() }),
  decide(draft, { page }, person) {
    if (page !== undefined && !draft.record.people.pages.includes(page)) {
      return refused(
        'cordon_page_not_open',
        'expected the key of a page of this incident that nobody has acknowledged yet',
      );
    }
    draft.log(
      'command.accepted',
      actorOf(person),
      `${person.id} took the incident up${page === undefined ? '' : ' where they were paged'}`,
      { command: 'acknowledge', ...(page === undefined ? {} : { page }) },
    );
    signalCharts(draft, 'escalation.acknowledged', { by: person.id });
    takeLead(draft, person);
    return done(`${draft.record.lead ?? person.id} leads`);
  },
});
