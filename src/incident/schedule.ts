import { takeAttempt } from './attempt.ts';
import type { Draft } from './draft.ts';
import { isHeldBack, noteHeldBack } from './held-back.ts';
import type { AttemptRow } from './state.ts';
import { isFinal, ROLLBACK } from './state.ts';

/**
 * Gives every attempt that may start now, and whose lane this process performs directly, to this
 * process's worker. The rest stays unowned: the caller wakes other processes for it.
 */
export function schedule(draft: Draft): void {
  const { worker, directLanes } = draft.env;
  if (worker === null) return;
  for (const attempt of [...draft.attempts.values()]) {
    const current = draft.attempts.get(attempt.id) ?? attempt;
    // A playbook that cannot go on leaves containment in place: what keeps it there goes on.
    if (draft.status === 'halted' && current.upkeep !== true) continue;
    if (directLanes.has(current.lane) && isStartable(draft, current)) takeAttempt(draft, current, worker);
    else noteHeldBack(draft, current);
  }
}

/** True when nobody is at the attempt, its time has come, and nothing it must follow is unfinished. */
export function isStartable(draft: Draft, attempt: AttemptRow): boolean {
  // A closed incident is over but for what it left held.
  if (draft.status === 'closed' && attempt.upkeep !== true) return false;
  if (attempt.owner !== null || isFinal(attempt.state) || attempt.state === 'awaiting') return false;
  if (attempt.notBefore !== null && Date.parse(attempt.notBefore) > draft.env.now.getTime()) return false;
  if (isHeldBack(draft, attempt)) return false;
  // A release is made in order, attempts that revoke and those that restore alike.
  const invocation = draft.invocations.get(attempt.invocation);
  const inOrder = invocation?.src === 'containment.release' || invocation?.src === ROLLBACK;
  if (attempt.reverses === null && !inOrder) return true;
  // A release undoes in inverse order, and never while the write it takes back may still be on its way.
  const writing = [...draft.attempts.values()].some(
    (other) =>
      other.hold !== null &&
      other.hold === attempt.hold &&
      other.effect === 'contain' &&
      other.id !== attempt.id &&
      !isFinal(other.state),
  );
  if (writing) return false;
  return [...draft.attempts.values()].every(
    (other) =>
      other.invocation !== attempt.invocation || other.ordinal >= attempt.ordinal || isFinal(other.state),
  );
}
