import type { Change } from '../../action/action.ts';
import type { Mode } from '../../guardrail/decision.ts';
import type { ApprovalView } from '../../incident/approval-view.ts';
import type { EvidenceView } from '../../incident/evidence-view.ts';
import type { Impact } from '../../incident/impact.ts';
import type { QuestionView } from '../../incident/incident-view.ts';
import type { DutyView, TaskView, UpdateView } from './owed.ts';

/** What people see of an incident. Instants are ISO 8601 strings in UTC. */

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
  readonly impact: Impact;
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
  /** Id of the action, by which it is undone alone; absent from engines that undo nothing alone. */
  readonly action?: string;
  readonly actionTitle: string;
  readonly objectArn: string;
  readonly state: 'planned' | 'waiting' | 'running' | 'held' | 'released' | 'failed' | 'refused' | 'unknown';
  /** What it breaks now, or why it failed; one sentence. */
  readonly detail: string;
  /** Call by call; absent where nothing is planned yet. */
  readonly changes?: readonly Change[];
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
  /** It is open, and nobody has done anything for an hour or more. */
  readonly stale: boolean;
}
