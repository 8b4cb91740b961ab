import type { Decision } from '../guardrail/decision.ts';
import type { WorkerId } from '../id.ts';
import type { JsonObject } from '../json.ts';
import { isGlassBrokenFor } from './break-glass.ts';
import { claimFor } from './budget.ts';
import type { Draft } from './draft.ts';
import { attemptRequest, modeOf, validApprovals } from './gate-request.ts';
import { openHold, settleHold } from './hold.ts';
import type { AttemptRow } from './state.ts';
import { isFinal } from './state.ts';

/** Moves of an attempt; `state.ts` says what each state means. Called only under the incident's commit. */

/** Gives a startable attempt to this process's worker; the work itself begins after the commit. */
export function takeAttempt(draft: Draft, attempt: AttemptRow, owner: WorkerId): void {
  const hold = attempt.hold === null ? undefined : draft.holds.get(attempt.hold);
  if (attempt.state === 'planned' && hold?.status === 'closed') {
    // An earlier step of the same release, or another incident's, came to the end of it already.
    finish(draft, attempt, 'succeeded');
    return;
  }
  draft.disarm((timer) => timer.kind === 'retry' && timer.attempt === attempt.id);
  if (attempt.state !== 'planned') {
    draft.putAttempt({ ...attempt, owner, notBefore: null });
    return;
  }
  if (attempt.effect === 'contain' || attempt.effect === 'restore') {
    draft.putAttempt({ ...attempt, state: 'reading', owner, notBefore: null });
    return;
  }
  // Nothing to capture: a read, or a step of the engine's own, starts as soon as the gate lets it.
  applyDecision(draft, attempt, owner, decide(draft, attempt));
}

const PUT_AGAIN_EXPIRES_MS = 4 * 3_600_000;

/** The gate's answer for an attempt as it stands, with the approvals that count at this moment. */
export function decide(draft: Draft, attempt: AttemptRow): Decision {
  const decision = draft.env.gate.decide(
    attemptRequest(draft, attempt, validApprovals(draft, attempt).length),
  );
  if (decision.kind === 'run' && attempt.asksFirst === true && validApprovals(draft, attempt).length === 0) {
    // Three times was enough for a guard: from here on a person decides, and silence leaves things as they are.
    return {
      kind: 'ask',
      quorum: 1,
      expiresMs: PUT_AGAIN_EXPIRES_MS,
      onExpiry: 'refuse',
      policies: decision.policies,
    };
  }
  return decision.kind === 'ask' && whyUnasked(draft, attempt) !== null
    ? { kind: 'run', policies: decision.policies }
    : decision;
}

/** Why a question about the attempt counts as answered although too few approved; `null` when it does not. */
function whyUnasked(draft: Draft, attempt: AttemptRow): 'silence' | 'fallback' | 'break-glass' | null {
  if (attempt.silenceAllows !== null && attempt.silenceAllows === attempt.planDigest) return 'silence';
  if (attempt.fallbackOf !== undefined) return 'fallback';
  return isGlassBrokenFor(draft, attempt) ? 'break-glass' : null;
}

/** True when nobody but the engine decided: what the budget of automatic containments counts. */
function isAutomatic(draft: Draft, attempt: AttemptRow): boolean {
  return (
    attempt.effect === 'contain' &&
    draft.record.declaredBy === undefined &&
    whyUnasked(draft, attempt) === null &&
    validApprovals(draft, attempt).length === 0
  );
}

/**
 * What the gate would have said in mode act, for an attempt that mode observe alone held back: what `cordon
 * observe report` tells. Asked now, with the facts of this moment.
 */
function ifActing(draft: Draft, attempt: AttemptRow): JsonObject {
  if (attempt.effect !== 'contain' || modeOf(draft, attempt.target).mode !== 'observe') return {};
  const request = attemptRequest(draft, attempt, 0);
  const then = draft.env.gate.decide({ ...request, context: { ...request.context, mode: 'act' } });
  return {
    ifActing: {
      decision: then.kind,
      quorum: then.kind === 'ask' ? then.quorum : null,
      policies: [...then.policies],
    },
  };
}

/** Carries out the gate's answer. */
export function applyDecision(
  draft: Draft,
  attempt: AttemptRow,
  owner: WorkerId | null,
  decision: Decision,
  lookFirst = false,
): void {
  const subject = attempt.object?.arn ?? attempt.target?.functionArn ?? draft.id;
  const data = {
    attempt: attempt.id,
    action: attempt.action,
    object: subject,
    decision: decision.kind,
    policies: [...decision.policies],
    digest: attempt.planDigest,
    ...(attempt.budgetSpent === undefined ? {} : { budget: attempt.budgetSpent }),
    ...(attempt.effect === 'contain' ? { mode: modeOf(draft, attempt.target) } : {}),
  };
  switch (decision.kind) {
    case 'run':
      if (attempt.effect === 'contain' || attempt.effect === 'restore') {
        draft.log(
          'attempt.decided',
          { kind: 'engine' },
          `Allowed ${attempt.action} on ${subject} (${decision.policies.join(', ')})${unaskedInWords(draft, attempt)}`,
          { ...data, approvals: validApprovals(draft, attempt).map(({ responder }) => responder) },
        );
      }
      begin(draft, claiming(draft, attempt), owner, lookFirst);
      return;
    case 'refuse':
      draft.log(
        'attempt.refused',
        { kind: 'engine' },
        `Refused ${attempt.action} on ${subject}: ${decision.reason}`,
        { ...data, ...ifActing(draft, attempt) },
      );
      finish(
        draft,
        { ...attempt, error: { code: 'cordon_attempt_refused', message: decision.reason } },
        'refused',
      );
      return;
    case 'ask': {
      const expiresAt = new Date(draft.env.now.getTime() + decision.expiresMs).toISOString();
      draft.putAttempt({
        ...attempt,
        state: 'awaiting',
        owner: null,
        ask: { quorum: decision.quorum, expiresAt, onExpiry: decision.onExpiry, policies: decision.policies },
      });
      draft.log(
        'approval.asked',
        { kind: 'engine' },
        `Asked for ${decision.quorum} approval(s) of ${attempt.action} on ${subject}${attempt.budgetSpent === undefined ? '' : `, since ${attempt.budgetSpent}`}; after ${expiresAt}: ${decision.onExpiry}`,
        {
          ...data,
          quorum: decision.quorum,
          expiresAt,
          onExpiry: decision.onExpiry,
        },
      );
      draft.arm({
        kind: 'approval',
        chart: attempt.chart,
        name: attempt.id,
        event: '',
        attempt: attempt.id,
        dueAt: expiresAt,
      });
      draft.post('approval', cardOf(attempt));
      draft.post('card', {}, { merge: 'card' });
      return;
    }
  }
}

/** The attempt with its place in the budget, where it needs one of its own. */
function claiming(draft: Draft, attempt: AttemptRow): AttemptRow {
  const claim = isAutomatic(draft, attempt) ? claimFor(draft, attempt) : undefined;
  return claim === undefined ? attempt : { ...attempt, claim };
}

function unaskedInWords(draft: Draft, attempt: AttemptRow): string {
  switch (attempt.effect === 'contain' ? whyUnasked(draft, attempt) : null) {
    case 'silence':
      return ': nobody answered, and the policy lets it run';
    case 'fallback':
      return ': nobody answered, and the policy takes this rung instead';
    case 'break-glass':
      return `: ${draft.record.breakGlass?.by ?? ''} broke the glass`;
    case null:
      return '';
  }
}

/** Commits the intent. `lookFirst` starts with a look, where somebody else's write may already be there. */
function begin(draft: Draft, attempt: AttemptRow, owner: WorkerId | null, lookFirst: boolean): void {
  const hold =
    attempt.effect === 'contain' ? openHold(draft, attempt, attempt.others === undefined) : attempt.hold;
  draft.putAttempt({
    ...attempt,
    hold,
    state: lookFirst ? 'unknown' : 'running',
    owner,
    ask: null,
    notBefore: null,
    startedAt: draft.at,
  });
  if (attempt.effect === 'restore' && attempt.hold !== null) settleHold(draft, attempt.hold, 'restoring');
  // A watch looks for days: that it does is in the incident's record, and here is what it finds.
  if (attempt.effect === 'read' && attempt.upkeep === true) return;
  draft.log(
    'attempt.started',
    playbookActor(draft),
    `Started ${attempt.action}${attempt.object === null ? '' : ` on ${attempt.object.arn}`}`,
    {
      attempt: attempt.id,
      action: attempt.action,
      reverses: attempt.reverses,
    },
  );
}

export function finish(
  draft: Draft,
  attempt: AttemptRow,
  state: 'succeeded' | 'failed' | 'refused' | 'denied' | 'expired' | 'cancelled',
): void {
  draft.putAttempt({ ...attempt, state, owner: null, notBefore: null, finishedAt: draft.at });
  draft.disarm((timer) => timer.attempt === attempt.id);
  if (attempt.ask !== null) settleCard(draft, attempt);
  draft.post('card', {}, { merge: 'card' });
  draft.agenda.push({ kind: 'settle-invocation', invocation: attempt.invocation });
}

/** Cancels an attempt that has not begun to write; one that has is left to finish and be recorded. */
export function cancelAttempt(draft: Draft, attempt: AttemptRow): void {
  const begun = attempt.state === 'running' || attempt.state === 'unknown';
  if (isFinal(attempt.state) || (begun && attempt.effect !== 'read')) return;
  if (begun && attempt.owner !== null) return;
  draft.log(
    'attempt.cancelled',
    playbookActor(draft),
    `Cancelled ${attempt.action}: the playbook left the state`,
    { attempt: attempt.id },
  );
  draft.putAttempt({
    ...attempt,
    state: 'cancelled',
    owner: null,
    notBefore: null,
    ask: null,
    finishedAt: draft.at,
  });
  draft.disarm((timer) => timer.attempt === attempt.id);
  if (attempt.ask !== null) settleCard(draft, attempt);
}

/** Brings the message that asked about the attempt up to date: decided, or one approval nearer to it. */
export function settleCard(draft: Draft, attempt: AttemptRow): void {
  draft.post('approval-settled', cardOf(attempt));
}

/** With the plan's digest: a plan that changes is asked about in a message of its own. */
function cardOf(attempt: AttemptRow): JsonObject {
  return { attempt: attempt.id, digest: attempt.planDigest };
}

/** Takes an attempt back from a worker that is gone. What it was calling may have happened. */
export function rescueAttempt(draft: Draft, attempt: AttemptRow): void {
  if (attempt.owner === null || isFinal(attempt.state)) return;
  const looksFirst =
    attempt.state === 'running' && (attempt.effect === 'contain' || attempt.effect === 'restore');
  draft.log('attempt.rescued', { kind: 'engine' }, `Took over ${attempt.action} from a worker that stopped`, {
    attempt: attempt.id,
    from: attempt.owner,
    state: attempt.state,
  });
  draft.putAttempt({
    ...attempt,
    state: looksFirst ? 'unknown' : attempt.state,
    owner: null,
    notBefore: null,
  });
}

/** The playbook as the actor of what it asked for. */
export function playbookActor(draft: Draft) {
  return { kind: 'playbook', id: draft.record.playbook } as const;
}
