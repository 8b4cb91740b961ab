import type { AllMiddlewareArgs, SlackEventMiddlewareArgs } from '@slack/bolt';
import { codeOf } from '../error.ts';
import { brokenViewLimits } from './limits.ts';
import { actorOf } from './listeners.ts';
import { withMentions } from './mentions.ts';
import type { ListenerParts } from './perform.ts';
import { homeView } from './render/home.ts';

/** Each is read whole for its approvals and tasks: more than these is a list, not a home page. */
const SHOWN_INCIDENTS = 15;

/**
 * Draws a person's own page when they open it. Only a responder is shown anything: the page is the one surface of the
 * app that somebody outside an incident's channel can open.
 */
export function onHomeOpened(
  parts: ListenerParts,
): (args: SlackEventMiddlewareArgs<'app_home_opened'> & AllMiddlewareArgs) => Promise<void> {
  return async ({ event, client, context }) => {
    if (event.tab !== 'home') return;
    const me = parts.people.responderOf(actorOf({ context }));
    const open = me === undefined ? [] : await parts.views.openIncidents();
    const incidents = [];
    // However much is open, a drill is shown: whoever wonders whether something is real looks here.
    const drills = open.filter(({ exercise }) => exercise);
    const real = open.filter(({ exercise }) => !exercise);
    for (const { id } of [...drills, ...real].slice(0, SHOWN_INCIDENTS)) {
      const incident = await parts.views.incidentView(id);
      if (incident !== undefined) incidents.push(withMentions(incident, parts.people));
    }
    const view = homeView({
      me: me === undefined ? undefined : event.user,
      incidents,
      drill: me === undefined ? undefined : parts.drills?.running(),
      more: open.length - incidents.length,
    });
    const broken = brokenViewLimits(view);
    if (broken.length > 0) {
      parts.log.error(
        { broken: broken.slice(0, 5).join('; ') },
        'a home page would break a limit of Slack; it is not shown',
      );
      return;
    }
    try {
      await client.views.publish({ user_id: event.user, view });
    } catch (error) {
      // It is drawn again the next time it is opened.
      parts.log.warn({ code: codeOf(error) }, 'a home page could not be shown');
    }
  };
}
