import type { ContainAction } from '../action/action.ts';
import type { Target } from '../action/ports.ts';
import type { FallbackRung } from '../action/rung.ts';
import { isBelow, rungOf } from '../action/rung.ts';
import type { Alert } from '../alert/alert.ts';
import type { JsonObject } from '../json.ts';
import type { Draft } from './draft.ts';
import type { AttemptRow } from './state.ts';

/**
 * What silence takes instead of what was asked, where the policy names a lower rung: an attempt of its own in the same
 * invocation. It is asked about at the gate like any other, but a question about it counts as answered, since the
 * policy has said so; what is forbidden stays forbidden.
 */

// So few that abuse is slow and seen, so many that customers of a false alarm are served.
const CAP = 5;

const INPUTS: Readonly<Record<FallbackRung, (target: Target, alert: Alert) => JsonObject>> = {
  'deny-abused-apis': (target, alert) => ({
    roles: [...target.roles],
    actions: [...(alert.abusedApis ?? [])],
  }),
  'deny-privilege': (target) => ({ roles: [...target.roles] }),
  'cap-concurrency': () => ({ limit: CAP }),
};

export type Fallback =
  | { readonly kind: 'attempts'; readonly attempts: readonly FallbackAttempt[] }
  /** Another attempt of this incident is at it already. */
  | { readonly kind: 'taken' }
  | { readonly kind: 'impossible'; readonly reason: string };

type FallbackAttempt = Pick<AttemptRow, 'action' | 'input' | 'object' | 'target' | 'ordinal'>;

/** The attempts of a lower rung that take the place of `attempt`, or why there can be none. */
export function fallbackOf(draft: Draft, attempt: AttemptRow, rung: FallbackRung): Fallback {
  const { target } = attempt;
  const { alert } = draft.record;
  const asked = draft.env.catalogue.get(attempt.action);
  if (target === null) return impossible('the attempt names no function');
  if (!isBelow(rung, rungOf(asked?.effect === 'contain' ? asked : undefined)))
    return impossible(`${rung} is not below what was asked`);
  const action = [...draft.env.catalogue.values()].find(
    (known): known is ContainAction => known.effect === 'contain' && known.rung === rung,
  );
  const input = action?.input.safeParse(INPUTS[rung](target, alert));
  if (action === undefined || input?.success !== true) {
    const unnamed = rung === 'deny-abused-apis' ? (alert.unnamedApis ?? []) : [];
    const why = unnamed.length === 0 ? '' : `: ${unnamed.join('; ')}`;
    return impossible(`${rung} cannot be done to this function with what is known of it${why}`);
  }
  const before = [...draft.attempts.values()];
  const open = action
    .objects(target, input.data)
    .filter((object) => !before.some((other) => isAtIt(draft, other, action.id, object.key)));
  if (open.length === 0) return { kind: 'taken' };
  const last = Math.max(
    ...before.filter((other) => other.invocation === attempt.invocation).map((other) => other.ordinal),
  );
  return {
    kind: 'attempts',
    attempts: open.map((object, index) => ({
      action: action.id,
      input: input.data,
      object,
      target,
      ordinal: last + 1 + index,
    })),
  };
}

/** Whether an attempt does the same to the object already, or something holds it, which is then at least as strict. */
function isAtIt(draft: Draft, other: AttemptRow, action: string, objectKey: string): boolean {
  if (other.effect !== 'contain' || other.object?.key !== objectKey) return false;
  const hold = other.hold === null ? undefined : draft.holds.get(other.hold);
  return other.action === action || (hold !== undefined && hold.status !== 'closed');
}

function impossible(reason: string): Fallback {
  return { kind: 'impossible', reason };
}
