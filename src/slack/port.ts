import type { Change } from '../action/action.ts';
import type { Mode } from '../guardrail/decision.ts';
import type { OnExpiry } from '../guardrail/on-expiry.ts';
import type { EvidenceView } from '../incident/evidence-view.ts';
import type { Json, JsonObject } from '../json.ts';

/**
 * What the Slack side needs from the engine, and what it gives back. The engine implements `IncidentViews`,
 * `SlackCommands`, `SlackPlaces` and (durably) `SlackSeen`; it calls `deliver` with its outbox rows, one at a
 * time and in order per incident, and stores the outcome in the commit that finishes the row.
 * Instants are ISO 8601 strings in UTC.
 */

export type SlackLevel = 'none' | 'accepted' | 'read_back' | 'effective' | 'observed' | 'breached';

/** An incident as people see it, read fresh at the moment of sending, so that a late edit is a true one. */
export interface IncidentView {
  readonly id: string;
  readonly number: number;
  /** Attacker-controlled, as are the names, ARNs and details below. */
  readonly title: string;
  /** `in-review`: the response is over, and the incident is closed once its postmortem is reviewed or waived. */
  readonly status: 'open' | 'in-review' | 'closed' | 'halted';
  /** 1 critical, 2 high, 3 medium, 4 low. */
  readonly severity: number;
  readonly exercise: boolean;
  readonly mode: Mode;
  /** All writes are paused: by whom, why, since when. */
  readonly paused?: { readonly by: string; readonly reason: string; readonly at: string } | null;
  /** What Slack keeps waiting; absent or `null` while it takes everything. */
  readonly slackDelayed?: { readonly waiting: number; readonly since: string } | null;
  readonly openedAt: string;
  readonly containedAt: string | null;
  readonly closedAt: string | null;
  readonly level: SlackLevel;
  /** How hard what is held bites, where it bites least: `isolate`, or one that only limits the function. */
  readonly rung?: string | null;
  /** Who leads: a responder's id, or `null` while nobody does. */
  readonly lead: string | null;
  /** Who plays which part, by responder id. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  /** In the order they were added, done ones included. */
  readonly tasks: readonly TaskView[];
  /** What named people owe by an instant, settled ones included. */
  readonly duties: readonly DutyView[];
  readonly updates: readonly UpdateView[];
  /** Kept out of the channel and of approvals; `principal` is attacker-controlled. */
  readonly suspects?: readonly { readonly responder: string; readonly principal: string }[];
  readonly targets: readonly TargetView[];
  readonly containment: readonly ContainmentView[];
  readonly impact: ImpactView;
  /** What the watch over each contained target has seen; absent from engines that do not watch. */
  readonly watches?: readonly WatchView[];
  /** All questions of the incident, settled ones included. */
  readonly questions: readonly QuestionView[];
  /** All approvals of the incident, settled ones included. */
  readonly approvals: readonly ApprovalView[];
  /** How far the collection of evidence is, and when it is swept again. */
  readonly evidence?: EvidenceView;
  /** The newest timeline entries as sentences, oldest first. */
  readonly lastEntries: readonly string[];
}

export interface TaskView {
  readonly id: string;
  /** A person's own words. */
  readonly text: string;
  readonly owner: string | null;
  readonly dueAt: string | null;
  readonly doneBy: string | null;
  readonly doneAt: string | null;
}

/** Telling somebody in time, the postmortem, an action item of it. */
export interface DutyView {
  /** `gdpr-72h`, `postmortem`, `A1`. */
  readonly id: string;
  readonly kind: 'notification' | 'postmortem' | 'action';
  /** Of an action item a person's own words. */
  readonly text: string;
  readonly owner: string | null;
  readonly dueAt: string;
  readonly settled: { readonly as: string; readonly by: string } | null;
}

/** What stakeholders are told. */
export interface UpdateView {
  readonly id: string;
  readonly template: string;
  readonly to: readonly string[];
  /** A person's own words. */
  readonly text: string;
  readonly by: string;
  readonly state: 'waiting' | 'sent' | 'denied';
  readonly quorum: number;
  readonly expiresAt: string | null;
  readonly approvals: readonly { readonly by: string }[];
}

/** Somebody who is told, and where. */
export interface StakeholderView {
  readonly id: string;
  readonly title: string;
  /** Id of the Slack channel. */
  readonly slack: string;
}

export interface TargetView {
  readonly functionArn: string;
  readonly functionName: string;
  readonly account: string;
  readonly region: string;
  readonly level: SlackLevel;
}

/** What a contained function came to since. Calls and principals are the attacker's own words in part. */
export interface WatchView {
  readonly functionArn: string;
  readonly lookedAt: string | null;
  readonly refused: number;
  readonly throttled: number;
  readonly through: readonly { readonly at: string; readonly call: string; readonly principal: string }[];
  readonly drifts: readonly {
    readonly at: string;
    readonly object: string;
    readonly what: string;
    readonly by: string | null;
    readonly asks: boolean;
  }[];
  readonly drain: {
    readonly latestAt: string;
    readonly running: number | null;
    readonly overAt: string | null;
  } | null;
  readonly unread: readonly string[];
}

export interface ContainmentView {
  readonly actionTitle: string;
  readonly objectArn: string;
  readonly state: 'planned' | 'waiting' | 'running' | 'held' | 'released' | 'failed' | 'refused' | 'unknown';
  /** What it breaks now, or why it failed; one sentence. */
  readonly detail: string;
  /** Call by call; absent where nothing is planned yet. */
  readonly changes?: readonly Change[];
}

/** What containment breaks now; names and ARNs are attacker-controlled. */
export interface ImpactView {
  /** Functions that answer every call with 429. */
  readonly stopped: readonly string[];
  /** Functions that run a few invocations at a time and throttle the rest. */
  readonly capped: readonly string[];
  /** Calls turned away a minute, as last counted; `null` before. */
  readonly throttlesPerMinute: number | null;
  /** Sources whose events wait in them; `certain`: how long they keep them is a limit of the service, not its default. */
  readonly paused: readonly {
    readonly source: string | null;
    readonly since: string;
    readonly keepsUntil: string | null;
    readonly certain: boolean;
  }[];
  /** ARNs of sinks that keep the asynchronous events of what is stopped. */
  readonly keptIn: readonly string[];
  /** Stopped functions whose asynchronous events are lost where a qualifier has no destination of its own. */
  readonly dropping: readonly string[];
  /** Others on the roles of the targets; `null` when nobody could count them. */
  readonly siblings: number | null;
  /** Roles that are denied as a whole. */
  readonly deniedRoles: readonly string[];
  /** A role is denied for this function alone, and could be denied as a whole. */
  readonly canWiden: boolean;
  /** When a source first gives up what it keeps. */
  readonly firstLoss: { readonly at: string; readonly source: string } | null;
}

export interface QuestionView {
  readonly invocationId: string;
  /** Id of the form in `src/playbook/forms.ts`. */
  readonly form: string;
  /** Role or responder that it is asked of. */
  readonly to: string;
  readonly askedAt: string;
  readonly dueAt: string | null;
  readonly status: 'open' | 'answered' | 'withdrawn';
  /** Responder id; so are `given`, `settledBy`, `requestedBy` and `lead`. */
  readonly answeredBy: string | null;
  readonly settledAt: string | null;
  readonly answer: Json;
}

export interface ApprovalView {
  readonly approvalId: string;
  readonly actionTitle: string;
  /** The function that it is about; empty where it is about none. */
  readonly functionArn: string;
  readonly objectArn: string;
  readonly account: string;
  readonly region: string;
  readonly changes: readonly Change[];
  /** Who and what it touches beside that, in sentences. */
  readonly blastRadius: readonly string[];
  readonly reversible: boolean;
  /** What has to be typed to approve it, in production; `null` where a press is enough. */
  readonly confirm: string | null;
  /** Hex SHA-256 of the plan: an approval is of exactly this. */
  readonly digest: string;
  readonly quorum: number;
  readonly given: readonly { readonly by: string; readonly at: string }[];
  readonly policies: readonly string[];
  readonly expiresAt: string;
  readonly onExpiry: OnExpiry;
  readonly requestedBy: string | null;
  readonly status: 'open' | 'approved' | 'denied' | 'expired' | 'withdrawn';
  readonly settledBy: string | null;
  readonly settledAt: string | null;
  readonly reason: string | null;
}

/** Incidents that are led as one. Titles, names and ARNs are attacker-controlled. */
export interface SlackCampaign {
  readonly id: string;
  readonly number: number;
  readonly exercise: boolean;
  /** The incident whose channel it has. */
  readonly anchor: string;
  readonly openedAt: string;
  readonly lead: string | null;
  /** The gravest of those that are open. */
  readonly severity: number;
  readonly members: readonly SlackCampaignMember[];
  readonly shares: readonly string[];
  readonly plans: readonly {
    readonly incident: number;
    readonly approvalId: string;
    readonly digest: string;
    readonly actionTitle: string;
    readonly objectArn: string;
    readonly expiresAt: string;
  }[];
  /** Hex SHA-256 of exactly these plans; `null` when none waits. */
  readonly plansDigest: string | null;
  readonly questions: readonly { readonly incident: number; readonly form: string }[];
}

/** Functions that share something with what was attacked; ARNs are attacker-controlled. */
export interface SlackScope {
  readonly suggestions: readonly {
    readonly functionArn: string;
    readonly functionName: string;
    readonly because: readonly { readonly kind: 'role' | 'principal' | 'caller'; readonly value: string }[];
  }[];
  readonly takenAt: readonly string[];
  readonly stale: boolean;
}

export interface SlackCampaignMember {
  readonly id: string;
  readonly number: number;
  readonly functionNames: readonly string[];
  readonly status: 'open' | 'closed' | 'halted';
  readonly severity: number;
  readonly level: SlackLevel;
  readonly plans: number;
  readonly questions: number;
}

export interface IncidentSummary {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly status: IncidentView['status'];
  readonly severity: number;
  readonly level: SlackLevel;
  readonly lead: string | null;
  /** Everybody who leads, has a role, or owns an open task. */
  readonly involved: readonly string[];
  readonly exercise: boolean;
  readonly openedAt: string;
}

/** A postmortem while people write it. */
export interface PostmortemView {
  readonly sections: readonly {
    readonly name: string;
    /** A person's own words, or the form. */
    readonly text: string;
    readonly version: number;
  }[];
  /** What keeps it from being reviewed. */
  readonly errors: readonly string[];
}

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

/** One item of evidence as the timeline has it; never its content. */
export type EvidenceListed =
  | {
      readonly kind: 'stored';
      readonly name: string;
      readonly sha256: string;
      /** Bytes. */
      readonly size: number;
      readonly at: string;
    }
  | { readonly kind: 'missing'; readonly name: string; readonly reason: string; readonly at: string };

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

export const DELIVERY_KINDS = [
  'open-channel',
  'card',
  'furnish',
  'keep-out',
  'question',
  'question-settled',
  'approval',
  'approval-settled',
  'announce',
  'postmortem',
  'task-due',
  'duty',
  'update',
  'update-asked',
  'transcript',
  'archive',
  'scope',
  'ask-identity',
  'invite',
] as const;

export type DeliveryKind = (typeof DELIVERY_KINDS)[number];

/** One outbox row. `params` by kind: see `delivery-params.ts`. */
export interface SlackDelivery {
  readonly outboxId: string;
  /** The incident that it is about. */
  readonly incidentId: string;
  /** The incident whose channel it goes to: another one's, where incidents are led as one. */
  readonly lane: string;
  /** One of `DELIVERY_KINDS`; any other fails the row, since it came out of a database. */
  readonly kind: string;
  readonly params: JsonObject;
  /** Set on a notice that an outage held up: since when, for all that it stands for. */
  readonly lateSince?: string | null;
  /** When it was to be said. */
  readonly madeAt?: string;
}

export interface DeliveryResult {
  readonly channel: string;
  /** The message; `null` for a channel that was opened. */
  readonly ts: string | null;
  /** What could not be done beside it (a person who could not be invited), for the timeline. */
  readonly notes: readonly string[];
  /** True for a message that this delivery made; absent for an edit. */
  readonly posted?: true;
}

export type DeliveryOutcome =
  | { readonly kind: 'sent'; readonly result: DeliveryResult }
  /** Certainly not posted; try again after `afterMs`. */
  | {
      readonly kind: 'retry';
      readonly afterMs: number;
      readonly code: string;
      /** The time is Slack's own: not sooner, and no sign of an outage. */
      readonly exact?: true;
    }
  /** May be posted: the next try must be told so, and looks before it posts. */
  | { readonly kind: 'unknown'; readonly code: string }
  /** Certainly not posted and never will be. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  /** Nothing left to say: the question was settled before it was asked, say. */
  | { readonly kind: 'skipped'; readonly reason: string };
