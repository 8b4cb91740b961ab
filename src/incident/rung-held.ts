import type { Action } from '../action/action.ts';
import { quarantineRole } from '../action/iam-quarantine-role.ts';
import { reserveZeroConcurrency } from '../action/lambda-reserve-zero-concurrency.ts';
import { scaleInstancesToZero } from '../action/lambda-scale-instances-to-zero.ts';
import type { Rung } from '../action/rung.ts';
import { RUNGS } from '../action/rung.ts';
import { isContaining } from './hold.ts';
import type { AttemptRow, HoldRow } from './state.ts';

/** What stops a function or takes its rights away; everything else that is held limits it, or keeps something safe. */
const ISOLATING: ReadonlySet<string> = new Set([
  quarantineRole.id,
  reserveZeroConcurrency.id,
  scaleInstancesToZero.id,
]);

/**
 * True while people are asked whether the function may be stopped, or denied its role: until they decide, what is held
 * already is half a containment. The deny of a shared role as a whole is a wider step, and not a half of this one.
 */
export function isolationAwaited(attempts: Iterable<AttemptRow>, functionArn: string): boolean {
  for (const { action, effect, state, target, input } of attempts) {
    if (effect !== 'contain' || state !== 'awaiting' || target?.functionArn !== functionArn) continue;
    if (ISOLATING.has(action) && (action !== quarantineRole.id || input.mode === 'function')) return true;
  }
  return false;
}

/** How hard what is held on one function bites: its hardest rung; `null` while nothing that bites is held. Pure. */
export function rungHeld(
  holds: Iterable<HoldRow>,
  functionArn: string,
  catalogue: ReadonlyMap<string, Action>,
): Rung | null {
  let hardest = -1;
  for (const hold of holds) {
    if (hold.status === 'closed' || !isContaining(hold) || hold.target.functionArn !== functionArn) continue;
    if (ISOLATING.has(hold.action)) return 'isolate';
    const action = catalogue.get(hold.action);
    const rung = action?.effect === 'contain' ? action.rung : undefined;
    if (rung !== undefined) hardest = Math.max(hardest, RUNGS.indexOf(rung));
  }
  return RUNGS[hardest] ?? null;
}
