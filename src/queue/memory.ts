import { setMaxListeners } from 'node:events';
import type { Clock } from '../clock.ts';
import { describeError } from '../error.ts';
import type { Wake, WakeLane, WakeQueue } from '../incident/wake.ts';
import type { Log } from '../log.ts';
import { assertOutsideTransaction } from '../store/sql.ts';

/** A queue of this process only, on any clock; in virtual time it is deterministic. */
export interface MemoryQueue extends WakeQueue {
  /** Wake-ups that are due and not handled yet. */
  pending(): number;
}

export function createMemoryQueue(options: { readonly clock: Clock; readonly log: Log }): MemoryQueue {
  const { clock, log } = options;
  const stopping = new AbortController();
  // Every delayed wake-up listens to the one signal: no leak.
  setMaxListeners(0, stopping.signal);
  let lanes: ReadonlySet<WakeLane> = new Set();
  let handle: ((wake: Wake) => Promise<void>) | null = null;
  const under: Set<Promise<void>> = new Set();
  let ready: Wake[] = [];

  const take = (wake: Wake): void => {
    if (handle === null || !lanes.has(wake.lane)) {
      ready.push(wake);
      return;
    }
    const work = handle(wake)
      .catch((error: unknown) => {
        log.warn(
          { lane: wake.lane, incident: wake.incident, reason: describeError(error) },
          'a wake-up failed',
        );
      })
      .finally(() => under.delete(work));
    under.add(work);
  };

  const later = async (wake: Wake, delayMs: number): Promise<void> => {
    await clock.sleep(delayMs, stopping.signal);
    if (!stopping.signal.aborted) take(wake);
  };

  return {
    pending: () => under.size,
    async add(wakes) {
      assertOutsideTransaction('queue.add');
      for (const { wake, delayMs } of wakes) {
        if (stopping.signal.aborted) return;
        if (delayMs <= 0) take(wake);
        else void later(wake, delayMs);
      }
    },
    async consume(wanted, handler) {
      lanes = wanted;
      handle = handler;
      const waiting = ready;
      ready = [];
      for (const wake of waiting) take(wake);
    },
    async stop() {
      stopping.abort();
      await Promise.all(under);
    },
    close: async () => {},
  };
}
