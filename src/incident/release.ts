import { z } from 'zod';
import { quarantineRole } from '../action/iam-quarantine-role.ts';
import { revokeSessions } from '../action/iam-revoke-sessions.ts';
import { renewEnvironments } from '../action/lambda-renew-environments.ts';
import { reserveZeroConcurrency } from '../action/lambda-reserve-zero-concurrency.ts';
import { rollBackAlias } from '../action/lambda-roll-back-alias.ts';
import { PUBLISHED_VERSIONS } from '../action/manifest-parts.ts';
import type { Target } from '../action/ports.ts';
import { releasePlace } from '../action/release-order.ts';
import { accountFor } from '../enrolment/enrolment.ts';
import type { HoldId } from '../id.ts';
import type { JsonObject } from '../json.ts';
import { baselineOf } from './baseline.ts';
import type { Draft } from './draft.ts';
import { handOver, isContaining, strictest } from './hold.ts';
import { postpone, RUNS } from './release-wait.ts';
import type { AttemptRow, HoldRow } from './state.ts';

/** What an attempt of a release says beyond a fresh one. */
export type ReleaseAttempt = Pick<
  AttemptRow,
  'effect' | 'lane' | 'object' | 'target' | 'ordinal' | 'action' | 'input'
> &
  Partial<AttemptRow>;

/** How long a canary is watched in an account that is not enrolled any more. */
const CANARY_WATCH_S = 60;

/** How long environments that nobody calls are waited out there. */
const REAP_S = 1800;

// An invocation that was running when the function was stopped may go on for its timeout, at most this long
// (AWS Lambda quotas), with credentials that are renewed meanwhile.
const LONGEST_INVOCATION_MS = 900_000;

const manifest = z.looseObject({
  timeoutSeconds: z.number().nullable(),
  codeSha256: z.string().nullable().default(null),
  codes: z.array(z.string()).default([]),
  siblings: z.array(z.string()).default([]),
  parts: z.record(z.string(), z.string()).default({}),
});

/**
 * The release of everything this incident holds, each step compare-and-set, in the order of `release-order.ts`. A hold
 * whose write is still on its way is included: its reversal waits for it. Before a quarantine is taken away, sessions that
 * are older than containment are revoked (unless nothing was wrong); before invocations are let in again, one at a
 * time is, and watched. With `only`, the same steps for these holds alone.
 */
export function releaseOf(
  draft: Draft,
  input: JsonObject,
  only: ReadonlySet<HoldId> | null = null,
): readonly ReleaseAttempt[] {
  const attempts: Omit<ReleaseAttempt, 'ordinal'>[] = [];
  for (const hold of inReleaseOrder(draft)) {
    if (only !== null && !only.has(hold.id)) continue;
    const { object, target, action } = hold;
    const restore: Omit<ReleaseAttempt, 'ordinal'> = {
      effect: 'restore',
      lane: 'contain',
      object,
      target,
      action,
      input: hold.input,
      prior: hold.prior,
      priorUnknown: hold.prior === null,
      desired: hold.trial?.state ?? hold.desired,
      reverses: hold.attempt,
      hold: hold.id,
      ...decided(draft, hold, input.onConflict),
      // A false alarm has changed nothing; after an attack the code that runs again is the one from before, or a person's word.
      ...(input.afterAttack === true && releasePlace(action) === RUNS ? knownGood(draft, target) : {}),
    };
    if (input.afterAttack === true && action === quarantineRole.id) {
      const known = new Set(attempts.map((attempt) => `${attempt.action} ${attempt.object?.key}`));
      // Two holds of one deny, an earlier incident's and ours, have the same sessions to revoke.
      attempts.push(
        ...revoking(draft, hold).filter((each) => !known.has(`${each.action} ${each.object?.key}`)),
      );
    }
    // After a false alarm there is nothing to watch for, and callers have waited long enough.
    const trial = input.afterAttack === true ? trialOf(draft, hold) : null;
    if (trial !== null) attempts.push({ ...restore, trial });
    attempts.push(restore);
  }
  const opening = attempts.findIndex(({ action }) => releasePlace(action) >= RUNS);
  const at = opening === -1 ? attempts.length : opening;
  const renewals = renewing(draft, attempts);
  return [
    ...attempts.slice(0, at),
    ...renewals,
    ...attempts.slice(at).map((attempt) => ({ ...attempt, ...onceReaped(draft, renewals, attempt.target) })),
  ].map((attempt, ordinal) => ({ ...attempt, ordinal }));
}

/**
 * The code that may run again: what the manifest had, of published versions too, since a reviewed one is what a pipeline
 * puts back, and what a person rolled back to. Unknown compares with nothing.
 */
function knownGood(draft: Draft, target: Target): Pick<AttemptRow, 'knownGood'> {
  const { codeSha256, codes } = captured(draft, target);
  const named = [...draft.attempts.values()].flatMap((attempt) =>
    attempt.action === rollBackAlias.id &&
    attempt.state === 'succeeded' &&
    attempt.target?.functionArn === target.functionArn
      ? [String(attempt.input.codeSha256)]
      : [],
  );
  return codeSha256 === null ? {} : { knownGood: [...new Set([codeSha256, ...codes, ...named])] };
}

/** Warm environments hold sessions that are revoked now: those that can be made anew are, before anybody calls them. */
function renewing(
  draft: Draft,
  attempts: readonly Omit<ReleaseAttempt, 'ordinal'>[],
): Omit<ReleaseAttempt, 'ordinal'>[] {
  const revoked = attempts.filter(({ action }) => action === revokeSessions.id);
  const targets = new Map(
    revoked.flatMap(({ target }) => (target === null ? [] : [[target.functionArn, target] as const])),
  );
  return [...targets.values()].flatMap((target) => {
    const whole = revoked.some(
      (one) => one.target?.functionArn === target.functionArn && one.input.mode === 'role',
    );
    // A deny of the whole role also reaches the environments of whoever shares it.
    const functions = [target.functionArn, ...(whole ? captured(draft, target).siblings : [])].slice(0, 50);
    return renewEnvironments.objects(target, { functions }).map((object) => ({
      effect: 'contain' as const,
      lane: 'contain' as const,
      object,
      target,
      action: renewEnvironments.id,
      input: { functions: [object.arn] },
    }));
  });
}

/** A published version cannot be changed: its environments are gone once nobody has called them for a while. */
function onceReaped(
  draft: Draft,
  renewals: readonly Omit<ReleaseAttempt, 'ordinal'>[],
  target: Target | null,
): Pick<AttemptRow, 'notBefore'> | undefined {
  if (target === null || !captured(draft, target).published) return undefined;
  if (!renewals.some((one) => one.target?.functionArn === target.functionArn)) return undefined;
  const stopped = stoppedAt(draft, target);
  if (stopped === null) return undefined;
  const account = accountFor(draft.env.enrolment, target.account, target.region);
  const idleMs = 1000 * (account?.reapSeconds ?? REAP_S);
  const reapedMs = Date.parse(stopped) + longestInvocationMs(draft, target) + idleMs;
  return reapedMs <= draft.env.now.getTime() ? undefined : { notBefore: new Date(reapedMs).toISOString() };
}

function inReleaseOrder(draft: Draft): readonly HoldRow[] {
  const ordered = openHolds(draft)
    .reverse()
    .sort((a, b) => releasePlace(a.action) - releasePlace(b.action));
  // Of several holds on one object the strictest is what is there, so it is the one to put back; the rest find it done.
  const byObject = new Map<string, HoldRow[]>();
  for (const hold of ordered) byObject.set(hold.objectKey, [...(byObject.get(hold.objectKey) ?? []), hold]);
  return [...byObject.values()].flatMap((holds) => {
    const first = strictest(draft, holds);
    return first === undefined ? holds : [first, ...holds.filter((hold) => hold !== first)];
  });
}

/** What a person said about the conflict that the last release met on this object, bound to what was found. */
function decided(draft: Draft, hold: HoldRow, decision: unknown): Pick<AttemptRow, 'onConflict'> {
  if (decision !== 'overwrite' && decision !== 'accept') return {};
  const last = [...draft.attempts.values()].findLast(
    (attempt) => attempt.hold === hold.id && attempt.effect === 'restore',
  );
  return last?.error?.code === 'cordon_attempt_conflict'
    ? { onConflict: { decision, found: last.error.message } }
    : {};
}

function revoking(draft: Draft, hold: HoldRow): Omit<ReleaseAttempt, 'ordinal'>[] {
  const { object, target } = hold;
  const mode = modeOf(hold);
  // Revoking every session of the role revokes those of the function too.
  const covered = openHolds(draft).some(
    (other) =>
      other.action === quarantineRole.id && other.object.arn === object.arn && modeOf(other) === 'role',
  );
  if (mode === 'function' && covered) return [];
  const { policyArn } = z.looseObject({ policyArn: z.string().nullish() }).parse(hold.desired);
  if (typeof policyArn === 'string') {
    // A prepared policy cannot hold a date that nobody knew, and profile static may write no other: say so, and release.
    draft.log(
      'note.added',
      { kind: 'engine' },
      `Sessions of ${object.arn} from before containment stay valid for up to 36 hours: profile static cannot revoke them by date`,
      { object: object.arn, hold: hold.id },
    );
    return [];
  }
  const input = { roles: [object.arn], mode, before: cutOff(draft, target) };
  return revokeSessions.objects(target, input).map((each) => ({
    effect: 'contain' as const,
    lane: 'contain' as const,
    object: each,
    target,
    action: revokeSessions.id,
    input,
  }));
}

function modeOf(hold: HoldRow): 'function' | 'role' {
  return z.looseObject({ mode: z.enum(['function', 'role']) }).parse(hold.input).mode;
}

/**
 * Sessions issued before this are revoked: the later of the moment from which containment was effective and the end of
 * the last invocation that was still running then (reference, 1.8.5); never in the future, which would deny sessions to come.
 */
function cutOff(draft: Draft, target: Target): string {
  const stopped = stoppedAt(draft, target);
  const effective = draft.record.effectiveAt?.[target.functionArn];
  const instants = [
    effective === undefined ? draft.env.now.getTime() : Date.parse(effective),
    stopped === null ? draft.env.now.getTime() : Date.parse(stopped) + longestInvocationMs(draft, target),
  ];
  return new Date(Math.min(draft.env.now.getTime(), Math.max(...instants))).toISOString();
}

/** When the target's invocations were stopped; `null` while that was not accepted. */
function stoppedAt(draft: Draft, target: Target): string | null {
  const stop = [...draft.holds.values()].find(
    (hold) => hold.target.functionArn === target.functionArn && hold.action === reserveZeroConcurrency.id,
  );
  return stop?.acceptedAt ?? null;
}

/** The longest that an invocation which ran at the stop may go on: the function's timeout, as its manifest had it. */
export function longestInvocationMs(draft: Draft, target: Target): number {
  const { timeoutSeconds } = captured(draft, target);
  return timeoutSeconds === null ? LONGEST_INVOCATION_MS : timeoutSeconds * 1000;
}

/** What release needs of the target's manifest; of one that could not be captured, what is safe to assume. */
function captured(draft: Draft, target: Target) {
  const read = manifest.safeParse(baselineOf(draft, target));
  if (!read.success)
    return { timeoutSeconds: null, codeSha256: null, codes: [], siblings: [], published: true };
  const { timeoutSeconds, codeSha256, codes, siblings, parts } = read.data;
  return { timeoutSeconds, codeSha256, codes, siblings, published: parts[PUBLISHED_VERSIONS] !== '0' };
}

function trialOf(draft: Draft, hold: HoldRow): JsonObject | null {
  const action = draft.env.catalogue.get(hold.action);
  if (hold.trial !== undefined || hold.prior === null || action?.effect !== 'contain') return null;
  return action.trial?.(hold.prior) ?? null;
}

/** The step after a canary waits for it to be watched, and is compare-and-set against the canary. */
export function afterTrial(draft: Draft, trial: AttemptRow, found: 'put' | 'not-needed'): void {
  const hold = trial.hold === null ? undefined : draft.holds.get(trial.hold);
  if (found === 'not-needed' || trial.trial === undefined || hold === undefined) return;
  draft.putHold({ ...hold, trial: { state: trial.trial, at: draft.at } });
  const next = [...draft.attempts.values()].find(
    (attempt) =>
      attempt.invocation === trial.invocation && attempt.hold === hold.id && attempt.trial === undefined,
  );
  if (next === undefined) return;
  const account =
    trial.target === null
      ? undefined
      : accountFor(draft.env.enrolment, trial.target.account, trial.target.region);
  const watchMs = 1000 * (account?.canarySeconds ?? CANARY_WATCH_S);
  const dueAt = new Date(draft.env.now.getTime() + watchMs).toISOString();
  postpone(draft, { ...next, desired: trial.trial }, dueAt);
}

/** Why a restoring attempt may not go on though its object is as we left it; `undefined` when it may. */
export function obstacle(
  draft: Draft,
  attempt: AttemptRow,
): { readonly code: string; readonly message: string } | undefined {
  const hold = attempt.hold === null ? undefined : draft.holds.get(attempt.hold);
  const { lastAlertAt } = draft.record;
  if (hold?.trial !== undefined && lastAlertAt !== undefined && lastAlertAt > hold.trial.at) {
    return {
      code: 'cordon_canary_failed',
      message: `an alert joined the incident while ${attempt.object?.arn ?? 'the function'} ran as a canary; it is stopped again`,
    };
  }
  const revoked = [...draft.attempts.values()].filter(
    (other) =>
      other.invocation === attempt.invocation &&
      other.action === revokeSessions.id &&
      other.object?.arn === attempt.object?.arn,
  );
  if (attempt.action === quarantineRole.id && revoked.some((other) => other.state !== 'succeeded')) {
    return {
      code: 'cordon_sessions_not_revoked',
      message: `earlier sessions of ${attempt.object?.arn ?? 'the role'} could not be revoked, so its quarantine stays; see the attempt before`,
    };
  }
  return undefined;
}

/**
 * Hands what is held over to the person who leads: containment stays after the incident closes, and
 * somebody owns it. Returns that owner; `undefined` when nobody leads, and then nothing is handed over.
 */
export function handOverHolds(draft: Draft): string | undefined {
  const owner = draft.record.lead ?? undefined;
  if (owner !== undefined) for (const hold of openHolds(draft)) handOver(draft, hold.id, owner);
  return owner;
}

/** Open holds that contain, in the order in which they were opened. */
function openHolds(draft: Draft): HoldRow[] {
  return [...draft.holds.values()]
    .filter((hold) => hold.status !== 'closed' && hold.handedOverTo === null && isContaining(hold))
    .sort((a, b) => a.openedAt.localeCompare(b.openedAt) || a.ordinal - b.ordinal);
}
