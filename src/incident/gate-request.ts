import type { Target } from '../action/ports.ts';
import { stopsSiblings } from '../action/quarantine-ways.ts';
import { rungOf } from '../action/rung.ts';
import { accountFor, explainMode, isExcluded, responderRoles } from '../enrolment/enrolment.ts';
import type { GuardrailRequest, Principal } from '../guardrail/decision.ts';
import type { Draft } from './draft.ts';
import { isOfRelease } from './release-step.ts';
import type { AttemptApproval, AttemptRow } from './state.ts';
import { isSuspect } from './suspect.ts';

/** What the gate is asked about one attempt, with `approvals` valid approvals of its plan. */
export function attemptRequest(draft: Draft, attempt: AttemptRow, approvals: number): GuardrailRequest {
  // Revoking sessions is a step of release: whoever may open the door may lock out who came through it before.
  const releases = isOfRelease(attempt);
  return {
    principal: { kind: 'playbook', id: draft.record.playbook },
    action: releases ? 'containment.release' : attempt.action,
    effect: releases ? 'restore' : attempt.effect === 'step' ? 'read' : attempt.effect,
    resource: resourceOf(draft, attempt.target, attempt.object === null ? [] : [attempt.object.arn]),
    context: {
      ...contextOf(draft, attempt.target, approvals),
      // Who asked to undo one action decided that, whatever the playbook was answered.
      humanDecision: decidedByPerson(draft) || (releases && attempt.requestedBy !== null),
      // Only a quarantine conditioned on one function is known to leave its siblings alone.
      wholeRole: attempt.input.mode !== 'function' || stopsSiblings(attempt.input.way),
      rung: rungOfAttempt(draft, attempt),
      overBudget: attempt.budgetSpent !== undefined,
    },
  };
}

function rungOfAttempt(draft: Draft, attempt: AttemptRow): string {
  const action = draft.env.catalogue.get(attempt.action);
  return attempt.effect === 'contain' && action?.effect === 'contain' ? rungOf(action) : '';
}

/** What the gate is asked about one human command on this incident, or on `about`, a target of its own. */
export function commandRequest(
  draft: Draft,
  command: string,
  principal: Principal,
  about: Target | null = null,
): GuardrailRequest {
  const target = about ?? draft.record.targets[0] ?? null;
  const resource = resourceOf(draft, target);
  return {
    principal,
    action: command,
    effect: 'command',
    // A command about one target is judged by that target: is it enrolled, is it excluded?
    resource: about === null ? { ...resource, id: draft.id } : resource,
    context: contextOf(draft, target, 0),
  };
}

/** What the gate is asked about a human command that is about no incident. */
export function engineRequest(command: string, principal: Principal): GuardrailRequest {
  return {
    principal,
    action: command,
    effect: 'command',
    resource: {
      id: 'engine',
      account: '',
      region: '',
      tier: '',
      tags: {},
      enrolled: false,
      excluded: false,
      sharedWith: 0,
    },
    context: {
      mode: 'observe',
      severity: 0,
      confidence: 0,
      exercise: false,
      sample: false,
      approvals: 0,
      humanDecision: true,
    },
  };
}

/**
 * The approvals that count now: of exactly this plan, one per person, not by the one who asked, and
 * by people who still have a role. Roles are looked up here, when it is counted, not when it was given.
 */
export function validApprovals(draft: Draft, attempt: AttemptRow): readonly AttemptApproval[] {
  const seen = new Set<string>();
  return attempt.approvals.filter((approval) => {
    if (approval.digest !== attempt.planDigest || approval.responder === attempt.requestedBy) return false;
    if (seen.has(approval.responder)) return false;
    if (isSuspect(draft.record, approval.responder)) return false;
    const roles = responderRoles(draft.env.enrolment, approval.responder);
    const counts = roles.includes('approver') || roles.includes('commander');
    if (counts) seen.add(approval.responder);
    return counts;
  });
}

/** `touched`: what the attempt itself changes, which may be excluded although the function is not. */
function resourceOf(
  draft: Draft,
  target: Target | null,
  touched: readonly string[] = [],
): GuardrailRequest['resource'] {
  const account = target?.account ?? draft.record.account;
  const region = target?.region ?? draft.record.region;
  const { enrolment } = draft.env;
  return {
    id: target?.functionArn ?? draft.id,
    account,
    region,
    tier: target?.tier ?? 'unknown',
    tags: target?.tags ?? {},
    enrolled: accountFor(enrolment, account, region) !== undefined,
    excluded: target !== null && isExcluded(enrolment, [target.functionArn, ...target.roles, ...touched]),
    sharedWith: target === null ? 0 : (draft.record.sharedWith[target.functionArn] ?? -1),
  };
}

/** What the engine may do by itself to this target in this incident, and why; observe where there is no target. */
export function modeOf(draft: Draft, target: Target | null) {
  const { mode, because } =
    target === null
      ? { mode: 'observe' as const, because: [] }
      : explainMode(draft.env.enrolment, target, draft.record.playbook);
  return { mode, because: because.map((each) => ({ ...each })) };
}

function contextOf(draft: Draft, target: Target | null, approvals: number): GuardrailRequest['context'] {
  return {
    mode: modeOf(draft, target).mode,
    severity: draft.record.alert.severity,
    confidence: draft.record.alert.confidence,
    exercise: draft.record.exercise,
    sample: draft.record.alert.sample,
    approvals,
    humanDecision: decidedByPerson(draft),
  };
}

/** True once a person answered the playbook or asked for release: a playbook never releases by itself. */
function decidedByPerson(draft: Draft): boolean {
  return (
    draft.record.releaseRequestedBy !== null ||
    [...draft.invocations.values()].some((invocation) => invocation.answeredBy !== null)
  );
}
