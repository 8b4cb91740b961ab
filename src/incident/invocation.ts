import type { Action, ActionObject } from '../action/action.ts';
import type { Target } from '../action/ports.ts';
import { CodedError } from '../error.ts';
import type { ChartId, InvocationId } from '../id.ts';
import type { Json, JsonObject } from '../json.ts';
import { FOR_EACH, isEngineStep } from '../playbook/engine-steps.ts';
import { cancelAttempt } from './attempt.ts';
import type { Draft } from './draft.ts';
import { armFollowUps } from './follow-up.ts';
import { newAttempt } from './new-attempt.ts';
import { openInvocation } from './open-invocation.ts';
import { planRelease } from './plan-release.ts';
import { handOverHolds, releaseOf } from './release.ts';
import type { AttemptRow, InvocationRow } from './state.ts';
import { isFinal, OUTSIDE_CHARTS } from './state.ts';

type InvocationErrorCode =
  | 'cordon_invocation_unknown'
  | 'cordon_invocation_no_target'
  | 'cordon_invocation_bad_input';

class InvocationError extends CodedError<InvocationErrorCode> {}

/** What an `invoke` of a playbook becomes: child charts, a question, or attempts. */
export function startInvocation(
  draft: Draft,
  chart: ChartId,
  effect: { readonly id: string; readonly src: string; readonly input: JsonObject },
): void {
  const invocation = openInvocation(draft, {
    chart,
    xstateId: effect.id,
    src: effect.src,
    input: inputOf(draft, chart, effect),
  });
  switch (effect.src) {
    case FOR_EACH:
      startForEach(draft, invocation);
      return;
    case 'human.question':
      ask(draft, invocation);
      return;
    case 'containment.release':
      planRelease(draft, invocation, releaseOf(draft, effect.input));
      return;
    case 'containment.hand-over':
      handOverTo(draft, invocation, handOverHolds(draft));
      return;
    default:
      planAttempts(draft, invocation);
      draft.agenda.push({ kind: 'settle-invocation', invocation: invocation.id });
  }
}

/** The input that the playbook gives, with what the engine knows of a `forEach`: who asked for it, what it continues. */
function inputOf(
  draft: Draft,
  chart: ChartId,
  effect: { readonly src: string; readonly input: JsonObject },
): JsonObject {
  const input = draft.joining === null ? effect.input : continuing(draft, chart, effect);
  return draft.askedBy === null || effect.src !== FOR_EACH ? input : { ...input, askedBy: draft.askedBy };
}

/** The input of a `forEach` that is entered again for a target that joins: the outcomes so far still count. */
function continuing(
  draft: Draft,
  chart: ChartId,
  effect: { readonly src: string; readonly input: JsonObject },
): JsonObject {
  const before = [...draft.invocations.values()].findLast(
    (row) => row.chart === chart && row.src === effect.src && row.input.chart === effect.input.chart,
  );
  return effect.src !== FOR_EACH || before === undefined
    ? effect.input
    : { ...effect.input, continues: before.id };
}

function startForEach(draft: Draft, invocation: InvocationRow): void {
  const path = String(invocation.input.chart ?? '');
  const joins = draft.joining !== null && invocation.input.continues !== undefined;
  // The list comes from `incident.targets`, which is ours: the playbook only names it.
  for (const item of joins && draft.joining !== null ? [draft.joining] : draft.record.targets)
    draft.agenda.push({ kind: 'open-chart', path, parent: invocation.id, item });
  draft.agenda.push({ kind: 'settle-for-each', invocation: invocation.id });
}

/** The parent sees one event, when the last child is done: a slow target holds nobody else up. */
export function settleForEach(draft: Draft, parent: InvocationId): void {
  const invocation = draft.invocations.get(parent);
  if (invocation === undefined || invocation.status !== 'open') return;
  const line = lineOf(draft, invocation);
  const children = [...draft.charts.values()].filter((row) => row.parent !== null && line.has(row.parent));
  if (children.some((row) => row.status === 'active')) return;
  finishInvocation(draft, invocation, {
    outcomes: children.map((row) => ({
      item: row.item?.functionArn ?? null,
      status: row.stored.status,
      output: row.stored.output,
    })),
  });
}

/** The invocation with those that it continues. */
function lineOf(draft: Draft, invocation: InvocationRow): ReadonlySet<InvocationId> {
  const line = new Set<InvocationId>();
  for (let at: InvocationRow | undefined = invocation; at !== undefined && !line.has(at.id); ) {
    line.add(at.id);
    at = draft.invocations.get(String(at.input.continues ?? '') as InvocationId); // looked up, not trusted
  }
  return line;
}

function ask(draft: Draft, invocation: InvocationRow): void {
  const to = String(invocation.input.to ?? 'responder');
  const form = String(invocation.input.form ?? '');
  draft.log('question.asked', { kind: 'playbook', id: draft.record.playbook }, `Asked ${to}: ${form}`, {
    invocation: invocation.id,
    form,
    to,
  });
  draft.post('question', { invocation: invocation.id });
}

function planAttempts(draft: Draft, invocation: InvocationRow): void {
  const target = draft.charts.get(invocation.chart)?.item ?? null;
  if (isEngineStep(invocation.src)) {
    draft.putAttempt(
      newAttempt(draft, invocation, { effect: 'step', lane: 'evidence', object: null, target, ordinal: 0 }),
    );
    return;
  }
  const action = draft.env.catalogue.get(invocation.src);
  if (action === undefined) {
    throw new InvocationError(
      'cordon_invocation_unknown',
      `the playbook invokes ${invocation.src}, which is not in the catalogue; run "cordon playbook check" on it`,
    );
  }
  if (target === null) {
    throw new InvocationError(
      'cordon_invocation_no_target',
      `${invocation.src} acts on a target and was invoked outside a forEach over incident.targets`,
    );
  }
  const input = checkedInput(action, invocation);
  objectsOf(action, target, input).forEach((object, ordinal) => {
    const attempt = newAttempt(draft, invocation, {
      effect: action.effect,
      lane: action.effect === 'contain' ? 'contain' : action.lane,
      object,
      target,
      ordinal,
    });
    draft.putAttempt(attempt);
    armFollowUps(draft, attempt);
  });
}

function checkedInput(action: Action, invocation: InvocationRow): JsonObject {
  const checked = action.input.safeParse(invocation.input);
  if (checked.success) return checked.data;
  throw new InvocationError(
    'cordon_invocation_bad_input',
    `the input of ${action.id} is not what it declares: ${checked.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}`,
  );
}

function objectsOf(action: Action, target: Target, input: JsonObject): readonly (ActionObject | null)[] {
  return action.effect === 'contain' ? action.objects(target, input) : [null];
}

const FELL_BACK = 'cordon_attempt_fell_back';

/** Ends an invocation whose attempts are all final, and tells its chart once. */
export function settleInvocation(draft: Draft, id: InvocationId): void {
  const invocation = draft.invocations.get(id);
  if (invocation === undefined || invocation.status !== 'open') return;
  const attempts = [...draft.attempts.values()].filter((row) => row.invocation === id);
  if (!attempts.every((row) => isFinal(row.state))) return;
  // What fell back to a lower rung has come to what that rung came to.
  const unsuccessful = attempts.filter((row) => row.state !== 'succeeded' && row.replacedBy === undefined);
  const failed = unsuccessful.find((row) => row.error?.code !== FELL_BACK) ?? unsuccessful[0];
  if (invocation.src === 'containment.release') {
    finishInvocation(draft, invocation, releaseOutput(draft, attempts));
  } else if (failed === undefined) {
    finishInvocation(
      draft,
      invocation,
      attempts.length === 1 ? (attempts[0]?.output ?? null) : attempts.map((row) => row.output),
    );
  } else {
    failInvocation(draft, invocation, {
      code: failureCode(failed),
      message: failed.error?.message ?? `${failed.action} was ${failed.state}`,
    });
  }
}

function failInvocation(
  draft: Draft,
  invocation: InvocationRow,
  error: { readonly code: string; readonly message: string },
): void {
  draft.putInvocation({ ...invocation, status: 'failed', output: error, closedAt: draft.at });
  if (OUTSIDE_CHARTS.has(invocation.src)) return;
  draft.agenda.push({
    kind: 'chart-event',
    chart: invocation.chart,
    event: { kind: 'invocation-failed', id: invocation.xstateId, error },
  });
}

function handOverTo(draft: Draft, invocation: InvocationRow, owner: string | undefined): void {
  if (owner !== undefined) finishInvocation(draft, invocation, { owner });
  else failInvocation(draft, invocation, { code: 'cordon_no_owner', message: 'nobody leads this incident' });
}

/** `conflicts` counts what a person must look at, `degraded` what only could not be had now. */
function releaseOutput(draft: Draft, attempts: readonly AttemptRow[]): JsonObject {
  const failed = attempts.filter((row) => row.state !== 'succeeded' && row.effect === 'restore');
  const degraded = failed.filter((row) => row.error?.code === 'cordon_restore_degraded');
  const restored = attempts.filter(
    (row) => row.state === 'succeeded' && row.effect === 'restore' && row.trial === undefined,
  );
  const left = [...new Set(attempts.map((row) => row.hold))].flatMap((id) => {
    const hold = id === null ? undefined : draft.holds.get(id);
    return hold === undefined || hold.left === undefined ? [] : [hold.left];
  });
  return {
    restored: restored.length,
    conflicts: new Set(failed.filter((row) => !degraded.includes(row)).map((row) => row.hold)).size,
    degraded: degraded.length > 0,
    left,
  };
}

function failureCode(attempt: AttemptRow): string {
  switch (attempt.state) {
    case 'refused':
      return 'cordon_attempt_refused';
    case 'denied':
      return 'cordon_attempt_denied';
    case 'expired':
      return attempt.error?.code ?? 'cordon_attempt_expired';
    default:
      return attempt.error?.code ?? 'cordon_attempt_cancelled';
  }
}

/** Ends an invocation with its output and tells its chart. */
export function finishInvocation(
  draft: Draft,
  invocation: InvocationRow,
  output: Json,
  answeredBy: string | null = null,
): void {
  draft.putInvocation({ ...invocation, status: 'done', output, closedAt: draft.at, answeredBy });
  if (OUTSIDE_CHARTS.has(invocation.src)) return;
  draft.agenda.push({
    kind: 'chart-event',
    chart: invocation.chart,
    event: { kind: 'invocation-done', id: invocation.xstateId, output },
  });
}

/** The chart left the state: waiting attempts are cancelled, running ones finish and are recorded. */
export function withdrawInvocation(draft: Draft, invocation: InvocationRow): void {
  draft.putInvocation({ ...invocation, status: 'withdrawn', closedAt: draft.at });
  if (invocation.src === FOR_EACH) draft.agenda.push({ kind: 'withdraw-children', parent: invocation.id });
  if (invocation.src === 'human.question') {
    draft.log(
      'question.withdrawn',
      { kind: 'playbook', id: draft.record.playbook },
      'The question is no longer open',
      {
        invocation: invocation.id,
      },
    );
    draft.post('question-settled', { invocation: invocation.id });
  }
  for (const attempt of [...draft.attempts.values()]) {
    if (attempt.invocation === invocation.id) cancelAttempt(draft, attempt);
  }
}
