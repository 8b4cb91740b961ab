import type { Alert } from './alert.ts';

/**
 * What reading a submission can come to. Nothing is thrown: bytes from outside are data, whatever
 * they hold. `rejected` means that the bytes are wrong and sending them again will not help;
 * `unsupported` means that they are well formed but not something to act on, so a person looks.
 */

export const REJECTION_CODES = [
  'cordon_alert_too_large',
  'cordon_alert_malformed_json',
  'cordon_alert_too_nested',
  'cordon_alert_too_deep',
  'cordon_alert_too_many',
  'cordon_alert_wrong_shape',
  'cordon_alert_mismatch',
] as const;

export const UNSUPPORTED_CODES = [
  'cordon_alert_unknown_format',
  'cordon_alert_format_not_read',
  'cordon_alert_unknown_version',
  'cordon_alert_unknown_finding_type',
  'cordon_alert_unsupported_resource',
  'cordon_alert_archived',
  'cordon_alert_subscription_request',
] as const;

export type RejectionCode = (typeof REJECTION_CODES)[number];
export type UnsupportedCode = (typeof UNSUPPORTED_CODES)[number];

/** One document of a submission that gives no alert, and why. The message never repeats the payload. */
export type Unread =
  | { readonly kind: 'rejected'; readonly code: RejectionCode; readonly message: string }
  | { readonly kind: 'unsupported'; readonly code: UnsupportedCode; readonly message: string };

export type AlertReading =
  | {
      readonly kind: 'alerts';
      /** At least one. */
      readonly alerts: readonly Alert[];
      /** Documents of the same batch that gave none: a bad neighbour must not cost a good alert. */
      readonly refused: readonly Unread[];
    }
  | Unread;

/** The bytes are wrong: sending them again will not help. */
export function rejected(code: RejectionCode, message: string): Unread {
  return { kind: 'rejected', code, message };
}

/** Well formed, but nothing that Cordon acts on: a person looks. */
export function unsupported(code: UnsupportedCode, message: string): Unread {
  return { kind: 'unsupported', code, message };
}
