import type { ContainAction, Observation } from '../action/action.ts';
import { CodedError } from '../error.ts';
import type { WorkerId } from '../id.ts';
import { digestOf } from '../timeline/canonical.ts';
import { applyDecision, decide, finish, playbookActor } from './attempt.ts';
import type { Draft } from './draft.ts';
import { logEvidence } from './evidence-note.ts';
import { endWithoutWriting, holdBack, isHeldBack } from './held-back.ts';
import { settleHold } from './hold.ts';
import { learn } from './learn.ts';
import { accepted, released } from './level.ts';
import { notePostmortem } from './postmortem-note.ts';
import { decideRetry } from './retry.ts';
import type { AttemptOutcome, AttemptRow, EvidenceNote } from './state.ts';
import { isFinal } from './state.ts';

/** What the phases of an attempt come to, and what follows from it. */

type AttemptErrorCode = 'cordon_attempt_not_contain' | 'cordon_attempt_no_object';

class AttemptError extends CodedError<AttemptErrorCode> {}

/** What another incident has already captured on the same object. */
export interface HeldBy {
  readonly incident: string;
  readonly prior: AttemptRow['prior'];
}

/** Records what one phase of an attempt came to; an outcome from a worker that lost it changes nothing. */
export function recordOutcome(
  draft: Draft,
  id: AttemptRow['id'],
  owner: WorkerId,
  outcome: AttemptOutcome,
  context: {
    readonly evidence: readonly EvidenceNote[];
    readonly heldBy: HeldBy | null;
    readonly othersHold: boolean;
  },
): boolean {
  const attempt = draft.attempts.get(id);
  if (attempt === undefined || attempt.owner !== owner || isFinal(attempt.state)) return false;
  logEvidence(draft, attempt, context.evidence);
  switch (outcome.kind) {
    case 'captured':
      captured(draft, attempt, owner, outcome, context.heldBy);
      break;
    case 'observed':
      observed(draft, attempt, owner, outcome.observation, context.othersHold);
      break;
    case 'succeeded':
      succeed(draft, attempt, outcome.output, 'the call was accepted');
      break;
    case 'failed':
      fail(draft, attempt, outcome);
      break;
  }
  return true;
}

function captured(
  draft: Draft,
  attempt: AttemptRow,
  owner: WorkerId,
  outcome: Extract<AttemptOutcome, { kind: 'captured' }>,
  heldBy: HeldBy | null,
): void {
  if (attempt.state !== 'reading') return;
  const { action, object, target } = containPartsOf(draft, attempt);
  const prior = heldBy === null ? outcome.prior : heldBy.prior;
  const plan = action.plan({ object, input: attempt.input, prior, target, incidentId: draft.id });
  const planned: AttemptRow = {
    ...attempt,
    prior,
    priorUnknown: prior === null,
    desired: plan.desired,
    changes: plan.changes,
    planDigest: digestOf({
      action: attempt.action,
      object: object.key,
      changes: plan.changes.map((change) => ({ ...change })),
      desired: plan.desired,
    }),
  };
  draft.log(
    'attempt.planned',
    playbookActor(draft),
    `Planned: ${plan.changes.map((change) => change.summary).join('; ') || `${action.title}, nothing to change`}`,
    {
      attempt: attempt.id,
      action: attempt.action,
      object: object.arn,
      prior,
      priorUnreadable: outcome.unreadable,
      heldBy: heldBy?.incident ?? null,
      changes: plan.changes.map((change) => ({ ...change })),
      digest: planned.planDigest,
    },
  );
  if (isHeldBack(draft, planned)) holdBack(draft, planned);
  else applyDecision(draft, planned, owner, decide(draft, planned), heldBy !== null);
}

function observed(
  draft: Draft,
  attempt: AttemptRow,
  owner: WorkerId,
  observation: Observation,
  othersHold: boolean,
): void {
  const restoring = attempt.effect === 'restore';
  if (restoring && othersHold) {
    succeed(
      draft,
      attempt,
      { inherited: true },
      'another incident still holds the object, which stays contained',
      'inherited',
    );
    return;
  }
  if (observation.kind === 'conflict') {
    draft.log(
      'release.conflict',
      { kind: 'engine' },
      `${attempt.object?.arn ?? ''} was changed by somebody else: ${observation.found}`,
      {
        attempt: attempt.id,
        found: observation.found,
      },
    );
    finish(
      draft,
      { ...attempt, error: { code: 'cordon_attempt_conflict', message: observation.found } },
      'failed',
    );
    return;
  }
  const there = (observation.kind === 'in-effect') !== restoring;
  if (there && (attempt.state === 'unknown' || restoring)) {
    succeed(
      draft,
      attempt,
      null,
      restoring ? 'the prior state is already there' : 'found in effect, not called again',
    );
    return;
  }
  if (restoring && attempt.state === 'reading') {
    applyDecision(draft, attempt, owner, decide(draft, attempt));
    return;
  }
  if (isHeldBack(draft, attempt, { looked: true })) {
    if (!endWithoutWriting(draft, attempt)) holdBack(draft, attempt);
    return;
  }
  // Not there: the earlier call had no effect. The intent stands, so the call may be made again.
  draft.putAttempt({ ...attempt, state: 'running' });
}

function succeed(
  draft: Draft,
  attempt: AttemptRow,
  output: AttemptRow['output'],
  how: string,
  closedAs: 'released' | 'inherited' = 'released',
): void {
  if (attempt.effect === 'contain' && attempt.hold !== null) settleHold(draft, attempt.hold, 'accepted');
  if (attempt.effect === 'restore' && attempt.hold !== null) settleHold(draft, attempt.hold, closedAs);
  const verb = attempt.effect === 'restore' ? 'Restored' : 'Done';
  draft.log(
    'attempt.succeeded',
    playbookActor(draft),
    `${verb}: ${attempt.action}${attempt.object === null ? '' : ` on ${attempt.object.arn}`} (${how})`,
    {
      attempt: attempt.id,
      action: attempt.action,
      object: attempt.object?.arn ?? null,
      reverses: attempt.reverses,
      output,
    },
  );
  if (attempt.action === 'postmortem.draft') notePostmortem(draft, output);
  finish(draft, { ...attempt, output }, 'succeeded');
  learn(draft, attempt, output);
  if (attempt.target === null) return;
  if (attempt.effect === 'contain') accepted(draft, attempt.target);
  if (attempt.effect === 'restore') released(draft, attempt.target);
}

function fail(draft: Draft, attempt: AttemptRow, outcome: Extract<AttemptOutcome, { kind: 'failed' }>): void {
  const { code, message } = outcome;
  if (code === 'cordon_writes_paused') {
    holdBack(draft, attempt);
    return;
  }
  if (
    outcome.classification === 'unknown' &&
    (attempt.effect === 'contain' || attempt.effect === 'restore') &&
    attempt.state === 'running'
  ) {
    draft.log(
      'attempt.unknown',
      { kind: 'engine' },
      `The answer of ${attempt.action} was lost; looking before anything else`,
      { attempt: attempt.id, code },
    );
    draft.putAttempt({ ...attempt, state: 'unknown', tries: attempt.tries + 1 });
    return;
  }
  const retry = decideRetry({
    tries: attempt.tries,
    effect: attempt.effect,
    classification: outcome.classification,
    retryAfterMs: outcome.retryAfterMs,
    random: draft.env.ids.random(),
  });
  if (retry.kind === 'retry') {
    const dueAt = new Date(draft.env.now.getTime() + retry.afterMs).toISOString();
    draft.putAttempt({
      ...attempt,
      owner: null,
      tries: attempt.tries + 1,
      notBefore: dueAt,
      error: { code, message },
    });
    draft.arm({
      kind: 'retry',
      chart: attempt.chart,
      name: attempt.id,
      event: '',
      attempt: attempt.id,
      dueAt,
    });
    draft.log(
      'attempt.failed',
      { kind: 'engine' },
      `${attempt.action} failed and is tried again: ${message}`,
      { attempt: attempt.id, code, tries: attempt.tries + 1, nextAt: dueAt },
    );
    return;
  }
  // A restore that failed leaves the object held: it may be tried again, by this incident or the next.
  if (attempt.effect === 'restore' && attempt.hold !== null) settleHold(draft, attempt.hold, 'open');
  if (attempt.effect === 'contain' && attempt.hold !== null && outcome.classification === 'terminal')
    settleHold(draft, attempt.hold, 'not-needed');
  draft.log('attempt.failed', { kind: 'engine' }, `${attempt.action} failed: ${message}`, {
    attempt: attempt.id,
    code,
    tries: attempt.tries + 1,
    nextAt: null,
  });
  finish(draft, { ...attempt, error: { code, message } }, 'failed');
}

/** The action of an attempt that contains or restores, with its object and target. */
function containPartsOf(draft: Draft, attempt: AttemptRow) {
  const action = draft.env.catalogue.get(attempt.action);
  if (action === undefined || action.effect !== 'contain') {
    throw new AttemptError(
      'cordon_attempt_not_contain',
      `${attempt.action} is not an action that contains; expected one from the catalogue`,
    );
  }
  if (attempt.object === null || attempt.target === null) {
    throw new AttemptError(
      'cordon_attempt_no_object',
      `attempt ${attempt.id} of ${attempt.action} names no object`,
    );
  }
  const contain: ContainAction = action;
  return { action: contain, object: attempt.object, target: attempt.target };
}
