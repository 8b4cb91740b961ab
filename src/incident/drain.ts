import type { Look } from '../action/containment-watch.ts';
import { reserveZeroConcurrency } from '../action/lambda-reserve-zero-concurrency.ts';
import { scaleInstancesToZero } from '../action/lambda-scale-instances-to-zero.ts';
import type { Target } from '../action/ports.ts';
import type { Draft } from './draft.ts';
import { containingHolds } from './hold.ts';
import { longestInvocationMs } from './release.ts';
import type { Drain, Watch } from './watch-state.ts';

// A minute's figure is published a minute or two after it: only then is a missing one a zero.
const PUBLISHED_AFTER_MS = 4 * 60_000;

/**
 * What runs on after the stop: stopping ends no invocation that has begun (reference, 1.2 step 6). It is over once nothing
 * is counted any more, at the latest when the longest allowed invocation would have ended.
 */
export function drainOf(draft: Draft, target: Target, look: Look, before: Watch): Drain | null {
  const stop = containingHolds(draft, target).find(
    (hold) => hold.action === reserveZeroConcurrency.id || hold.action === scaleInstancesToZero.id,
  );
  if (stop === undefined || stop.acceptedAt === null) return null;
  // Given back and put again: what began in between runs on from there.
  const stoppedAt = stop.putAgainAt ?? stop.acceptedAt;
  if (before.drain?.stoppedAt === stoppedAt && before.drain.overAt !== null) return before.drain;
  const stoppedMs = Date.parse(stoppedAt);
  const latestMs = stoppedMs + longestInvocationMs(draft, target);
  const nowMs = draft.env.now.getTime();
  const counted = look.running === 0 && nowMs - stoppedMs >= PUBLISHED_AFTER_MS;
  const over = counted || nowMs >= latestMs;
  const drain: Drain = {
    stoppedAt,
    latestAt: new Date(latestMs).toISOString(),
    running: look.running,
    overAt: over ? draft.at : null,
  };
  if (over) {
    draft.log(
      'containment.drained',
      { kind: 'engine' },
      counted
        ? `${target.functionName}: no invocation from before the stop runs any more`
        : `${target.functionName}: an invocation from before the stop would have timed out by now`,
      { target: target.functionArn, ...drain },
    );
    draft.post('card', {}, { merge: 'card' });
  }
  return drain;
}
