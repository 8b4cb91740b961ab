import type { Draft } from './draft.ts';
import { chartOf, isContaining } from './hold.ts';
import { lastVerdict } from './notification.ts';
import { openInvocation } from './open-invocation.ts';
import { planRelease } from './plan-release.ts';
import { releaseOf } from './release.ts';
import type { HoldRow } from './state.ts';
import { ROLLBACK } from './state.ts';
import { hasWork } from './upkeep.ts';

/**
 * Undoing one action of an incident while the rest stays contained, because a person says so: the role is given back, and
 * invocations stay stopped. The steps are those of a release, gated alike, for what this one action holds: sessions from
 * before are revoked before a quarantine goes, a function comes back as a canary first.
 */

/** What a person may name, and what would be undone; or why nothing is. */
export type Rollback =
  | { readonly kind: 'holds'; readonly holds: readonly HoldRow[] }
  | { readonly kind: 'none' | 'several' | 'busy'; readonly names: readonly string[] };

/** Finds what this incident holds by an action, named alone, with the last part of its object, or with the object's ARN. Pure. */
export function rollbackOf(draft: Draft, wanted: string): Rollback {
  const open = [...draft.holds.values()].filter(
    (hold) => hold.status !== 'closed' && hold.handedOverTo === null && isContaining(hold),
  );
  const holds = open.filter((hold) => namesOf(hold).includes(wanted));
  // Two denies of one role, of the function and of the whole role, are one thing to who wants the role back.
  const objects = new Map(holds.map((hold) => [hold.object.arn, hold]));
  if (objects.size === 0) return { kind: 'none', names: shortest(open) };
  if (objects.size > 1) return { kind: 'several', names: shortest(holds) };
  const busy = holds.some((hold) => hold.acceptedAt === null || hasWork(draft, hold.id));
  return busy ? { kind: 'busy', names: [] } : { kind: 'holds', holds };
}

function namesOf({ action, object }: HoldRow): readonly string[] {
  return [action, `${action}/${lastPart(object.arn)}`, `${action}/${object.arn}`];
}

/** For each hold the shortest name that is only its own. */
function shortest(holds: readonly HoldRow[]): readonly string[] {
  const names = holds.map((hold) => {
    const own = namesOf(hold);
    const others = holds.filter((other) => other.object.arn !== hold.object.arn).flatMap(namesOf);
    return own.find((name) => !others.includes(name)) ?? own[0] ?? '';
  });
  return [...new Set(names)];
}

function lastPart(arn: string): string {
  return arn.split(/[:/]/).at(-1) ?? arn;
}

// Nothing was wrong: there is nobody to lock out.
const HARMLESS: ReadonlySet<string> = new Set(['false_positive', 'benign']);

/** Plans it, in an invocation of its own: the playbook stays where it is, and is told of nothing. */
export function startRollback(draft: Draft, holds: readonly HoldRow[], by: string): boolean {
  const chart = holds.map((hold) => chartOf(draft, hold)).find((id) => id !== undefined);
  if (chart === undefined) return false;
  const invocation = openInvocation(draft, {
    chart,
    xstateId: ROLLBACK,
    src: ROLLBACK,
    input: { holds: holds.map(({ id }) => id), by },
  });
  const afterAttack = !HARMLESS.has(lastVerdict(draft) ?? '');
  const own = new Set(holds.map(({ id }) => id));
  planRelease(draft, invocation, releaseOf(draft, { afterAttack }, own), { upkeep: true, requestedBy: by });
  return true;
}
