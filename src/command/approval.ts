import { z } from 'zod';
import type { AttemptId } from '../id.ts';
import { settleApproval, settledInWords } from '../incident/approval.ts';
import { wordToApprove } from '../incident/confirmation.ts';
import type { Draft } from '../incident/draft.ts';
import { validApprovals } from '../incident/gate-request.ts';
import type { AttemptRow } from '../incident/state.ts';
import type { CommandResult, Person } from './command.ts';
import { defineCommand, done, refused } from './command.ts';

const subject = { approvalId: z.string(), digest: z.string() };

/** Approves exactly the plan whose digest the person was shown; in production only with the function's name typed. */
export const approve = defineCommand({
  id: 'approve',
  title: 'Approve a plan',
  input: z.strictObject({ ...subject, confirm: z.string().max(300).optional() }),
  decide: (draft, input, person) =>
    onAwaiting(draft, input, person, (attempt) => {
      if (attempt.requestedBy === person.id) {
        return refused(
          'cordon_approval_own_request',
          'you asked for this yourself; somebody else must approve it',
        );
      }
      if (
        attempt.approvals.some(
          (given) => given.responder === person.id && given.digest === attempt.planDigest,
        )
      ) {
        return refused('cordon_approval_twice', 'you have approved this already; it needs another person');
      }
      const word = wordToApprove(attempt);
      if (word !== null && input.confirm?.trim() !== word) {
        return refused(
          'cordon_approval_unconfirmed',
          `this is production: expected the function’s name to be typed, ${word}${input.confirm === undefined ? '' : '; found another word'}`,
        );
      }
      settleApproval(draft, attempt, { kind: 'approve', responder: person.id, via: person.via, reason: '' });
      const left = draft.attempts.get(attempt.id);
      return left?.state === 'awaiting' && left.ask !== null
        ? done(
            `approved ${attempt.action}; ${validApprovals(draft, left).length} of ${left.ask.quorum} so far`,
          )
        : done(`approved ${attempt.action}; it runs now`);
    }),
});

/** Denies a plan; the playbook goes on without it. */
export const deny = defineCommand({
  id: 'deny',
  title: 'Deny a plan',
  input: z.strictObject({ ...subject, reason: z.string().min(1).max(2000) }),
  decide: (draft, input, person) =>
    onAwaiting(draft, input, person, (attempt) => {
      settleApproval(draft, attempt, {
        kind: 'deny',
        responder: person.id,
        via: person.via,
        reason: input.reason,
      });
      return done(`denied ${attempt.action}`);
    }),
});

function onAwaiting(
  draft: Draft,
  input: { readonly approvalId: string; readonly digest: string },
  _person: Person,
  decide: (attempt: AttemptRow) => CommandResult,
): CommandResult {
  const attempt = draft.attempts.get(input.approvalId as AttemptId); // looked up, not trusted
  if (attempt === undefined || attempt.planDigest === null) {
    return refused(
      'cordon_approval_not_found',
      'expected an approval of this incident; there is none of that id',
    );
  }
  if (attempt.state !== 'awaiting') {
    return refused('cordon_approval_settled', settledInWords(attempt));
  }
  if (attempt.planDigest !== input.digest) {
    return refused(
      'cordon_approval_plan_changed',
      'the plan has changed since you were shown it, and the new one is asked about anew; look at that one and decide again',
    );
  }
  return decide(attempt);
}
