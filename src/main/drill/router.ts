import { isDrillId } from '../../id.ts';
import type { Json } from '../../json.ts';
import { NOT_HERE } from '../../slack/drill-mark.ts';
import type { IncidentViews, KeepOut, SlackCommands, SlackPlaces } from '../../slack/port.ts';

/** One engine as Slack reaches it. */
export interface Side {
  readonly views: IncidentViews;
  readonly commands: SlackCommands;
  readonly places: SlackPlaces;
  readonly keepOut: KeepOut;
}

/** The drill that runs, and its channels. */
export interface RoutedDrill {
  current(): Side | undefined;
  holds(channel: string): boolean;
}

/**
 * Sends what comes from Slack to the engine that it is about: an id says by itself whether it is a drill's, a typed name
 * by its `drill-`, a channel by who opened it. What is a drill's never reaches the live engine, also when no drill runs
 * here (any more): then it is refused. What does not say that it is a drill's is the live engine's alone.
 */
export function routeSlack(live: Side, drills: RoutedDrill): Side {
  const none: Pick<IncidentViews, 'findIncident' | 'findCampaign'> = {
    findIncident: async () => undefined,
    findCampaign: async () => undefined,
  };
  /** The drill's part for what is named so; the live engine's for everything else. `undefined`: nobody's here. */
  const byId = (id: string): Side | undefined => (isDrillId(id) ? drills.current() : live);
  const byChannel = (channel: string): Side | undefined => (drills.holds(channel) ? drills.current() : live);
  // The exercises of the terminal are in the live record, and what they left can be looked at when no drill runs.
  const byName = (name: string) =>
    isDrillId(name)
      ? (drills.current()?.views ?? none)
      : /^drill-/i.test(name)
        ? (drills.current() ?? live).views
        : live.views;

  return {
    views: {
      incidentView: async (id) => byId(id)?.views.incidentView(id),
      findIncident: (reference) => byName(reference).findIncident(reference),
      incidentOfChannel: async (channel) => byChannel(channel)?.views.incidentOfChannel(channel),
      incidentOfApproval: async (approval) => byId(approval)?.views.incidentOfApproval(approval),
      postmortem: async (id) => byId(id)?.views.postmortem(id),
      evidenceOf: async (id) => (await byId(id)?.views.evidenceOf(id)) ?? [],
      findCampaign: (reference) => byName(reference).findCampaign(reference),
      scopeOf: async (id) => byId(id)?.views.scopeOf(id),
      campaignOfChannel: async (channel) => byChannel(channel)?.views.campaignOfChannel(channel),
      async openIncidents() {
        const drill = await drills.current()?.views.openIncidents();
        return [...(await live.views.openIncidents()), ...(drill ?? [])];
      },
      async openCampaigns() {
        const drill = await drills.current()?.views.openCampaigns();
        return [...(await live.views.openCampaigns()), ...(drill ?? [])];
      },
    },
    commands: {
      declare: (request) => live.commands.declare(request),
      async execute(request) {
        const { incidentId, campaign, incident, into } = request.input;
        const named = [incidentId, campaign, incident, into].filter(isText);
        const ofDrill = named.filter((name) => isDrillId(name) || /^drill-/i.test(name));
        if (ofDrill.length === 0) return live.commands.execute(request);
        if (ofDrill.length < named.length) {
          return refused(
            'cordon_drill_mixed',
            'a drill and what is real are never led together; nothing was done',
          );
        }
        const side = drills.current();
        if (side === undefined) return refused('cordon_drill_not_here', NOT_HERE);
        return side.commands.execute(request);
      },
    },
    keepOut: async (id) => byId(id)?.keepOut(id),
    places: {
      placeOf: async (lane) => byId(lane)?.places.placeOf(lane),
      messageOf: async (incident, kind, subject) => byId(incident)?.places.messageOf(incident, kind, subject),
    },
  };
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string';
}

function refused(code: 'cordon_drill_mixed' | 'cordon_drill_not_here', message: string) {
  return { kind: 'refused', code, message } as const;
}
