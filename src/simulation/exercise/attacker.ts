import type { Clock } from '../../clock.ts';
import type { CallOutcome, HeldCredentials, InvokeOutcome } from '../world/attacker.ts';
import type { World } from '../world/world.ts';
import { ExerciseError } from './error.ts';
import type { ExerciseRecord } from './record.ts';
import type { AttackerStep } from './scenario.ts';
import { dueAt } from './timing.ts';

/** The other side of an exercise: it knows nothing of the engine and stops for nothing but refusals. */
export interface AttackerSide {
  /** Resolves when every step is over, which `signal` brings about. */
  run(signal: AbortSignal): Promise<void>;
  /** True for an access key that was taken. */
  holds(accessKeyId: string): boolean;
}

export function createAttackerSide(options: {
  readonly steps: readonly AttackerStep[];
  readonly world: World;
  readonly clock: Clock;
  readonly record: ExerciseRecord;
}): AttackerSide {
  const { steps, world, clock, record } = options;
  const stolen = new Map<string, HeldCredentials>();
  const keys = new Set<string>();

  /** Whether the account let it happen. */
  const act = async (step: AttackerStep): Promise<boolean> => {
    if ('steal' in step.act) {
      const credentials = world.attacker.stealCredentials(step.act.steal);
      stolen.set(step.id, credentials);
      keys.add(credentials.accessKeyId);
      return true;
    }
    if ('call' in step.act) {
      const { with: taken, ...call } = step.act.call;
      const credentials = stolen.get(taken);
      if (credentials === undefined) {
        throw new ExerciseError(
          'cordon_exercise_script',
          `attacker step ${step.id} comes before ${taken}, which steals what it uses; give it a later time`,
        );
      }
      return succeeded(await world.attacker.callAs(credentials, call));
    }
    return succeeded(await world.attacker.invoke(step.act.invoke, { payload: step.act.payload }));
  };

  const play = async (step: AttackerStep, signal: AbortSignal): Promise<void> => {
    await dueAt(step, { clock, record, signal });
    let refusals = 0;
    while (!signal.aborted) {
      if (step.until !== undefined && record.first(step.until) !== undefined) return;
      refusals = (await act(step)) ? 0 : refusals + 1;
      if (step.every === undefined || refusals === step.giveUpAfter) return;
      await clock.sleep(step.every, signal);
    }
  };

  return {
    holds: (accessKeyId) => keys.has(accessKeyId),
    run: async (signal) => {
      await Promise.all(steps.map((step) => play(step, signal)));
    },
  };
}

function succeeded(outcome: CallOutcome | InvokeOutcome): boolean {
  return outcome.kind === 'ok' || outcome.kind === 'ran' || outcome.kind === 'accepted';
}
