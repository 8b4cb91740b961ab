import type { Draft } from './draft.ts';
import type { AttemptRow, BreakGlass } from './state.ts';

/**
 * Breaking the glass: one named person lets one incident contain without further approvals for some minutes, says why,
 * and is reviewed by somebody else afterwards. It answers questions; what is refused, excluded or paused stays so.
 */

/** The broken glass in force at this instant; `null` when there is none. */
export function brokenGlass(draft: Draft): BreakGlass | null {
  const { breakGlass } = draft.record;
  if (breakGlass === undefined || Date.parse(breakGlass.until) <= draft.env.now.getTime()) return null;
  return breakGlass;
}

/** True when a question about this attempt counts as answered. */
export function isGlassBrokenFor(draft: Draft, attempt: AttemptRow): boolean {
  return attempt.effect === 'contain' && brokenGlass(draft) !== null;
}

/** True while somebody still has to say whether breaking the glass was right. */
export function isReviewOpen(record: { readonly breakGlass?: BreakGlass }): boolean {
  return record.breakGlass !== undefined && record.breakGlass.review === null;
}
