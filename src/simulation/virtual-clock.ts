import type { Clock } from '../clock.ts';

/** A clock that stands still until it is told to go on: an exercise of hours takes seconds. */
export interface VirtualClock extends Clock {
  /** Sleepers that wait for time to pass. */
  sleepers(): number;
  /** Moves time to the next sleeper's instant and wakes all who are due then; false when nobody sleeps. */
  advanceToNext(): boolean;
}

interface Sleeper {
  readonly dueMs: number;
  readonly order: number;
  readonly wake: () => void;
}

/** Builds a virtual clock that begins at `start`; sleepers of the same instant wake in the order they lay down. */
export function createVirtualClock(start: Date): VirtualClock {
  const startMs = start.getTime();
  let nowMs = startMs;
  let order = 0;
  const sleeping = new Set<Sleeper>();

  return {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs - startMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) {
          resolve();
          return;
        }
        const wake = () => {
          sleeping.delete(sleeper);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const sleeper: Sleeper = { dueMs: nowMs + Math.max(0, ms), order: order++, wake };
        sleeping.add(sleeper);
        signal?.addEventListener('abort', wake, { once: true });
      }),
    sleepers: () => sleeping.size,
    advanceToNext() {
      const due = [...sleeping].sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
      const [next] = due;
      if (next === undefined) return false;
      nowMs = Math.max(nowMs, next.dueMs);
      for (const sleeper of due) if (sleeper.dueMs <= nowMs) sleeper.wake();
      return true;
    },
  };
}
