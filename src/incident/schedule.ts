import { takeAttempt } from './attempt.ts';
import type { Draft } from './draft.ts';
import { isHeldBack, noteHeldBack } from './held-back.ts';
import type { AttemptRow } from './state.ts';
import { isFinal } from './state.ts';

/**
 * Gives every attempt that may start now, and whose lane this process performs directly, to this
 * process's worker. The rest stays unowned: the caller wakes other processes for it.
 */
export function schedule(draft: Draft): void {
  const { worker, directLanes } = draft.env;
  if (worker === null || draft.status !== 'open') return;
  for (const attempt of [...draft.attempts.values()]) {
    const current = draft.attempts.get(attempt.id) ?? attempt;
    if (directLanes.has(current.lane) && isStartable(draft, current)) takeAttempt(draft, current, worker);
    else noteHeldBack(draft, current);
  }
}

/** True when nobody is at the attempt, its time has come, and nothing it must follow is unfinished. */
export function isStartable(draft: Draft, attempt: AttemptRow): boolean {
  if (attempt.owner !== null || isFinal(attempt.state) || attempt.state === 'awaiting') return false;
  if (attempt.notBefore !== null && Date.parse(attempt.notBefore) > draft.env.now.getTime()) return false;
  if (isHeldBack(draft, attempt)) return false;
  if (attempt.reverses === null) return true;
  // A release undoes in inverse order, and never while the write it takes back may still be on its way.
  const reversed = draft.attempts.get(attempt.reverses);
  if (reversed !== undefined && !isFinal(reversed.state)) return false;
  return [...draft.attempts.values()].every(
    (other) =>
      other.invocation !== attempt.invocation || other.ordinal >= attempt.ordinal || isFinal(other.state),
  );
}
