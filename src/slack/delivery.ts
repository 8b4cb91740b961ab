import type { JsonObject } from '../json.ts';

/** What the engine has delivered; how it ended is the engine's `DeliveryOutcome`. */

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
