import { CodedError } from '../error.ts';

/** What may go wrong when the ways in are set up; refusals of requests are values, not errors. */
export type IntakeErrorCode =
  | 'cordon_intake_bad_sender_name'
  | 'cordon_intake_weak_secret'
  | 'cordon_intake_shared_secret'
  | 'cordon_intake_listen_failed';

export class IntakeError extends CodedError<IntakeErrorCode> {}

/** Why a request or a message is turned away at the door, beside the codes in `src/alert/signature.ts`. */
export type IntakeRefusalCode =
  | 'cordon_intake_unknown_sender'
  | 'cordon_intake_too_large'
  | 'cordon_intake_incomplete'
  | 'cordon_intake_content_type'
  | 'cordon_intake_replayed'
  | 'cordon_intake_busy'
  | 'cordon_intake_stopping'
  | 'cordon_intake_unavailable'
  | 'cordon_intake_not_found'
  | 'cordon_intake_poisoned';
