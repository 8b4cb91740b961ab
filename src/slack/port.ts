import type { EvidenceListed } from '../incident/evidence-listed.ts';
import type { JsonObject } from '../json.ts';
import type { SlackCampaign, SlackScope } from './view/campaign.ts';
import type { IncidentSummary, IncidentView } from './view/incident.ts';
import type { PostmortemView, StakeholderView } from './view/owed.ts';

/**
 * What the Slack side needs from the engine, and what it gives back. The engine implements `IncidentViews`,
 * `SlackCommands`, `SlackPlaces` and (durably) `SlackSeen`; it calls `deliver` with its outbox rows, one at a
 * time and in order per incident, and stores the outcome in the commit that finishes the row.
 * Instants are ISO 8601 strings in UTC.
 */

export interface IncidentViews {
  incidentView(incidentId: string): Promise<IncidentView | undefined>;
  /** The incident that a person means by `12`, `INC-12` or its id. */
  findIncident(reference: string): Promise<IncidentView | undefined>;
  /** The incident whose channel this is. */
  incidentOfChannel(channel: string): Promise<IncidentView | undefined>;
  /** The incident that an approval belongs to. */
  incidentOfApproval(approvalId: string): Promise<IncidentView | undefined>;
  /** The postmortem of an incident as it is saved. */
  postmortem(incidentId: string): Promise<PostmortemView | undefined>;
  /** Open and halted incidents and those in review, newest first. */
  openIncidents(): Promise<readonly IncidentSummary[]>;
  /** What an incident's timeline says of its evidence, oldest first. */
  evidenceOf(incidentId: string): Promise<readonly EvidenceListed[]>;
  /** The campaign meant by `CMP-3`, or that of an incident. */
  findCampaign(reference: string): Promise<SlackCampaign | undefined>;
  scopeOf(incidentId: string): Promise<SlackScope | undefined>;
  campaignOfChannel(channel: string): Promise<SlackCampaign | undefined>;
  /** Campaigns of several incidents that are not all closed. */
  openCampaigns(): Promise<readonly SlackCampaign[]>;
}

/** A human act on an incident: a command of `src/command`, whose own schema checks the input. */
export interface SlackCommand {
  readonly command: string;
  /** Without an incident it is an act on a campaign. */
  readonly input: { readonly incidentId?: string } & JsonObject;
}

export type SlackCommandResult =
  | { readonly kind: 'done'; readonly summary: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

export interface SlackCommands {
  /**
   * Runs one human act. The same `idempotencyKey` again has no second effect and gets the first result:
   * Slack delivers at least once. Roles and guardrails are checked here, not by the Slack side.
   */
  execute(
    request: SlackCommand & {
      readonly actor: { readonly kind: 'responder'; readonly slackUserId: string };
      readonly idempotencyKey: string;
    },
  ): Promise<SlackCommandResult>;
  /** Opens an incident because a person says so; the summary names it. */
  declare(request: {
    readonly slackUserId: string;
    readonly functionArn: string;
    /** 1 critical, 2 high, 3 medium. */
    readonly severity: number;
    readonly reason: string;
    readonly idempotencyKey: string;
  }): Promise<SlackCommandResult>;
}

/** Where earlier deliveries went. */
export interface SlackPlaces {
  /** The channel of a lane; `shared`: it speaks about several incidents. */
  placeOf(
    lane: string,
  ): Promise<{ readonly channel: string; readonly cardTs?: string; readonly shared?: boolean } | undefined>;
  /** The message about one question or approval (`subject` is its id), when it was sent. */
  messageOf(
    incidentId: string,
    kind: 'question' | 'approval',
    subject: string,
  ): Promise<{ readonly channel: string; readonly ts: string } | undefined>;
}

/** An exercise for people that this process runs. */
export interface RunningDrill {
  readonly scenario: string;
  readonly title: string;
  /** Slack user id of whoever started it. */
  readonly by: string;
  readonly startedAt: string;
  /** Channels of its incidents; none before its first alert. */
  readonly channels: readonly string[];
}

/**
 * Exercises for people: each has an engine, a record and a simulated account of its own in this process, and answers only
 * what names it. One runs at a time.
 */
export interface SlackDrills {
  /** What can be started. */
  scenarios(): Promise<
    readonly { readonly id: string; readonly title: string; readonly difficulty: string }[]
  >;
  /** Starts one. `onFailed` is told when it could not be built or broke off, after it was taken. Never rejects. */
  start(request: {
    readonly scenario: string;
    readonly slackUserId: string;
    readonly idempotencyKey: string;
    readonly onFailed: (why: string) => Promise<void>;
  }): Promise<SlackCommandResult>;
  /** Ends the running one at once; with `incidentId`, only the one that it belongs to. Never rejects. */
  stop(request: { readonly slackUserId: string; readonly incidentId?: string }): Promise<SlackCommandResult>;
  running(): RunningDrill | undefined;
  /** True for the channel of the running one. */
  holds(channel: string): boolean;
}

/** Who is who. A responder's id is the engine's own; Slack knows people by user id. */
export interface SlackPeople {
  /** The Slack user id of a responder, to mention them; `undefined` shows the id as it is. */
  slackIdOf(responder: string): string | undefined;
  /** Who may be told of an incident, in which channels. */
  stakeholders(): readonly StakeholderView[];
  /** The responder with this Slack user id, compared exactly. */
  responderOf(slackUserId: string): string | undefined;
  /** Slack user ids of those who are to be in the channel of an incident, by role and ownership. */
  invitees(incident: IncidentView): readonly string[];
  /** Whom an escalation calls, tier by tier, by responder id; and when. */
  onCall(): {
    readonly tiers: readonly (readonly string[])[];
    readonly afterMinutes: number;
    readonly severity: number;
  };
}

/** Keys of requests that were seen, so that a captured request cannot be played again. */
export interface SlackSeen {
  /** True when the key is new; it is then kept for `ttlMs`. */
  claim(key: string, ttlMs: number): Promise<boolean>;
  /** Forgets a key whose work failed, so that a repeat of it is taken. */
  forget(key: string): Promise<void>;
}

/**
 * What was said in an incident's channel, as JSON, to be kept as evidence. Resolves once it is sealed, with `null` when
 * retention has removed the evidence of the incident: nothing is added to it then.
 */
export type KeepTranscript = (
  incidentId: string,
  transcript: { readonly channel: string; readonly content: string; readonly messages: number },
) => Promise<{ readonly sha256: string } | null>;

/** Has a delivery look who is in the channel of an incident, and take out those who must not be. */
export type KeepOut = (incidentId: string) => Promise<void>;
