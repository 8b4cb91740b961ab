import type { AllMiddlewareArgs, SlackEventMiddlewareArgs } from '@slack/bolt';
import { BOT } from './channel.ts';
import type { ListenerParts } from './perform.ts';
import type { IncidentView } from './view/incident.ts';

/**
 * Somebody came into a channel: anybody in it can invite, so whom the app itself would not invite may be among them. Who
 * is a suspect of an incident led there, a guest, or of another organisation is taken out again by a delivery, which is
 * repeated until it is done, and says in the timeline whom it removed.
 */
export function onMemberJoined(
  parts: ListenerParts,
): (args: SlackEventMiddlewareArgs<'member_joined_channel'> & AllMiddlewareArgs) => Promise<void> {
  return async ({ event: { channel, user } }) => {
    const [anchor, ...others] = await ledIn(parts, channel);
    if (anchor === undefined) return;
    const suspectOf = [anchor, ...others].find(({ suspects = [] }) =>
      suspects.some(({ responder }) => parts.people.slackIdOf(responder) === user),
    );
    if (suspectOf !== undefined) return parts.keepOut(suspectOf.id);
    // What Slack does not say counts as unfit here; the delivery asks again before it removes anybody.
    const why = parts.outsiders.known(user) ?? (await parts.outsiders.look(user));
    if (why !== null && why !== BOT) await parts.keepOut(anchor.id);
  };
}

/** The incidents that are led in a channel, the one whose channel it is first. */
async function ledIn({ views }: ListenerParts, channel: string): Promise<readonly IncidentView[]> {
  const anchor = await views.incidentOfChannel(channel);
  const campaign = await views.campaignOfChannel(channel);
  const ids = new Set(
    campaign === undefined ? [] : [campaign.anchor, ...campaign.members.map(({ id }) => id)],
  );
  if (anchor !== undefined) ids.delete(anchor.id);
  const others = await Promise.all([...ids].map((id) => views.incidentView(id)));
  return [anchor, ...others].filter((one) => one !== undefined);
}
