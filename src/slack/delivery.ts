import type { JsonObject } from '../json.ts';

/** What the engine has delivered, and how a delivery ended. */

export const DELIVERY_KINDS = [
  'open-channel',
  'card',
  'furnish',
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
