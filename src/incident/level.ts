import type { Target } from '../action/ports.ts';
import type { Draft } from './draft.ts';
import { containingHolds } from './hold.ts';
import { isOfRelease } from './release-step.ts';
import { isolationAwaited, rungHeld } from './rung-held.ts';
import type { AttemptRow, Level } from './state.ts';
import { isFinal } from './state.ts';
import { watchOf } from './watch-record.ts';

const ORDER: readonly Level[] = ['none', 'accepted', 'read_back', 'effective', 'observed', 'breached'];

/**
 * An incident is as contained as its least contained function. A breach of one is a breach of the incident: an effective
 * containment beside it must not hide it.
 */
export function incidentLevel(levels: Readonly<Record<string, Level>>, targets: readonly Target[]): Level {
  if (targets.length === 0) return 'none';
  const all = targets.map((target) => levels[target.functionArn] ?? 'none');
  if (all.includes('breached')) return 'breached';
  const ranks = all.map((level) => ORDER.indexOf(level));
  return ORDER[Math.min(...ranks)] ?? 'none';
}

/** Raises a target to *accepted* once every containing attempt on it has been accepted. */
export function accepted(draft: Draft, target: Target): void {
  const attempts = [...draft.attempts.values()].filter(
    (row) =>
      row.effect === 'contain' &&
      !isOfRelease(row) &&
      row.replacedBy === undefined &&
      row.target?.functionArn === target.functionArn,
  );
  const counted = attempts.filter((row) => !madeAgain(row, attempts));
  if (counted.every((row) => isFinal(row.state)) && counted.every((row) => row.state === 'succeeded')) {
    raiseLevel(draft, target, 'accepted', 'every containing call was accepted');
  }
}

/** True for an attempt that AWS refused until something else was preserved, and that was made again since. */
function madeAgain(row: AttemptRow, attempts: readonly AttemptRow[]): boolean {
  return (
    row.error?.code === 'cordon_preserve_first' &&
    attempts.some(
      (later) =>
        later.action === row.action &&
        later.object?.key === row.object?.key &&
        later.createdAt > row.createdAt,
    )
  );
}

/** Raises a target's level and records it; a level never falls silently, so a lower one is ignored. */
export function raiseLevel(draft: Draft, target: Target, level: Level, why: string): void {
  const current = draft.record.levels[target.functionArn] ?? 'none';
  const shown = limited(draft, target, level, why);
  if (ORDER.indexOf(shown.level) <= ORDER.indexOf(current)) return;
  setLevel(draft, target, shown.level, shown.why);
}

/** Says what a target's level has become, lower or higher: what was shown once is shown no more, or again. */
export function fallTo(draft: Draft, target: Target, level: Level, why: string): void {
  const shown = limited(draft, target, level, why);
  setLevel(draft, target, shown.level, shown.why);
}

/**
 * *Contained* means *effective*, so a rung that only limits the function is never called more than *read back*, however
 * well it holds, and neither is one half of an isolation whose other half waits: people would take it for containment.
 */
function limited(draft: Draft, target: Target, level: Level, why: string): { level: Level; why: string } {
  if (level !== 'effective' && level !== 'observed') return { level, why };
  const rung = rungHeld(draft.holds.values(), target.functionArn, draft.env.catalogue);
  if (rung === 'isolate' && isolationAwaited(draft.attempts.values(), target.functionArn)) {
    return { level: 'read_back', why: `the rest of the isolation waits for people: ${why}` };
  }
  if (rung === 'isolate') return { level, why };
  return {
    level: 'read_back',
    why: `rung ${rung ?? 'none'} limits the function and does not contain it: ${why}`,
  };
}

/**
 * Takes a target back to *none* once nothing of this incident is held on it any more. After a rollback of one action what
 * is left may limit the function and not contain it: then it is called contained no more.
 */
export function released(draft: Draft, target: Target, rolledBack: boolean): void {
  if (containingHolds(draft, target).length === 0) {
    setLevel(draft, target, 'none', 'released');
    return;
  }
  const level = draft.record.levels[target.functionArn] ?? 'none';
  if (rolledBack) fallTo(draft, target, level, 'one action was undone');
}

function setLevel(draft: Draft, target: Target, level: Level, why: string): void {
  if ((draft.record.levels[target.functionArn] ?? 'none') === level) return;
  draft.record = { ...draft.record, levels: { ...draft.record.levels, [target.functionArn]: level } };
  if (level === 'effective') {
    const effectiveAt = { ...draft.record.effectiveAt, [target.functionArn]: draft.at };
    draft.record = { ...draft.record, effectiveAt };
  }
  draft.log(
    'containment.level',
    { kind: 'engine' },
    `${target.functionName}: containment ${level.replace('_', ' ')} (${why})`,
    {
      target: target.functionArn,
      level,
      why,
      ...seenBy(draft, target),
    },
  );
  draft.post('card', {}, { merge: 'card' });
}

/** What the watch had counted by then: at the release, what containment cost the callers. */
function seenBy(draft: Draft, target: Target) {
  const { lookedAt, refused, throttled, dropped } = watchOf(draft, target);
  // Not counted in old records: nothing is written of it then, which is not the same as 0.
  const lost = dropped === undefined ? {} : { dropped };
  return lookedAt === null ? {} : { seen: { lookedAt, refused, throttled, ...lost } };
}
