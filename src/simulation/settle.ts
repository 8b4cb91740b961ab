import type { Activity } from '../activity.ts';

/**
 * When may virtual time pass? Only when nothing can happen any more at this instant. What waits for the
 * disk or the database is counted (`Activity`); everything else is promises, which a turn of the event
 * loop works off. Work that is under way may itself wait for the clock (a latency, a rate budget), so
 * "idle" alone is no answer: so many turns without any sign of progress are.
 */
export interface Activities {
  /** What waits for the outside: disk, database. */
  readonly outside: Pick<Activity, 'busy' | 'quiet'>;
  /** True when the engine has nothing under way and no wake-up is due. */
  readonly idle: () => boolean;
  /** Anything that changes when something happens. */
  readonly progress: () => string;
}

/** Turns without progress: after idleness, and where something is still under way. */
const IDLE_TURNS = 5;
const STALLED_TURNS = 100;

/** Resolves when nothing is under way, or all that is waits for the clock. */
export async function settle({ outside, idle, progress }: Activities): Promise<void> {
  let seen = progress();
  for (let still = 0; still < (idle() ? IDLE_TURNS : STALLED_TURNS); ) {
    const waited = outside.busy() > 0;
    if (waited) await outside.quiet();
    await new Promise<void>((resolve) => setImmediate(resolve));
    const now = progress();
    still = waited || outside.busy() > 0 || now !== seen ? 0 : still + 1;
    seen = now;
  }
}
