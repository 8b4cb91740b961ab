import { reviewDueAt } from '../postmortem/due.ts';
import type { Draft } from './draft.ts';
import { addDuty, postmortemPlan } from './duty.ts';
import { POSTMORTEM_DUTY } from './duty-state.ts';
import { lastVerdict } from './notification.ts';

/**
 * The closing gate: an incident of high severity is closed for people only when its postmortem is reviewed, or
 * when a named person waived that with a reason. Its response is over before that, and its functions are free for the
 * next incident: a gate that kept them would let an alert join what nobody responds to any more. Exercises have a
 * report of their own, and a false alarm is judged by whoever answered triage.
 */
export function openReviewGate(draft: Draft): boolean {
  const { severity, exercise } = draft.record;
  const { reviewSeverity } = draft.env.enrolment.postmortem;
  const verdict = lastVerdict(draft);
  if (exercise || severity > reviewSeverity) return false;
  if (verdict === 'false_positive' || verdict === 'benign') return false;
  const dueAt = reviewDueAt(severity, draft.env.now).toISOString();
  addDuty(draft, {
    id: POSTMORTEM_DUTY,
    kind: 'postmortem',
    text: 'The postmortem is reviewed',
    why: `an incident of severity ${severity} is closed once it is reviewed, or waived by a named person`,
    owner: null,
    startedAt: draft.at,
    dueAt,
    plan: postmortemPlan(draft.at, dueAt),
  });
  return true;
}
