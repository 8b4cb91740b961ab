import { CodedError } from '../error.ts';

export type AwsErrorCode =
  | 'cordon_aws_throttled'
  | 'cordon_aws_access_denied'
  | 'cordon_aws_not_found'
  | 'cordon_aws_conflict'
  | 'cordon_aws_limit_exceeded'
  | 'cordon_aws_invalid_request'
  | 'cordon_aws_unavailable'
  | 'cordon_aws_outcome_unknown'
  | 'cordon_aws_bad_response'
  | 'cordon_lease_lost'
  /** A person has paused all writes, or it cannot be known that nobody has; nothing was sent. */
  | 'cordon_writes_paused'
  /** The prior state cannot be had now, though nothing is wrong with it: something is left to do. */
  | 'cordon_restore_degraded'
  /** The object is of a kind that the action would mishandle; nothing was called. */
  | 'cordon_action_unsupported'
  /** A prepared policy has another document than the template makes; nothing was attached. */
  | 'cordon_prepared_policy_differs'
  /** Events would be lost that could be kept; nothing was called. */
  | 'cordon_preserve_first'
  /** AWS refuses reserved concurrency 0 while provisioned concurrency is there. */
  | 'cordon_provisioned_concurrency'
  /** AWS refuses reserved concurrency for a function on Managed Instances: its scaling is bounded instead. */
  | 'cordon_managed_instances';

/**
 * How a failed call may be followed. `retryable`: it certainly had no effect, try again later.
 * `terminal`: it had no effect and never will. `unknown`: it may have taken effect (the answer was
 * lost); observe before anything else.
 */
export type FailureClass = 'retryable' | 'terminal' | 'unknown';

/** A failed AWS call, classified. The message names the call, never its payload. */
export class AwsError extends CodedError<AwsErrorCode> {
  readonly classification: FailureClass;
  readonly call: string;
  /** How long AWS asked to wait, when it did. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: AwsErrorCode,
    call: string,
    message: string,
    options: { classification: FailureClass; cause?: unknown; retryAfterMs?: number },
  ) {
    super(code, `${call}: ${message}`, { cause: options.cause });
    this.classification = options.classification;
    this.call = call;
    this.retryAfterMs = options.retryAfterMs;
  }
}
