import type { Draft } from './draft.ts';
import { newAttempt } from './new-attempt.ts';
import type { AttemptRow } from './state.ts';

/**
 * Tries another way of the same action where AWS refuses one for good: at once, in the same invocation, and asked about at
 * the gate like any other. Returns the attempt that takes the place; `undefined` where the action knows no other way.
 */
export function tryAnotherWay(draft: Draft, attempt: AttemptRow, code: string): AttemptRow | undefined {
  const action = draft.env.catalogue.get(attempt.action);
  const invocation = draft.invocations.get(attempt.invocation);
  const { object, target } = attempt;
  if (action?.effect !== 'contain' || attempt.effect !== 'contain' || attempt.upkeep === true)
    return undefined;
  if (object === null || target === null || invocation === undefined) return undefined;
  const input = action.otherwise?.(attempt.input, object, code) ?? null;
  if (input === null) return undefined;
  const [next] = action.objects(target, input);
  if (next === undefined) return undefined;
  const siblings = [...draft.attempts.values()].filter((other) => other.invocation === attempt.invocation);
  const instead = newAttempt(draft, invocation, {
    effect: 'contain',
    lane: attempt.lane,
    object: next,
    target,
    ordinal: Math.max(...siblings.map((other) => other.ordinal)) + 1,
    action: attempt.action,
    input,
  });
  draft.putAttempt(instead);
  return instead;
}
