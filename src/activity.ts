/**
 * Counts work that waits for the outside (files) rather than for the clock. In virtual time, time may
 * pass only while there is none: else a deadline of half an hour would overtake the writing of a file.
 */
export interface Activity {
  track<Result>(work: Promise<Result>): Promise<Result>;
  busy(): number;
  /** Resolves once there is none under way. */
  quiet(): Promise<void>;
}

export function createActivity(): Activity {
  let under = 0;
  let waiting: (() => void)[] = [];
  return {
    track(work) {
      under += 1;
      return work.finally(() => {
        under -= 1;
        if (under > 0) return;
        const over = waiting;
        waiting = [];
        for (const resolve of over) resolve();
      });
    },
    busy: () => under,
    quiet: () => (under === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
