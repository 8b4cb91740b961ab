import type { Clock } from '../../clock.ts';

/**
 * A value whose writes are read at once and take effect later: IAM's eventual consistency. Writes take
 * effect in the order in which they were made.
 */
export interface Delayed<T> {
  /** What a read returns: the latest write. */
  readonly current: T;
  /** What is in force now. */
  effective(): T;
  write(value: T): void;
}

/** `delayMs` is read at each write, so that an exercise can change it. */
export function createDelayed<T>(initial: T, clock: Clock, delayMs: () => number): Delayed<T> {
  let inForce = initial;
  let waiting: { readonly dueMs: number; readonly value: T }[] = [];
  let current = initial;
  return {
    get current() {
      return current;
    },
    effective() {
      const nowMs = clock.now().getTime();
      for (const next of waiting) {
        if (next.dueMs <= nowMs) inForce = next.value;
      }
      waiting = waiting.filter((next) => next.dueMs > nowMs);
      return inForce;
    },
    write(value) {
      const lastMs = waiting.at(-1)?.dueMs ?? 0;
      waiting.push({ dueMs: Math.max(lastMs, clock.now().getTime() + delayMs()), value });
      current = value;
    },
  };
}
