import { ACTIONS } from '../action/catalogue.ts';
import type { Clock } from '../clock.ts';
import type { Declare } from '../command/declare.ts';
import type { Execute } from '../command/execute.ts';
import type { SlackConfig } from '../config.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import { responderById, responderBySlack } from '../enrolment/enrolment.ts';
import type { IncidentId } from '../id.ts';
import { stateOf } from '../incident/load.ts';
import { postmortemViewOf } from '../incident/postmortem-view.ts';
import type { Views } from '../incident/view.ts';
import type { JsonObject } from '../json.ts';
import type { ComposeOptions } from '../main.ts';
import type { ResponderRole } from '../playbook/roles.ts';
import type { ChannelSettings } from '../slack/channel.ts';
import { undrilled } from '../slack/drill-mark.ts';
import type { IncidentViews, SlackCommands, SlackPeople, SlackPlaces, SlackSeen } from '../slack/port.ts';
import { incidentName } from '../slack/text.ts';
import type { Workspaces } from '../slack/workspaces.ts';
import { forgetNonce, rememberNonce } from '../store/alert.ts';
import { loadIncident } from '../store/incident.ts';
import { deliveredMessage, placeOf } from '../store/outbox.ts';
import type { Sql } from '../store/sql.ts';
import { readTimeline } from '../store/timeline.ts';

export type PeopleParts = Parameters<NonNullable<ComposeOptions['people']>>[0];

/** One engine as Slack reaches it, and is reached by it. */
export function slackSide(parts: PeopleParts, sql: Sql, enrolment: Enrolment) {
  const { views, execute, declare, keepTranscript, keepOut } = parts;
  return {
    commands: slackCommands(execute, declare, views),
    views: slackViews(views, sql, enrolment),
    places: slackPlaces(sql),
    people: slackPeople(enrolment),
    channels: slackChannels(enrolment),
    keepTranscript,
    keepOut,
  };
}

/** What Slack asks for goes the way of every human act. */
function slackCommands(execute: Execute, declare: Declare, views: Views): SlackCommands {
  return {
    async declare({ slackUserId, functionArn, severity, reason, idempotencyKey }) {
      const result = await declare({
        identity: { kind: 'slack', userId: slackUserId },
        input: { functionArn, severity, reason },
        idempotencyKey,
      });
      if (result.kind === 'refused') return result;
      const incident = await views.incidentView(result.incidentId);
      const name = incident === undefined ? result.incidentId : incidentName(incident);
      return {
        kind: 'done',
        summary:
          result.outcome === 'joined' || result.outcome === 'duplicate'
            ? `${name} is open on this function already, and knows of this now`
            : `${name} is open`,
      };
    },
    execute: ({ command, input, actor, idempotencyKey }) => {
      const { incidentId, ...named } = input;
      const rest = command.startsWith('campaign-') ? namesUndrilled(named) : named;
      return execute({
        command,
        incident: (incidentId ?? null) as IncidentId | null, // looked up, not trusted
        identity: { kind: 'slack', userId: actor.slackUserId },
        input: rest,
        idempotencyKey,
      });
    },
  };
}

/** An act on a campaign with names as its engine knows them. */
function namesUndrilled(input: JsonObject): JsonObject {
  const known = ['campaign', 'incident', 'into'].flatMap((field) => {
    const name = input[field];
    return typeof name === 'string' ? [[field, undrilled(name)] as const] : [];
  });
  return { ...input, ...Object.fromEntries(known) };
}

/** What Slack shows: the engine's views, and the postmortem while people write it. */
function slackViews(views: Views, sql: Sql, enrolment: Enrolment): IncidentViews {
  return {
    ...views,
    findIncident: async (reference) => exactly(reference, await views.findIncident(undrilled(reference))),
    findCampaign: async (reference) => exactly(reference, await views.findCampaign(undrilled(reference))),
    async postmortem(id) {
      const row = await loadIncident(sql, id);
      if (row === undefined) return undefined;
      const state = stateOf(id as IncidentId, row); // an id from the record
      return postmortemViewOf(state, await readTimeline(sql, id), { enrolment, catalogue: ACTIONS });
    },
  };
}

/** What the name stands for, unless it calls a real incident a drill: then it is the name of none. */
function exactly<Found extends { readonly exercise: boolean }>(
  reference: string,
  found: Found | undefined,
): Found | undefined {
  return found?.exercise === false && undrilled(reference) !== reference ? undefined : found;
}

/** The tokens of Slack; throws `cordon_slack_bad_installations`. Slack's own code is loaded only where it is used. */
export async function slackWorkspaces({ tokens }: SlackConfig): Promise<Workspaces> {
  const { oneWorkspace, readInstallations } = await import('../slack/workspaces.ts');
  return tokens.kind === 'one' ? oneWorkspace(tokens.botToken) : readInstallations(tokens.file);
}

/** How incidents' channels are to be, from the enrolment file. */
function slackChannels({ slack }: Enrolment): ChannelSettings {
  return { prefix: slack.channelPrefix, bookmarks: slack.bookmarks };
}

/** Where earlier deliveries went: the outbox has it. */
function slackPlaces(sql: Sql): SlackPlaces {
  return {
    async placeOf(lane) {
      const place = await placeOf(sql, lane);
      if (place === undefined) return undefined;
      const { channel, shared, cardTs } = place;
      return cardTs === null ? { channel, shared } : { channel, shared, cardTs };
    },
    async messageOf(incident, kind, subject) {
      const key = kind === 'question' ? 'invocation' : 'attempt';
      const result = await deliveredMessage(sql, incident, kind, key, subject);
      if (typeof result?.channel !== 'string' || typeof result.ts !== 'string') return undefined;
      return { channel: result.channel, ts: result.ts };
    },
  };
}

/** Requests from Slack that were seen, durably: a restart is no way around it. */
export function slackSeen(sql: Sql, clock: Clock): SlackSeen {
  return {
    claim: (key, ttlMs) => {
      const now = clock.now();
      return rememberNonce(sql, SENDER, key, new Date(now.getTime() + ttlMs), now);
    },
    forget: (key) => forgetNonce(sql, SENDER, key),
  };
}

// No sender of the webhook can have it: their names begin with a letter or a digit.
const SENDER = '-slack';

// Those who act on an incident, and those who must know of it as it goes.
const INVITED: readonly ResponderRole[] = ['commander', 'responder', 'approver', 'scribe', 'communications'];

/** Who is who, from the enrolment file. */
function slackPeople(enrolment: Enrolment): SlackPeople {
  return {
    onCall: () => enrolment.escalation,
    responderOf: (slackUserId) => responderBySlack(enrolment, slackUserId)?.id,
    stakeholders: () => enrolment.stakeholders,
    slackIdOf: (responder) => responderById(enrolment, responder)?.slack,
    invitees: ({ suspects }) =>
      enrolment.responders.flatMap(({ id, slack, roles }) =>
        slack !== undefined &&
        suspects?.some(({ responder }) => responder === id) !== true &&
        roles.some((role) => INVITED.includes(role))
          ? [slack]
          : [],
      ),
  };
}
