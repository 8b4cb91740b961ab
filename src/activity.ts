/**
 * Counts work that waits for the outside (files) rather than for the clock. In virtual time, time may
 * pass only while there is none: else a deadline of half an hour would overtake the writing of a file.
 */
export interface Activity {
  track<Result>(work: Promise<Result>): Promise<Result>;
  busy(): number;
}

export function createActivity(): Activity {
  let under = 0;
  return {
    track(work) {
      under += 1;
      return work.finally(() => {
        under -= 1;
      });
    },
    busy: () => under,
  };
}
