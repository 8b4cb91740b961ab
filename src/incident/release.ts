import type { Draft } from './draft.ts';
import { handOver } from './hold.ts';
import type { AttemptRow, HoldRow } from './state.ts';

/** What a reversing attempt says beyond a fresh one. */
export type ReversingAttempt = Pick<
  AttemptRow,
  | 'effect'
  | 'lane'
  | 'object'
  | 'target'
  | 'ordinal'
  | 'action'
  | 'input'
  | 'prior'
  | 'priorUnknown'
  | 'desired'
  | 'reverses'
  | 'hold'
>;

/**
 * The release of everything this incident holds: one reversing attempt per hold, in the inverse order
 * of containment (reference, 1.7), each compare-and-set. A hold whose write is still on its way is
 * included: its reversal waits for it.
 */
export function releaseOf(draft: Draft): readonly ReversingAttempt[] {
  return openHolds(draft)
    .reverse()
    .map((hold, ordinal) => ({
      effect: 'restore',
      lane: 'contain',
      object: hold.object,
      target: hold.target,
      ordinal,
      action: hold.action,
      input: hold.input,
      prior: hold.prior,
      priorUnknown: hold.prior === null,
      desired: hold.desired,
      reverses: hold.attempt,
      hold: hold.id,
    }));
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

/** Open holds in the order in which they were opened. */
function openHolds(draft: Draft): HoldRow[] {
  return [...draft.holds.values()]
    .filter((hold) => hold.status !== 'closed' && hold.handedOverTo === null)
    .sort((a, b) => a.openedAt.localeCompare(b.openedAt) || a.ordinal - b.ordinal);
}
