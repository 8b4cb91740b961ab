import { quarantineRole } from '../action/iam-quarantine-role.ts';
import { renewEnvironments } from '../action/lambda-renew-environments.ts';
import { reserveZeroConcurrency } from '../action/lambda-reserve-zero-concurrency.ts';
import { releasePlace } from '../action/release-order.ts';
import type { Draft } from './draft.ts';
import type { AttemptRow } from './state.ts';

/**
 * How long a deny that was taken away may go on biting, and how long Lambda may take to replace environments: about 4 s
 * and 2 s were measured (reference, 0.8). A function that is called before is called in vain.
 */
const SPREADS_MS = 10_000;

/** From here on a release lets the function run. */
export const RUNS = releasePlace(reserveZeroConcurrency.id);

/**
 * After a step of a release that takes time to bite: what lets the function run waits until it does. The steps of a
 * release go one after the other, so the first of them waits for all.
 */
export function waitForBite(draft: Draft, done: AttemptRow): void {
  const denial = done.effect === 'restore' && releasePlace(done.action) === releasePlace(quarantineRole.id);
  if (!denial && done.action !== renewEnvironments.id) return;
  const [next] = [...draft.attempts.values()]
    .filter(
      (attempt) =>
        attempt.invocation === done.invocation &&
        attempt.state === 'planned' &&
        attempt.ordinal > done.ordinal &&
        (releasePlace(attempt.action) >= RUNS || attempt.action === renewEnvironments.id),
    )
    .sort((left, right) => left.ordinal - right.ordinal);
  if (next !== undefined) postpone(draft, next, new Date(draft.env.now.getTime() + SPREADS_MS).toISOString());
}

/** Puts an attempt that begins no earlier than `dueAt`. */
export function postpone(draft: Draft, attempt: AttemptRow, dueAt: string): void {
  const later = attempt.notBefore !== null && attempt.notBefore > dueAt ? attempt.notBefore : dueAt;
  draft.disarm((timer) => timer.kind === 'retry' && timer.attempt === attempt.id);
  draft.putAttempt({ ...attempt, notBefore: later });
  draft.arm({
    kind: 'retry',
    chart: attempt.chart,
    name: attempt.id,
    event: '',
    attempt: attempt.id,
    dueAt: later,
  });
}
