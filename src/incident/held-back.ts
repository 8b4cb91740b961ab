import { finish } from './attempt.ts';
import type { Draft } from './draft.ts';
import { settleHold } from './hold.ts';
import { standstillInWords } from './pause.ts';
import { isOfRelease } from './release-step.ts';
import type { AttemptRow } from './state.ts';
import { isFinal } from './state.ts';

/**
 * Attempts that a pause holds back. They keep their place: what was not begun stays planned, what was begun looks
 * first when the pause is over, and neither loses a try. Only containment waits; a restore goes on, also of what was
 * held back half way.
 */

/**
 * True when the attempt must not go on to a write now. One whose playbook has moved on may still look, so that a
 * release does not wait for the end of the pause; having `looked`, it may not write either.
 */
export function isHeldBack(
  draft: Draft,
  attempt: AttemptRow,
  seen: { readonly looked?: true } = {},
): boolean {
  if (draft.env.standstill === null || attempt.effect !== 'contain' || isFinal(attempt.state)) return false;
  // A step of release, which goes on: to lock earlier sessions out before the door is opened.
  if (isOfRelease(attempt)) return false;
  return seen.looked === true || attempt.state !== 'unknown' || isWanted(draft, attempt);
}

/** Puts the attempt back to wait, and says so once a pause. */
export function holdBack(draft: Draft, attempt: AttemptRow): void {
  // A call that was not sent may have followed one that was: whoever goes on looks first.
  const begun = attempt.state === 'running' || attempt.state === 'unknown';
  const waiting: AttemptRow = {
    ...attempt,
    state: begun ? 'unknown' : 'planned',
    owner: null,
    notBefore: null,
  };
  draft.putAttempt(waiting);
  noteHeldBack(draft, waiting);
}

/** Says once a pause that an attempt waits for its end; says nothing of one that would wait anyway. */
export function noteHeldBack(draft: Draft, attempt: AttemptRow): void {
  const { standstill } = draft.env;
  if (standstill?.kind !== 'paused' || attempt.heldBackBy === standstill.at) return;
  if (attempt.owner !== null || attempt.state === 'awaiting' || !isHeldBack(draft, attempt)) return;
  draft.putAttempt({ ...attempt, heldBackBy: standstill.at });
  draft.log(
    'attempt.paused',
    { kind: 'engine' },
    `Waits: ${attempt.action} on ${attempt.object?.arn ?? draft.id}; ${standstillInWords(standstill)}`,
    { attempt: attempt.id, action: attempt.action, pausedBy: standstill.by, pausedAt: standstill.at },
  );
  draft.post('card', {}, { merge: 'card' });
}

/**
 * Ends an attempt that was found to have written nothing and that nobody waits for any more; false when somebody
 * does. Without it a release would find an attempt that may yet write.
 */
export function endWithoutWriting(draft: Draft, attempt: AttemptRow): boolean {
  if (isWanted(draft, attempt)) return false;
  if (attempt.hold !== null) settleHold(draft, attempt.hold, 'not-needed');
  draft.log('attempt.cancelled', { kind: 'engine' }, `Cancelled ${attempt.action}: it had written nothing`, {
    attempt: attempt.id,
  });
  finish(draft, attempt, 'cancelled');
  return true;
}

function isWanted(draft: Draft, attempt: AttemptRow): boolean {
  return draft.invocations.get(attempt.invocation)?.status === 'open';
}
