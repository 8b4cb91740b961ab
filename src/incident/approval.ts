import type { FallbackRung } from '../action/rung.ts';
import { rungOnExpiry } from '../guardrail/on-expiry.ts';
import type { Via } from '../timeline/entry.ts';
import { decide, finish, settleCard } from './attempt.ts';
import type { Draft } from './draft.ts';
import { fallbackOf } from './fallback.ts';
import { newAttempt } from './new-attempt.ts';
import type { AttemptRow } from './state.ts';

/** Counts a new approval, or a denial, of an awaiting attempt's plan. The caller has checked who it is. */
export function settleApproval(
  draft: Draft,
  attempt: AttemptRow,
  verdict: {
    readonly kind: 'approve' | 'deny';
    readonly responder: string;
    readonly via: Via;
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
      {
        ...attempt,
        deniedBy: verdict.responder,
        error: { code: 'cordon_attempt_denied', message: verdict.reason },
      },
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
  else settleCard(draft, approved);
}

/** What became of a plan that no longer waits, in words for who comes late. */
export function settledInWords(attempt: AttemptRow): string {
  const at = attempt.finishedAt ?? '';
  switch (attempt.state) {
    case 'denied':
      return `already denied by ${attempt.deniedBy ?? 'somebody'} at ${at}: ${attempt.error?.message ?? ''}`;
    case 'expired':
      return `expired at ${at}: ${attempt.error?.message ?? 'nobody decided in time'}`;
    case 'cancelled':
      return `withdrawn at ${at}: the playbook went on without it`;
    default: {
      const given = attempt.approvals.filter(({ digest }) => digest === attempt.planDigest);
      const last = given.at(-1);
      return last === undefined
        ? `it needs no approval any more; ${attempt.action} is ${attempt.state}`
        : `already approved by ${given.map(({ responder }) => responder).join(' and ')} at ${last.at}; ${attempt.action} is ${attempt.state}`;
    }
  }
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
  const rung = rungOnExpiry(onExpiry);
  if (onExpiry === 'run') resume(draft, { ...attempt, silenceAllows: attempt.planDigest });
  else if (rung === null) expire(draft, attempt, 'cordon_attempt_expired', 'nobody approved in time');
  else fallBack(draft, attempt, rung);
}

/** Takes the lower rung that the policy names; where that cannot be, silence refuses, and says why. */
function fallBack(draft: Draft, attempt: AttemptRow, rung: FallbackRung): void {
  const fallback = fallbackOf(draft, attempt, rung);
  if (fallback.kind === 'impossible') {
    const { reason } = fallback;
    draft.log(
      'approval.fell-back',
      { kind: 'engine' },
      `Nobody decided on ${attempt.action} in time, and ${reason}: a person must decide`,
      { attempt: attempt.id, rung, instead: [], reason },
    );
    expire(
      draft,
      attempt,
      'cordon_attempt_expired',
      `nobody approved in time, and ${reason}: a person must decide`,
    );
    return;
  }
  const planned = fallback.kind === 'attempts' ? fallback.attempts : [];
  draft.log(
    'approval.fell-back',
    { kind: 'engine' },
    planned.length === 0
      ? `Nobody decided on ${attempt.action} in time; ${rung} was taken already`
      : `Nobody decided on ${attempt.action} in time; ${rung} is taken instead`,
    { attempt: attempt.id, rung, instead: planned.map(({ action }) => action) },
  );
  const invocation = draft.invocations.get(attempt.invocation);
  if (invocation === undefined) throw new TypeError(`attempt ${attempt.id} is of no invocation`);
  for (const instead of planned) {
    draft.putAttempt(
      newAttempt(draft, invocation, {
        ...instead,
        effect: 'contain',
        lane: 'contain',
        fallbackOf: attempt.id,
      }),
    );
  }
  expire(draft, attempt, 'cordon_attempt_fell_back', `nobody approved in time; ${rung} was taken instead`);
}

function expire(
  draft: Draft,
  attempt: AttemptRow,
  code: 'cordon_attempt_expired' | 'cordon_attempt_fell_back',
  message: string,
): void {
  finish(draft, { ...attempt, error: { code, message } }, 'expired');
}

/** Lets go on what waited for approvals and needs none any more; returns how many did. */
export function resumeAnswered(draft: Draft): number {
  const answered = [...draft.attempts.values()].filter(
    (attempt) => attempt.state === 'awaiting' && decide(draft, attempt).kind === 'run',
  );
  for (const attempt of answered) resume(draft, attempt);
  return answered.length;
}

/** Reads the object again before it runs: an approval is of one plan, and the world may have moved on. */
function resume(draft: Draft, attempt: AttemptRow): void {
  draft.disarm((timer) => timer.attempt === attempt.id);
  draft.putAttempt({ ...attempt, state: 'planned', ask: null });
  settleCard(draft, attempt);
}
