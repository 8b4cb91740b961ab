import { type Look, lookOf, watchContainment } from '../action/containment-watch.ts';
import type { Target } from '../action/ports.ts';
import type { AttemptOutcome } from './attempt-outcome.ts';
import { breach } from './breach.ts';
import { climb, goesOn, strippedRoles } from './climb.ts';
import type { Draft } from './draft.ts';
import { drainOf } from './drain.ts';
import { noteChanges, putAgain } from './drift.ts';
import { containingHolds } from './hold.ts';
import { fallTo, raiseLevel } from './level.ts';
import type { AttemptRow } from './state.ts';
import { isFinal } from './state.ts';
import { upkeepAttempt } from './upkeep.ts';
import { putWatch, watchOf } from './watch-record.ts';

/**
 * The watch over what an incident holds: one attempt a target that reads, and is put off again after each look, for as
 * long as anything of the target is contained, whatever the playbook does, and after the incident is closed. It
 * finds out whether containment bites (*observed*), whether something got through (*breached*), and what somebody
 * changed (`drift.ts`). A look that shows nothing new leaves no trace but its instant.
 */

// Lambda's own changes settle in a second and IAM's in ten; then what can be seen is there to be seen.
const FIRST_LOOK_MS = 20_000;
const AFTER_CHANGE_MS = 15_000;

/** How often it looks, by how long it has: an attacker who is there is busy at first, and CloudTrail is minutes late. */
const PACE: readonly (readonly [untilMs: number, everyMs: number])[] = [
  [10 * 60_000, 30_000],
  [3_600_000, 2 * 60_000],
  [6 * 3_600_000, 10 * 60_000],
];
const SLOWEST_MS = 30 * 60_000;

/** Delivery to CloudTrail takes about five minutes and up to fifteen (CloudTrail user guide): before, silence is no news. */
const TRAIL_LAG_MS = 15 * 60_000;

/** Starts the watch of a target, once it is held. */
export function startWatch(draft: Draft, target: Target): void {
  const watched = [...draft.attempts.values()].some(
    (attempt) =>
      attempt.action === watchContainment.id &&
      attempt.target?.functionArn === target.functionArn &&
      !isFinal(attempt.state),
  );
  const hold = containingHolds(draft, target)[0];
  if (watched || hold === undefined) return;
  const attempt = upkeepAttempt(draft, hold, {
    action: watchContainment.id,
    effect: 'read',
    lane: 'verify',
    object: null,
    input: { since: null },
    hold: null,
    desired: null,
    prior: null,
    target,
  });
  if (attempt !== undefined) lookLater(draft, attempt, FIRST_LOOK_MS);
}

/**
 * Takes what a look came to, and puts the next one off. True when the attempt is a watch, and so never just ends. With
 * `yields` another incident is open about what this closed one left: that one contains it and puts it back, step by step,
 * and is not undone from here.
 */
export function looked(draft: Draft, attempt: AttemptRow, outcome: AttemptOutcome, yields = false): boolean {
  if (attempt.action !== watchContainment.id || attempt.upkeep !== true || attempt.target === null)
    return false;
  const { functionArn } = attempt.target;
  const target = draft.record.targets.find((each) => each.functionArn === functionArn) ?? attempt.target;
  if (containingHolds(draft, target).length === 0) {
    endWatch(draft, attempt);
    return true;
  }
  const look = outcome.kind === 'succeeded' ? lookOf(outcome.output) : undefined;
  if (look === undefined) noteFailure(draft, attempt, outcome);
  else if (!yields && !isBeingReleased(draft, target)) follow(draft, target, look);
  const error = outcome.kind === 'failed' ? { code: outcome.code, message: outcome.message } : null;
  const sessions = [...(watchOf(draft, target).sessions ?? [])];
  const input =
    look?.unread.length === 0
      ? { since: knownSince(draft), ...(sessions.length === 0 ? {} : { sessions }) }
      : attempt.input;
  lookLater(draft, { ...attempt, target, input, error }, paceOf(draft, attempt, target));
  return true;
}

/**
 * From when the next look asks CloudTrail again: it has two questions a second for a whole account, and what is older
 * than its lag this look has read. Twice the lag, so that a late answer costs nothing.
 */
function knownSince(draft: Draft): string {
  return new Date(draft.env.now.getTime() - 2 * TRAIL_LAG_MS).toISOString();
}

// Whoever may assume a role may begin a thousand sessions.
const SESSIONS = 10;

function follow(draft: Draft, target: Target, look: Look): void {
  const before = watchOf(draft, target);
  const seen = new Set(before.seen);
  const through = [...look.through.filter((call) => !seen.has(call.id)), ...invokedIn(look, seen)];
  putWatch(draft, target, {
    ...before,
    lookedAt: draft.at,
    seen: [...before.seen, ...through.map((call) => call.id)],
    refused: Math.max(before.refused, look.refused),
    throttled: Math.max(before.throttled, look.throttled),
    dropped: Math.max(before.dropped ?? 0, look.dropped),
    sessions: [...new Set([...(before.sessions ?? []), ...look.sessions])].slice(-SESSIONS),
    through: [...before.through, ...through.map(({ at, call, principal }) => ({ at, call, principal }))],
    drain: drainOf(draft, target, look, before),
    unread: look.unread,
  });
  const changed = noteChanges(draft, target, look.changes);
  const drifted = putAgain(draft, target, look.drifted);
  if (through.length > 0) breach(draft, target, through, look);
  else if (drifted) fallTo(draft, target, 'accepted', look.detail);
  else settleLevel(draft, target, look);
  // The same news never climbs twice: what was tried is under way, or people have it.
  if (through.length > 0 || changed) climb(draft, target, look.next, look.nextRoles);
  climb(draft, target, 'attached', strippedRoles(draft, target));
  const abuse = goesOn(draft, target);
  if (abuse !== undefined && !seen.has(abuse.id)) {
    const watch = watchOf(draft, target);
    putWatch(draft, target, { ...watch, seen: [...watch.seen, abuse.id] });
    climb(draft, target, 'isolate', abuse.roles);
  }
}

/** Invocations after the stop, as one call: CloudWatch counts them and names nobody. */
function invokedIn({ invoked }: Look, seen: ReadonlySet<string>) {
  const id = `invocations since ${invoked.at ?? ''}`;
  if (invoked.count === 0 || invoked.at === null || seen.has(id)) return [];
  return [
    {
      id,
      at: invoked.at,
      call: 'lambda:Invoke',
      principal: `${invoked.count} callers that CloudWatch counted`,
    },
  ];
}

/** A release is opening what is held, step by step: what it looks like meanwhile is nobody's drift and no level. */
function isBeingReleased(draft: Draft, { functionArn }: Target): boolean {
  return [...draft.attempts.values()].some(
    (attempt) =>
      attempt.effect === 'restore' && attempt.target?.functionArn === functionArn && !isFinal(attempt.state),
  );
}

/** The level that a look without bad news shows: down when it is not there, up when it is. */
function settleLevel(draft: Draft, target: Target, look: Look): void {
  if (look.level === 'none') return;
  const level = draft.record.levels[target.functionArn] ?? 'none';
  if (level === 'breached') {
    // CloudTrail is late: only after its lag is the silence since the last write worth something.
    const quietMs = draft.env.now.getTime() - lastNewsMs(draft, target);
    if (look.level === 'effective' && quietMs >= TRAIL_LAG_MS && look.unread.length === 0) {
      const minutes = TRAIL_LAG_MS / 60_000;
      fallTo(
        draft,
        target,
        'effective',
        `${look.detail} For ${minutes} minutes nothing is known to have got through.`,
      );
    }
    return;
  }
  if ((level === 'effective' || level === 'observed') && look.level !== 'effective') {
    fallTo(draft, target, look.level, look.detail);
    return;
  }
  raiseLevel(draft, target, look.level, look.detail);
  if (look.level === 'effective' && look.refused + look.throttled > 0)
    raiseLevel(draft, target, 'observed', seenInWords(look));
}

function seenInWords({ refused, throttled }: Look): string {
  return [
    ...(refused === 0
      ? []
      : [`${refused} ${refused === 1 ? 'call' : 'calls'} of its sessions refused after the cut-off`]),
    ...(throttled === 0
      ? []
      : [`${throttled} ${throttled === 1 ? 'invocation' : 'invocations'} turned away`]),
  ].join(', ');
}

/** When something was last put, or last got through. */
function lastNewsMs(draft: Draft, target: Target): number {
  const put = containingHolds(draft, target).map((hold) => hold.putAgainAt ?? hold.acceptedAt ?? draft.at);
  const through = watchOf(draft, target).through.map((call) => call.at);
  return Math.max(...[...put, ...through].map((at) => Date.parse(at)));
}

/** A watch that cannot look says so once, and goes on: what it could not see is not nothing. */
function noteFailure(draft: Draft, attempt: AttemptRow, outcome: AttemptOutcome): void {
  const code = outcome.kind === 'failed' ? outcome.code : 'cordon_action_bad_output';
  if (attempt.error?.code === code) return;
  const message = outcome.kind === 'failed' ? outcome.message : 'the look gave what it does not declare';
  draft.log('attempt.failed', { kind: 'engine' }, `${attempt.action} failed and goes on: ${message}`, {
    attempt: attempt.id,
    code,
    tries: attempt.tries + 1,
    nextAt: null,
  });
}

function paceOf(draft: Draft, attempt: AttemptRow, target: Target): number {
  const now = draft.env.now.getTime();
  const putAgain = containingHolds(draft, target).some(
    (hold) => hold.drift !== undefined && now - Date.parse(hold.drift.at) < AFTER_CHANGE_MS,
  );
  if (putAgain) return AFTER_CHANGE_MS;
  const ageMs = now - Date.parse(attempt.createdAt);
  return PACE.find(([untilMs]) => ageMs < untilMs)?.[1] ?? SLOWEST_MS;
}

/** Puts the same attempt off: one row for as long as it watches. */
function lookLater(draft: Draft, attempt: AttemptRow, afterMs: number): void {
  const dueAt = new Date(draft.env.now.getTime() + afterMs).toISOString();
  draft.disarm((timer) => timer.attempt === attempt.id);
  draft.putAttempt({
    ...attempt,
    state: 'planned',
    owner: null,
    tries: 0,
    notBefore: dueAt,
    startedAt: null,
  });
  draft.arm({ kind: 'retry', chart: attempt.chart, name: attempt.id, event: '', attempt: attempt.id, dueAt });
}

function endWatch(draft: Draft, attempt: AttemptRow): void {
  draft.disarm((timer) => timer.attempt === attempt.id);
  draft.putAttempt({ ...attempt, state: 'succeeded', owner: null, notBefore: null, finishedAt: draft.at });
  const invocation = draft.invocations.get(attempt.invocation);
  if (invocation?.status === 'open')
    draft.putInvocation({ ...invocation, status: 'done', closedAt: draft.at });
}
