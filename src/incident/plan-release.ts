import type { Draft } from './draft.ts';
import { newAttempt } from './new-attempt.ts';
import type { ReleaseAttempt } from './release.ts';
import { postpone } from './release-wait.ts';
import type { AttemptRow, InvocationRow } from './state.ts';

/** Plans the steps of a release in its invocation, each for no earlier than it says. */
export function planRelease(
  draft: Draft,
  invocation: InvocationRow,
  steps: readonly ReleaseAttempt[],
  more: Partial<AttemptRow> = {},
): void {
  for (const { notBefore = null, ...step } of steps) {
    const planned = newAttempt(draft, invocation, { ...step, ...more });
    draft.putAttempt(planned);
    if (notBefore !== null) postpone(draft, planned, notBefore);
  }
  draft.agenda.push({ kind: 'settle-invocation', invocation: invocation.id });
}
