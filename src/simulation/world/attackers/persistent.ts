import type { Clock } from '../../../clock.ts';
import type { CallOutcome } from '../attacker.ts';

/** One thing that an attacker tried, and what came of it. */
export interface Attempt {
  /** `iam:DeleteRolePolicy` and the like. */
  readonly action: string;
  /** What it was tried on: a policy's name, a function. */
  readonly on: string;
  readonly outcome: CallOutcome['kind'];
}

/** Somebody who goes on: each round tries the same again. */
export interface PersistentAttacker {
  /** Everything that was tried, in order; reads are left out. */
  readonly attempts: readonly Attempt[];
  /** One round now. Never rejects: what is refused is an attempt. */
  round(): Promise<void>;
  /** Rounds until the signal, one every `everyMs` on the world's clock. */
  run(clock: Clock, everyMs: number, signal: AbortSignal): Promise<void>;
}

/** Makes a persistent attacker of what it does in one round. */
export function persistent(round: (note: (attempt: Attempt) => void) => Promise<void>): PersistentAttacker {
  const attempts: Attempt[] = [];
  const once = () => round((attempt) => void attempts.push(attempt));
  return {
    attempts,
    round: once,
    async run(clock, everyMs, signal) {
      while (!signal.aborted) {
        await once();
        await clock.sleep(everyMs, signal);
      }
    },
  };
}
