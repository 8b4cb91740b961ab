import type { Clock } from '../../clock.ts';
import type { ExerciseRecord } from './record.ts';
import type { Matcher } from './scenario.ts';

/** Waits until a step of the script is due; also returns when `signal` aborts. Steps begin with the exercise. */
export async function dueAt(
  step: { readonly at?: number | undefined; readonly after?: Matcher | undefined; readonly delay: number },
  options: { readonly clock: Clock; readonly record: ExerciseRecord; readonly signal: AbortSignal },
): Promise<void> {
  const { clock, record, signal } = options;
  if (step.after !== undefined) await record.until(step.after, signal);
  await clock.sleep(step.at ?? step.delay, signal);
}
