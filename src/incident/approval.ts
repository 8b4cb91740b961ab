import { decide, finish } from './attempt.ts';
import type { Draft } from './draft.ts';
import type { AttemptRow } from './state.ts';

/** Counts a new approval, or a denial, of an awaiting attempt's plan. The caller has checked who it is. */
export function settleApproval(
  draft: Draft,
  attempt: AttemptRow,
  verdict: {
    readonly kind: 'approve' | 'deny';
    readonly responder: string;
    readonly via: 'slack' | 'cli';
    readonly reason: string;
  },
): void {
  const actor = { kind: 'responder', id: verdict.responder, via: verdict.via } as const;
  if (verdict.kind === 'deny') {
    draft.log('approval.denied', actor, `${verdict.responder} denied ${attempt.action}: ${verdict.reason}`, {
      attempt: attempt.id,
      digest: attempt.planDigest,
    });
    finish(
      draft,
      { ...attempt, error: { code: 'cordon_attempt_denied', message: verdict.reason } },
      'denied',
    );
    return;
  }
  const approved: AttemptRow = {
    ...attempt,
    approvals: [
      ...attempt.approvals,
      { responder: verdict.responder, via: verdict.via, at: draft.at, digest: attempt.planDigest ?? '' },
    ],
  };
  draft.putAttempt(approved);
  draft.log('approval.given', actor, `${verdict.responder} approved ${attempt.action}`, {
    attempt: attempt.id,
    digest: attempt.planDigest,
  });
  draft.post('card', {}, { merge: 'card' });
  if (decide(draft, approved).kind === 'run') resume(draft, approved);
}

/** Nobody decided in time: the policy says what silence means. */
export function expireApproval(draft: Draft, attempt: AttemptRow): void {
  if (attempt.state !== 'awaiting' || attempt.ask === null) return;
  const { onExpiry, policies } = attempt.ask;
  draft.log('approval.expired', { kind: 'engine' }, `No decision on ${attempt.action} in time: ${onExpiry}`, {
    attempt: attempt.id,
    onExpiry,
    policies: [...policies],
  });
  if (onExpiry === 'run') {
    resume(draft, { ...attempt, silenceAllows: attempt.planDigest });
  } else {
    finish(
      draft,
      { ...attempt, error: { code: 'cordon_attempt_expired', message: 'nobody approved in time' } },
      'expired',
    );
  }
}

/** Reads the object again before it runs: an approval is of one plan, and the world may have moved on. */
function resume(draft: Draft, attempt: AttemptRow): void {
  draft.disarm((timer) => timer.attempt === attempt.id);
  draft.putAttempt({ ...attempt, state: 'planned', ask: null });
  draft.post('approval-settled', { attempt: attempt.id });
}
