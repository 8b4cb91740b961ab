import type { Clock } from '../clock.ts';
import { describeError } from '../error.ts';
import type { Log } from '../log.ts';
import type { Pause } from '../store/pause.ts';
import { readPause } from '../store/pause.ts';
import type { Sql } from '../store/sql.ts';

/**
 * Whether this process may write to accounts at this instant. The record says so; this is how each process
 * knows, well within a second of the commit, also when the database does not answer any more:
 *
 * confirmed     the record said "not paused" less than `FRESH_MS` ago: writes may go out
 * paused        the record says so
 * unconfirmed   the record has not answered for `FRESH_MS`: no write goes out, since somebody may have paused
 *
 * An embedded database has one process, which is told of each change, so what it knows does not grow old.
 */
export type Standstill =
  | ({ readonly kind: 'paused' } & Pause)
  /** Nobody is known to have paused; it cannot be known that nobody has. */
  | { readonly kind: 'unconfirmed' };

export interface PauseWatch {
  /** What keeps writes back right now; `null` when nothing does. Synchronous: asked in the turn of the send. */
  current(): Standstill | null;
  /** Reads the record now; resolves when `current` says what it says. */
  refresh(): Promise<void>;
  stop(): Promise<void>;
}

// Together under a second, with the time that a query takes: a write that was allowed at the end of FRESH_MS
// was allowed by a look that began no more than FRESH_MS before.
const POLL_MS = 250;
const FRESH_MS = 750;

/** Watches the record. `poll` where other processes may change it. `onResumed` when writes may go on. */
export async function watchPause(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly poll: boolean;
  readonly onResumed: () => void;
}): Promise<PauseWatch> {
  const { sql, clock, log, poll, onResumed } = options;
  const stopping = new AbortController();
  let pause: Pause | null = null;
  let confirmedMs = Number.NEGATIVE_INFINITY;
  // Of two looks under way at once, the one that began later counts.
  let newestLook = 0;
  let looks = 0;

  const current = (): Standstill | null => {
    if (pause !== null) return { kind: 'paused', ...pause };
    return !poll || clock.monotonicMs() - confirmedMs < FRESH_MS ? null : { kind: 'unconfirmed' };
  };

  const refresh = async (): Promise<void> => {
    looks += 1;
    const look = looks;
    const startedMs = clock.monotonicMs();
    const found = await readPause(sql);
    if (look < newestLook) return;
    newestLook = look;
    // Before the first look nothing was held back.
    const held = look > 1 && current() !== null;
    pause = found;
    confirmedMs = startedMs;
    if (held && current() === null && !stopping.signal.aborted) onResumed();
  };

  await refresh();
  const loop = (async () => {
    while (poll && !stopping.signal.aborted) {
      await clock.sleep(POLL_MS, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await refresh();
      } catch (error) {
        log.warn(
          { reason: describeError(error) },
          'it cannot be read whether writes are paused; none goes out',
        );
      }
    }
  })();

  return {
    current,
    refresh,
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}

/** Why writes stand still, for people. */
export function standstillInWords(standstill: Standstill): string {
  return standstill.kind === 'paused'
    ? `writes are paused by ${standstill.by} since ${standstill.at}: ${standstill.reason}`
    : 'the database does not answer, so it cannot be known whether writes are paused';
}
