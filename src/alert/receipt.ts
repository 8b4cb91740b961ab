/** How an alert came in. */
export type AlertVia = 'webhook' | 'sqs' | 'cli' | 'slack';

/** One submission as it arrived: its bytes, who sent them, and when the last byte was there. */
export interface AlertSubmission {
  readonly bytes: Uint8Array;
  readonly via: AlertVia;
  /** Identity of the sender: the webhook sender's name, the queue's name, the CLI user. */
  readonly source: string;
  readonly receivedAt: Date;
}

/** What became of one alert of a submission. */
export type AlertOutcome =
  /** It opened an incident. */
  | { readonly kind: 'opened'; readonly incidentId: string }
  /** News about a finding, or about a function, that an open incident has already. */
  | { readonly kind: 'joined'; readonly incidentId: string }
  /** The very same finding and revision again. */
  | { readonly kind: 'duplicate'; readonly incidentId: string }
  /** It opened an incident that is linked to another one. */
  | { readonly kind: 'linked'; readonly incidentId: string }
  /** Not acted on; the refusal is in the system timeline. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** One outcome per alert of the submission, then one per document that gave none; never empty. */
export type AlertReceipt = readonly AlertOutcome[];
