import type { AttemptRow } from './state.ts';

/** Tiers where a slip costs little. Any other counts as production, a misspelt one too, as in the default guardrails. */
const FORGIVING: readonly string[] = ['staging', 'development', 'sandbox'];

/**
 * What a person types to approve a plan in production: the function's name, so that nobody approves one plan out of
 * the habit of approving another. `null` where a press is enough. Pure.
 */
export function wordToApprove({ target, object }: Pick<AttemptRow, 'target' | 'object'>): string | null {
  if (target !== null && FORGIVING.includes(target.tier)) return null;
  return target?.functionName ?? object?.arn.split(/[:/]/).at(-1) ?? 'approve';
}
