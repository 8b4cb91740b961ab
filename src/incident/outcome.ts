import type { ContainAction, Observation } from '../action/action.ts';
import { CodedError } from '../error.ts';
import type { WorkerId } from '../id.ts';
import type { JsonObject } from '../json.ts';
import { canonicalJson, digestOf } from '../timeline/canonical.ts';
import { tryAnotherWay } from './another-way.ts';
import { applyDecision, decide, finish, playbookActor } from './attempt.ts';
import type { AttemptOutcome, EvidenceNote } from './attempt-outcome.ts';
import { budgetInWords } from './budget.ts';
import type { Draft } from './draft.ts';
import { forgetDrift } from './drift.ts';
import { logEvidence } from './evidence-note.ts';
import { followUpFailed } from './follow-up.ts';
import { endWithoutWriting, holdBack, isHeldBack } from './held-back.ts';
import { noteLeft, settleHold } from './hold.ts';
import { learn } from './learn.ts';
import { accepted, released } from './level.ts';
import { notePostmortem } from './postmortem-note.ts';
import { afterTrial, obstacle } from './release.ts';
import { waitForBite } from './release-wait.ts';
import { withRestorePlan } from './restore-plan.ts';
import { decideRetry } from './retry.ts';
import type { AttemptRow } from './state.ts';
import { isFinal } from './state.ts';
import { startUpkeep, upkeepFailed } from './upkeep.ts';
import { looked, startWatch } from './watch.ts';

/** What the phases of an attempt come to, and what follows from it. */

type AttemptErrorCode = 'cordon_attempt_not_contain' | 'cordon_attempt_no_object';

class AttemptError extends CodedError<AttemptErrorCode> {}

/** What another hold has already captured on the same object, and what all others desire of it. */
export interface HeldBy {
  readonly incident: string;
  readonly prior: AttemptRow['prior'];
  readonly others: readonly JsonObject[];
}

/** What the database said about other holds on the object, when it refused what was first decided. */
export interface Holders {
  readonly heldBy: HeldBy | null;
  /** What others desire, open or kept, which hold the object beside ours; `null` before it was asked. */
  readonly othersHold: readonly JsonObject[] | null;
  /** Another incident is open about the target of this one, which is closed. */
  readonly openElsewhere?: boolean;
  /** Which budget of automatic containments is spent (`spentBudgetOf`); absent while none is known to be. */
  readonly spentBudget?: string;
}

/** Records what one phase of an attempt came to; an outcome from a worker that lost it changes nothing. */
export function recordOutcome(
  draft: Draft,
  id: AttemptRow['id'],
  owner: WorkerId,
  outcome: AttemptOutcome,
  context: Holders & { readonly evidence: readonly EvidenceNote[] },
): boolean {
  const attempt = draft.attempts.get(id);
  if (attempt === undefined || attempt.owner !== owner || isFinal(attempt.state)) return false;
  logEvidence(draft, attempt, context.evidence);
  if (looked(draft, attempt, outcome, context.openElsewhere === true)) return true;
  switch (outcome.kind) {
    case 'captured':
      captured(draft, attempt, owner, outcome, context);
      break;
    case 'observed':
      observed(draft, attempt, owner, outcome.observation, context.othersHold);
      break;
    case 'succeeded':
      if (attempt.relaxTo !== undefined && context.othersHold !== null) {
        // Those whose wish it was let go meanwhile: what they left is now ours to restore.
        const { relaxTo, ...rest } = attempt;
        draft.putAttempt({ ...rest, desired: relaxTo, state: 'reading' });
        break;
      }
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
  { heldBy, spentBudget }: Holders,
): void {
  if (attempt.state !== 'reading') return;
  const { action, object, target } = containPartsOf(draft, attempt);
  // What is put again keeps what was there before the first time: what is there now is somebody else's.
  const prior = attempt.hold !== null ? attempt.prior : heldBy === null ? outcome.prior : heldBy.prior;
  const plan = action.plan({ object, input: attempt.input, prior, target, incidentId: draft.id });
  // What was known of others when it was planned before is asked anew: it waited for approvals, and read again.
  const { others: _others, ...own } = attempt;
  const planned: AttemptRow = {
    ...own,
    prior,
    priorUnknown: prior === null,
    ...(heldBy === null ? {} : { others: heldBy.others }),
    desired: plan.desired,
    changes: plan.changes,
    ...(spentBudget === undefined ? {} : { budgetSpent: budgetInWords(draft, target, spentBudget) }),
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
      target: target.functionArn,
      prior,
      priorUnreadable: outcome.unreadable,
      heldBy: heldBy?.incident ?? null,
      changes: plan.changes.map((change) => ({ ...change })),
      digest: planned.planDigest,
    },
  );
  const lookFirst = heldBy !== null || attempt.hold !== null;
  if (isHeldBack(draft, planned)) holdBack(draft, planned);
  else applyDecision(draft, planned, owner, decide(draft, planned), lookFirst);
}

function observed(
  draft: Draft,
  attempt: AttemptRow,
  owner: WorkerId,
  observation: Observation,
  othersHold: readonly JsonObject[] | null,
): void {
  const restoring = attempt.effect === 'restore';
  if (restoring && othersHold !== null && othersHold.length > 0) {
    leaveToOthers(draft, attempt, othersHold);
    return;
  }
  if (observation.kind === 'conflict' && !mayGoOn(draft, attempt, observation.found)) return;
  const there = observation.kind !== 'conflict' && (observation.kind === 'in-effect') !== restoring;
  if (there && (attempt.state === 'unknown' || restoring)) {
    succeed(
      draft,
      attempt,
      null,
      restoring ? 'the prior state is already there' : 'found in effect, not called again',
      'not-needed',
    );
    return;
  }
  const blocked = restoring ? obstacle(draft, attempt) : undefined;
  if (blocked !== undefined) {
    block(draft, attempt, blocked);
    return;
  }
  if (restoring && attempt.state === 'reading') {
    const planned = withRestorePlan(draft, attempt);
    applyDecision(draft, planned, owner, decide(draft, planned));
    return;
  }
  if (isHeldBack(draft, attempt, { looked: true })) {
    if (!endWithoutWriting(draft, attempt)) holdBack(draft, attempt);
    return;
  }
  // Not there: the earlier call had no effect. The intent stands, so the call may be made again.
  draft.putAttempt({ ...attempt, state: 'running' });
}

/** Others hold the object and will restore it: what they desire stays, or takes the place of what only we wanted. */
function leaveToOthers(draft: Draft, attempt: AttemptRow, others: readonly JsonObject[]): void {
  const { action } = containPartsOf(draft, attempt);
  const stricter = action.stricter;
  const wanted =
    stricter === undefined
      ? undefined
      : others.reduce((left, right) => (stricter(left, right) ? left : right));
  if (wanted === undefined || canonicalJson(wanted) === canonicalJson(attempt.desired)) {
    const how = 'another incident still holds the object, which stays contained';
    succeed(draft, { ...attempt, others }, { inherited: true }, how);
    return;
  }
  draft.putAttempt({ ...attempt, others, relaxTo: wanted, state: 'running', startedAt: draft.at });
}

/**
 * Whether an attempt goes on though its object is neither as we left it nor as it was: when it puts ours again, and
 * when a person saw exactly this and said so. Else it ends here, with the three values for the person who decides.
 */
function mayGoOn(draft: Draft, attempt: AttemptRow, found: string): boolean {
  if (attempt.upkeep === true && attempt.effect === 'contain') return true;
  const said = attempt.onConflict?.found === found ? attempt.onConflict.decision : 'ask';
  if (attempt.effect === 'restore' && said === 'overwrite') return true;
  if (attempt.effect === 'restore' && said === 'accept') {
    noteLeft(draft, attempt.hold, `${attempt.object?.arn ?? ''} stays as it was found: ${found}`);
    succeed(draft, attempt, { left: found }, 'left as it was found, as a person decided');
    return false;
  }
  draft.log(
    'release.conflict',
    { kind: 'engine' },
    `${attempt.object?.arn ?? ''} was changed by somebody else: ${found}`,
    { attempt: attempt.id, ours: attempt.desired, manifest: attempt.prior, found },
  );
  if (attempt.effect === 'restore') {
    noteLeft(draft, attempt.hold, `${attempt.object?.arn ?? ''} was changed by somebody else: ${found}`);
    if (attempt.hold !== null) settleHold(draft, attempt.hold, 'open');
  }
  finish(draft, { ...attempt, error: { code: 'cordon_attempt_conflict', message: found } }, 'failed');
  if (attempt.upkeep === true) upkeepFailed(draft, draft.attempts.get(attempt.id) ?? attempt);
  return false;
}

/** A restoring step that may not go on; a canary that failed is contained again at once. */
function block(
  draft: Draft,
  attempt: AttemptRow,
  why: { readonly code: string; readonly message: string },
): void {
  draft.log('attempt.failed', { kind: 'engine' }, `Stopped ${attempt.action}: ${why.message}`, {
    attempt: attempt.id,
    code: why.code,
    tries: attempt.tries,
    nextAt: null,
  });
  const hold = attempt.hold === null ? undefined : draft.holds.get(attempt.hold);
  if (hold !== undefined) {
    const { trial, ...rest } = hold;
    draft.putHold({ ...rest, status: 'open', left: why.message });
    finish(draft, { ...attempt, error: why }, 'failed');
    if (trial !== undefined) startUpkeep(draft, rest, { effect: 'contain' });
    return;
  }
  finish(draft, { ...attempt, error: why }, 'failed');
}

function succeed(
  draft: Draft,
  attempt: AttemptRow,
  output: AttemptRow['output'],
  how: string,
  put: 'put' | 'not-needed' = 'put',
): void {
  if (attempt.effect === 'contain' && attempt.hold !== null) settleHold(draft, attempt.hold, 'accepted');
  if (attempt.asksFirst === true) forgetDrift(draft, attempt);
  if (attempt.trial !== undefined && attempt.others === undefined) afterTrial(draft, attempt, put);
  else if (attempt.effect === 'restore' && attempt.hold !== null)
    settleHold(draft, attempt.hold, attempt.others === undefined ? 'released' : 'inherited');
  if (put === 'put') waitForBite(draft, attempt);
  const verb =
    attempt.trial !== undefined ? 'Put on trial' : attempt.effect === 'restore' ? 'Restored' : 'Done';
  draft.log(
    'attempt.succeeded',
    playbookActor(draft),
    `${verb}: ${attempt.action}${attempt.object === null ? '' : ` on ${attempt.object.arn}`} (${how})`,
    {
      attempt: attempt.id,
      action: attempt.action,
      object: attempt.object?.arn ?? null,
      reverses: attempt.reverses,
      ...(attempt.trial === undefined ? {} : { trial: true }),
      output,
    },
  );
  if (attempt.action === 'postmortem.draft') notePostmortem(draft, output);
  finish(draft, { ...attempt, output }, 'succeeded');
  learn(draft, attempt, output);
  if (attempt.target === null) return;
  if (attempt.effect === 'contain') {
    accepted(draft, attempt.target);
    startWatch(draft, attempt.target);
  }
  if (attempt.effect === 'restore') released(draft, attempt.target, attempt.upkeep === true);
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
  if (attempt.trial !== undefined && code === 'cordon_aws_invalid_request') {
    // No room in the account's pool even for the canary: what follows does without it, or says what is missing.
    succeed(draft, attempt, null, `without a canary: ${message}`, 'not-needed');
    return;
  }
  if (attempt.effect === 'restore' && code === 'cordon_restore_degraded') {
    noteLeft(draft, attempt.hold, message);
    draft.log('restore.degraded', { kind: 'engine' }, `Restored in part: ${message}`, {
      attempt: attempt.id,
      object: attempt.object?.arn ?? null,
      wanted: attempt.prior,
      now: attempt.desired,
      left: message,
    });
  }
  // A restore that failed leaves the object held: it may be tried again, by this incident or the next.
  if (attempt.effect === 'restore' && attempt.hold !== null) settleHold(draft, attempt.hold, 'open');
  // What is put again was there before: that it cannot be put now lets nobody off putting back what it had replaced.
  if (
    attempt.effect === 'contain' &&
    attempt.upkeep !== true &&
    attempt.hold !== null &&
    outcome.classification === 'terminal'
  )
    settleHold(draft, attempt.hold, 'not-needed');
  draft.log('attempt.failed', { kind: 'engine' }, `${attempt.action} failed: ${message}`, {
    attempt: attempt.id,
    code,
    tries: attempt.tries + 1,
    nextAt: null,
  });
  const instead = outcome.classification === 'terminal' ? tryAnotherWay(draft, attempt, code) : undefined;
  finish(
    draft,
    { ...attempt, error: { code, message }, ...(instead === undefined ? {} : { replacedBy: instead.id }) },
    'failed',
  );
  if (attempt.upkeep !== true) return;
  const ended = draft.attempts.get(attempt.id) ?? attempt;
  upkeepFailed(draft, ended);
  followUpFailed(draft, ended);
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
