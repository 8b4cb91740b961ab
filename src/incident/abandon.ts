import { CodedError } from '../error.ts';
import { finish } from './attempt.ts';
import { closeIncident } from './close.ts';
import type { Draft } from './draft.ts';
import { settleHold } from './hold.ts';
import { withdrawInvocation } from './invocation.ts';
import { isFinal } from './state.ts';

class AbandonError extends CodedError<'cordon_not_an_exercise'> {}

/**
 * Closes an exercise that was cut short: its simulated account is gone, so there is nothing to undo and
 * nobody to ask. Throws `cordon_not_an_exercise` for a real incident, which is never given up.
 */
export function abandonExercise(draft: Draft): void {
  if (!draft.record.exercise) {
    throw new AbandonError(
      'cordon_not_an_exercise',
      `expected an exercise, found the real incident ${draft.id}; close it by its playbook`,
    );
  }
  draft.log(
    'note.added',
    { kind: 'engine' },
    'The exercise was cut short and its simulated account is gone: closed without release',
    {},
  );
  for (const chart of [...draft.charts.values()]) {
    if (chart.status === 'active') draft.putChart({ ...chart, status: 'withdrawn' });
  }
  for (const invocation of [...draft.invocations.values()]) {
    if (invocation.status === 'open') withdrawInvocation(draft, invocation);
  }
  for (const attempt of [...draft.attempts.values()]) {
    if (!isFinal(attempt.state)) finish(draft, attempt, 'cancelled');
  }
  for (const hold of [...draft.holds.values()]) settleHold(draft, hold.id, 'not-needed');
  closeIncident(draft);
  draft.disarm(() => true);
}
