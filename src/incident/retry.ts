import type { FailureClass } from '../action/failure.ts';
import type { AttemptRow } from './state.ts';

/** Whether a failed attempt is made again, and when. */
export type RetryDecision = { readonly kind: 'retry'; readonly afterMs: number } | { readonly kind: 'stop' };

const BASE_MS = 200;
const CAP_MS = 10_000;

// Containing and restoring are worth minutes of trying (12 tries are about a minute of back-off); a
// read that fails for long is stated as a gap instead.
const MAX_TRIES: Readonly<Record<AttemptRow['effect'], number>> = {
  contain: 12,
  restore: 12,
  read: 5,
  step: 5,
};

/**
 * Full-jitter back-off (AWS Architecture Blog, "Exponential Backoff and Jitter"); `random` is in
 * [0, 1). An unknown outcome of a read counts as retryable: reading twice does no harm.
 */
export function decideRetry(failure: {
  readonly tries: number;
  readonly effect: AttemptRow['effect'];
  readonly classification: FailureClass;
  readonly retryAfterMs: number | null;
  readonly random: number;
}): RetryDecision {
  if (failure.classification === 'terminal' || failure.tries + 1 >= MAX_TRIES[failure.effect])
    return { kind: 'stop' };
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** failure.tries);
  const jittered = Math.floor(ceiling * failure.random);
  return { kind: 'retry', afterMs: Math.max(jittered, failure.retryAfterMs ?? 0, 1) };
}
