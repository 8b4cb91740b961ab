import type { Target } from '../action/ports.ts';
import { containmentLimits } from '../enrolment/enrolment.ts';
import type { Draft } from './draft.ts';
import type { AttemptRow, ContainmentClaim } from './state.ts';

/**
 * The budget of automatic containments: so many functions an hour, for everything, for an account and for a tier in
 * it. A detector that goes wrong must not take a company down; beyond the budget people are asked. What a person
 * approved, declared or broke the glass for is not automatic. The count is in the record, shared by all workers.
 */

/** The claim of an attempt that is about to contain by itself; `undefined` where this function's is made already. */
export function claimFor(draft: Draft, attempt: AttemptRow): ContainmentClaim | undefined {
  const { target } = attempt;
  if (target === null) return undefined;
  const claimed = [...draft.attempts.values()].some(
    (other) => other.claim?.functionArn === target.functionArn,
  );
  if (claimed) return undefined;
  return {
    functionArn: target.functionArn,
    account: target.account,
    tier: target.tier,
    exercise: draft.record.exercise,
    at: draft.at,
    limits: { ...containmentLimits(draft.env.enrolment, target) },
  };
}

/** Which budget is spent, for people; `scope` is the database's word for it. */
export function budgetInWords(draft: Draft, target: Target, scope: string): string {
  const limits = containmentLimits(draft.env.enrolment, target);
  const spent = 'automatic containments an hour';
  if (scope === 'tier')
    return `the ${limits.tier} ${spent} in tier ${target.tier} of account ${target.account} are spent`;
  if (scope === 'account') return `the ${limits.account} ${spent} in account ${target.account} are spent`;
  return `the ${limits.all} ${spent} in all are spent`;
}
