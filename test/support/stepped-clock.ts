import type { Clock } from '../../src/clock.ts';

/** A clock that moves only when told to: `advance` wakes sleepers one after another, in order. */
export function steppedClock(startAt = new Date('2026-11-20T03:00:00.000Z')) {
  let elapsedMs = 0;
  const sleepers = new Set<{ readonly dueMs: number; readonly wake: () => void }>();
  const clock: Clock = {
    now: () => new Date(startAt.getTime() + elapsedMs),
    monotonicMs: () => elapsedMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) {
          resolve();
          return;
        }
        const sleeper = {
          dueMs: elapsedMs + Math.max(0, ms),
          wake: () => {
            sleepers.delete(sleeper);
            signal?.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', sleeper.wake, { once: true });
      }),
  };
  return {
    clock,
    sleepers: () => sleepers.size,
    /** Moves on by `ms`; between two sleepers everything that is ready runs. */
    async advance(ms: number): Promise<void> {
      const untilMs = elapsedMs + ms;
      await settle();
      for (;;) {
        const [next] = [...sleepers].sort((a, b) => a.dueMs - b.dueMs);
        if (next === undefined || next.dueMs > untilMs) break;
        elapsedMs = Math.max(elapsedMs, next.dueMs);
        next.wake();
        await settle();
      }
      elapsedMs = untilMs;
    },
  };
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  // A turn of the event loop runs all promises that are ready; ten cover chains that pass through one.
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
