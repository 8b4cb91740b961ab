import type { Look } from '../action/containment-watch.ts';
import type { Target } from '../action/ports.ts';
import { isOwnSession } from '../enrolment/enrolment.ts';
import type { Draft } from './draft.ts';
import { containingHolds, noteLeft, strictest } from './hold.ts';
import type { AttemptRow, HoldRow } from './state.ts';
import { hasWork, startUpkeep } from './upkeep.ts';
import { putWatch, watchOf } from './watch-record.ts';

/**
 * The guard against drift: what somebody changed of a held object is put again at once, three times; then a person is
 * asked, since a deployment and a guard that undo each other for ever help nobody (reference, 1.2 step 11). A release
 * stays exact: the prior state is the one from before the first write, whatever was found later.
 */

/** So often it is put again without asking. */
const AUTOMATIC = 3;

// What could not be put again is not tried at every look.
const RETRY_MS = 10 * 60_000;

type Change = Look['changes'][number];

/** Puts again what is not as it was left, where that is ours to do; true when anything was not. */
export function putAgain(draft: Draft, target: Target, drifted: Look['drifted']): boolean {
  let found = false;
  for (const each of drifted) {
    const holds = containingHolds(draft, target).filter((hold) => hold.objectKey === each.objectKey);
    // Under way: a release that opens it, or a write that was not accepted yet.
    if (holds.some((hold) => hold.acceptedAt === null || hasWork(draft, hold.id))) continue;
    const hold = strictest(draft, holds);
    if (hold === undefined) continue;
    found = true;
    if (isLeftToPeople(draft, hold)) continue;
    const times = (hold.drift?.times ?? 0) + 1;
    const asks = times > AUTOMATIC;
    const drift = { times, at: draft.at, found: each.found };
    draft.putHold({ ...hold, drift });
    const what = `${hold.object.arn} was changed: ${each.found}`;
    const then = asks
      ? 'a person is asked before it is put again'
      : `put again (${times} of ${AUTOMATIC} times without asking)`;
    draft.log('containment.drift', { kind: 'engine' }, `${target.functionName}: ${what}; ${then}`, {
      target: target.functionArn,
      object: hold.objectKey,
      hold: hold.id,
      found: each.found,
      times,
      asks,
    });
    const watch = watchOf(draft, target);
    putWatch(draft, target, {
      ...watch,
      drifts: [...watch.drifts, { at: draft.at, object: hold.object.arn, what: each.found, by: null, asks }],
    });
    draft.post('announce', {
      name: asks ? 'drift-asks' : 'drift',
      object: hold.object.arn,
      found: each.found,
      times,
    });
    const wrote = draft.attempts.get(hold.attempt);
    startUpkeep(draft, hold, {
      effect: 'contain',
      // The same plan was allowed before: its approvals are of its digest, and so of this one.
      ...(asks || wrote === undefined
        ? { asksFirst: true }
        : { approvals: wrote.approvals, silenceAllows: wrote.silenceAllows }),
      ...(wrote?.fallbackOf === undefined ? {} : { fallbackOf: wrote.fallbackOf }),
      requestedBy: wrote?.requestedBy ?? null,
    });
  }
  return found;
}

/** Says who changed what is contained, once an event, and whether there was one; CloudTrail names them minutes after the change was put right. */
export function noteChanges(draft: Draft, target: Target, changes: readonly Change[]): boolean {
  const watch = watchOf(draft, target);
  const seen = new Set(watch.seen);
  const news = changes.filter(
    (change) => !seen.has(change.id) && !bySessionOfOurs(draft, target, change) && !isOurs(draft, change),
  );
  if (news.length === 0) return false;
  const drifts = [...watch.drifts];
  for (const change of news) {
    const objects = containingHolds(draft, target)
      .filter((hold) => change.undoes.includes(hold.objectKey))
      .map((hold) => hold.object.arn);
    draft.log(
      'containment.drift',
      { kind: 'engine' },
      `${target.functionName}: ${change.principal} called ${change.call} at ${change.at}${objects.length === 0 ? ', which undoes nothing of ours' : ` on ${objects[0]}`}`,
      {
        target: target.functionArn,
        event: change.id,
        by: change.principal,
        call: change.call,
        at: change.at,
        undoes: change.undoes,
      },
    );
    // What a look had found already now has a name; what it never saw, because it was put right before, is one more.
    const nameless = drifts.findLastIndex(
      (drift) => drift.by === null && objects.includes(drift.object) && drift.at >= change.at,
    );
    const known = drifts[nameless];
    if (known !== undefined) drifts[nameless] = { ...known, by: change.principal };
    else
      drifts.push({
        at: change.at,
        object: objects[0] ?? target.functionArn,
        what: change.call,
        by: change.principal,
        asks: false,
      });
  }
  putWatch(draft, target, { ...watch, drifts, seen: [...watch.seen, ...news.map((change) => change.id)] });
  draft.post('announce', {
    name: 'drift-by',
    functionArn: target.functionArn,
    principals: [...new Set(news.map((change) => change.principal))].slice(0, 5),
    calls: [...new Set(news.map((change) => change.call))].slice(0, 10),
  });
  return true;
}

/** Whether a session of Cordon's own roles made the call, for this incident or another: all of ours carry a source identity. */
function bySessionOfOurs(draft: Draft, target: Target, change: Change): boolean {
  return change.sourceIdentity !== null && isOwnSession(draft.env.enrolment, target, change.principal);
}

/**
 * Whether Cordon made the call itself without a role: at the instant at which an attempt of ours was at the object. A
 * stranger who calls in that very second is not named; what it did is found all the same.
 */
function isOurs(draft: Draft, change: Change): boolean {
  const atMs = Date.parse(change.at);
  return [...draft.attempts.values()].some((attempt) => {
    if (attempt.effect !== 'contain' && attempt.effect !== 'restore') return false;
    if (attempt.startedAt === null || attempt.object === null) return false;
    const made = attempt.effect === 'restore' || attempt.changes.some((each) => each.call === change.call);
    const about = change.undoes.length === 0 || change.undoes.includes(attempt.object.key);
    if (!made || !about) return false;
    const startedMs = Math.floor(Date.parse(attempt.startedAt) / 1000) * 1000;
    const finishedMs =
      attempt.finishedAt === null ? Number.POSITIVE_INFINITY : Date.parse(attempt.finishedAt);
    return atMs >= startedMs && atMs <= finishedMs;
  });
}

/** A person said that it is put again: what was changed before counts no more. */
export function forgetDrift(draft: Draft, attempt: AttemptRow): void {
  const hold = attempt.hold === null ? undefined : draft.holds.get(attempt.hold);
  if (hold?.drift !== undefined) draft.putHold({ ...hold, drift: { ...hold.drift, times: 0 } });
}

/** A person is deciding about the object, or said that it stays; or it was tried just now, in vain. */
function isLeftToPeople(draft: Draft, hold: HoldRow): boolean {
  const last = [...draft.attempts.values()].findLast(
    (attempt) => attempt.hold === hold.id && attempt.finishedAt !== null,
  );
  if (last === undefined || last.state === 'succeeded') return false;
  // A release that could not end asks about it: putting ours again would take the question away.
  if (last.effect === 'restore') return true;
  if (last.state === 'denied') {
    if (hold.left === undefined)
      noteLeft(draft, hold.id, `${hold.object.arn} stays as it was found, as a person decided`);
    return true;
  }
  return draft.env.now.getTime() - Date.parse(last.finishedAt ?? draft.at) < RETRY_MS;
}
