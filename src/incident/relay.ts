import type { Clock } from '../clock.ts';
import { describeError } from '../error.ts';
import type { Log } from '../log.ts';
import type { Committed } from './advance.ts';
import { isStartable } from './schedule.ts';
import type { Wake, WakeQueue } from './wake.ts';

// With one database connection the queue's inserts would stand in front of the next containment commit.
// Evidence and people may start this much later; containment may not.
const YIELD_MS = 250;

/** Sends the wake-ups that a commit calls for, after containment has had its turn. */
export interface Relay {
  after(committed: Committed): void;
  /** Sends wake-ups found by the sweep. */
  send(wakes: readonly Wake[]): void;
  /** Sends wake-ups for their own time. */
  sendLater(wakes: readonly { readonly wake: Wake; readonly dueMs: number }[]): void;
  idle(): boolean;
  drain(): Promise<void>;
}

export function createRelay(options: {
  readonly queue: WakeQueue;
  readonly clock: Clock;
  readonly log: Log;
  /** Resolves when no containing attempt is under way in this process. */
  readonly containmentDone: () => Promise<void>;
  /**
   * Begins what waits to be delivered, where this process delivers; false where another has to be woken. As with
   * containment, a hop through the queue costs more than the work.
   */
  readonly deliverHere: (wake: Wake) => boolean;
}): Relay {
  const { queue, clock, log, containmentDone, deliverHere } = options;
  // By what is woken: a wake-up says nothing but "look", so that two at once are one.
  const waiting = new Map<string, { wake: Wake; dueMs: number }>();
  let sending: Promise<void> | null = null;

  const flush = async () => {
    while (waiting.size > 0) {
      const stop = new AbortController();
      await Promise.race([containmentDone(), clock.sleep(YIELD_MS, stop.signal)]);
      stop.abort();
      const now = clock.now().getTime();
      const batch = [...waiting.values()]
        .map(({ wake, dueMs }) => ({ wake, delayMs: Math.max(0, dueMs - now) }))
        .filter(({ wake, delayMs }) => wake.lane !== 'delivery' || delayMs > 0 || !deliverHere(wake));
      waiting.clear();
      if (batch.length === 0) continue;
      try {
        await queue.add(batch);
      } catch (error) {
        // The sweep finds what was to be woken: the database holds it all.
        log.warn({ wakes: batch.length, reason: describeError(error) }, 'wake-ups could not be queued');
      }
    }
    sending = null;
  };

  const enqueue = (wakes: readonly { wake: Wake; dueMs: number }[]) => {
    if (wakes.length === 0) return;
    for (const each of wakes) {
      const { lane, incident, subject } = each.wake;
      const key = `${lane} ${incident} ${subject}`;
      const dueMs = Math.min(each.dueMs, waiting.get(key)?.dueMs ?? each.dueMs);
      waiting.set(key, { wake: each.wake, dueMs });
    }
    sending ??= flush();
  };

  return {
    after: (committed) => enqueue(wakesOf(committed)),
    send: (wakes) => enqueue(wakes.map((wake) => ({ wake, dueMs: 0 }))),
    sendLater: enqueue,
    idle: () => sending === null,
    drain: async () => {
      while (sending !== null) await sending;
    },
  };
}

/** What a commit made ready that this process did not take itself. */
function wakesOf({ draft, state }: Committed): { wake: Wake; dueMs: number }[] {
  const wakes: { wake: Wake; dueMs: number }[] = [];
  for (const id of draft.changed.attempts) {
    const attempt = state.attempts.get(id);
    if (attempt !== undefined && isStartable(draft, attempt)) {
      wakes.push({ wake: { lane: 'attempt', incident: state.id, subject: id }, dueMs: 0 });
    }
  }
  for (const id of draft.changed.timers) {
    const timer = state.timers.get(id);
    if (timer !== undefined) {
      wakes.push({
        wake: { lane: 'timer', incident: state.id, subject: id },
        dueMs: Date.parse(timer.dueAt),
      });
    }
  }
  if (draft.outbox.length > 0) {
    for (const lane of new Set([state.id, state.record.campaign?.anchor ?? state.id])) {
      wakes.push({ wake: { lane: 'delivery', incident: lane, subject: lane }, dueMs: 0 });
    }
  }
  return wakes;
}
