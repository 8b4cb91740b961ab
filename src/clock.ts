/**
 * The only source of time. Everything that needs the hour, a duration or a delay takes a `Clock`,
 * so that an exercise on a virtual clock runs the production code.
 */
export interface Clock {
  /** The wall clock, an instant in UTC. */
  now(): Date;
  /** Milliseconds from an arbitrary origin; never goes backwards. For durations, not for instants. */
  monotonicMs(): number;
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The clock of the machine that Cordon runs on. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, ms));
      signal?.addEventListener('abort', done, { once: true });
    }),
};
