import type { Operation, RateFamily } from './operations.ts';
import type { Priority } from './turns.ts';

/**
 * What stands between a decision and the wire. The engine builds one guard per attempt: it knows the
 * attempt's lease and its priority in the rate budget; this folder knows the call.
 */

/** One call that is about to be made. */
export interface RatedCall {
  readonly family: RateFamily;
  readonly account: string;
  /** `global` for IAM, whose buckets are one per account. */
  readonly region: string;
  readonly operation: Operation;
}

export interface CallGuard {
  /**
   * Called synchronously right before the request goes to the socket, for every try, and once more when a new
   * connection stands. Throws an `AwsError` with `cordon_lease_lost` when the attempt is no longer ours: a late call is
   * worse than none.
   */
  beforeSend(): void;
  /** Resolves when the rate budget has room for the call; called before every try. */
  take(call: RatedCall): Promise<void>;
  /** Aborts the request in flight when the lease is lost. */
  readonly signal?: AbortSignal;
  /** How urgent the calls are; lists are shared among equals only, so that nobody urgent waits for a slow one. */
  readonly priority?: Priority;
}
