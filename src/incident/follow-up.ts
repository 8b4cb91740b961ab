import type { FollowUp } from '../action/action.ts';
import type { AttemptId } from '../id.ts';
import type { Draft } from './draft.ts';
import { newAttempt } from './new-attempt.ts';
import { openInvocation } from './open-invocation.ts';
import type { AttemptRow, TimerRow } from './state.ts';
import { FOLLOW_UP } from './state.ts';

/**
 * What an action asks to be done again later. Each is a timer, then an attempt that belongs to no state of the
 * playbook: it keeps no incident from closing, and goes on after it is closed. So the rounds survive a restart as all
 * else does, and one target has each of them once, however often the first time is made again.
 */
// A store or an account that is away for an hour must not cost a round: it is begun again, this often and this much later.
const MAX_BEGUN = 4;
const AGAIN_MS = 3_600_000;

/** Arms what the action of `attempt` asks for, unless the target has it already. */
export function armFollowUps(draft: Draft, attempt: AttemptRow): void {
  if (attempt.target === null || attempt.upkeep === true) return;
  for (const followUp of followUpsOf(draft, attempt)) {
    if (isArmed(draft, attempt, followUp.name) || begun(draft, attempt, followUp.name) > 0) continue;
    arm(draft, attempt.id, followUp, followUp.afterMs);
  }
}

/** Starts the attempt of a timer that is due. */
export function startFollowUp(draft: Draft, timer: TimerRow): void {
  const first = draft.attempts.get(timer.event as AttemptId); // looked up, not trusted
  const followUp = first === undefined ? undefined : find(draft, first, timer.name);
  // What the guardrails refused the first time is not asked for again.
  if (first?.target == null || followUp === undefined || first.state === 'refused') return;
  const invocation = openInvocation(draft, {
    chart: first.chart,
    xstateId: FOLLOW_UP,
    src: FOLLOW_UP,
    input: { of: first.id, name: followUp.name, functionArn: first.target.functionArn },
  });
  draft.putAttempt(
    newAttempt(draft, invocation, {
      action: followUp.action,
      input: followUp.input,
      effect: 'read',
      lane: first.lane,
      object: null,
      target: first.target,
      ordinal: 0,
      upkeep: true,
    }),
  );
  draft.post('card', {}, { merge: 'card' });
}

/** A round that came to nothing is begun again later, and people are told. */
export function followUpFailed(draft: Draft, attempt: AttemptRow): void {
  const invocation = draft.invocations.get(attempt.invocation);
  if (invocation?.src !== FOLLOW_UP || attempt.target === null) return;
  const first = draft.attempts.get(String(invocation.input.of) as AttemptId); // looked up, not trusted
  const followUp = first === undefined ? undefined : find(draft, first, String(invocation.input.name));
  if (first === undefined || followUp === undefined) return;
  const again = begun(draft, first, followUp.name) < MAX_BEGUN;
  if (again) arm(draft, first.id, followUp, AGAIN_MS);
  draft.post('announce', {
    name: 'sweep-failed',
    functionArn: attempt.target.functionArn,
    round: followUp.name,
    code: attempt.error?.code ?? '',
    nextAt: again ? new Date(draft.env.now.getTime() + AGAIN_MS).toISOString() : null,
  });
}

function arm(draft: Draft, first: AttemptId, followUp: FollowUp, afterMs: number): void {
  draft.arm({
    kind: 'follow-up',
    // Of no chart: it is due while a playbook is halted, too.
    chart: null,
    name: followUp.name,
    event: first,
    attempt: null,
    dueAt: new Date(draft.env.now.getTime() + afterMs).toISOString(),
  });
}

function followUpsOf(draft: Draft, attempt: AttemptRow): readonly FollowUp[] {
  const action = draft.env.catalogue.get(attempt.action);
  return action?.effect === 'read' ? (action.followUps ?? []) : [];
}

function find(draft: Draft, first: AttemptRow, name: string): FollowUp | undefined {
  return followUpsOf(draft, first).find((each) => each.name === name);
}

function isArmed(draft: Draft, attempt: AttemptRow, name: string): boolean {
  return [...draft.timers.values()].some(
    (timer) =>
      timer.kind === 'follow-up' &&
      timer.status === 'armed' &&
      timer.name === name &&
      draft.attempts.get(timer.event as AttemptId)?.target?.functionArn === attempt.target?.functionArn, // looked up, not trusted
  );
}

/** How often the round of this target was begun. */
function begun(draft: Draft, attempt: AttemptRow, name: string): number {
  return [...draft.invocations.values()].filter(
    ({ src, input }) =>
      src === FOLLOW_UP && input.name === name && input.functionArn === attempt.target?.functionArn,
  ).length;
}
