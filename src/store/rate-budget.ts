import type { Clock } from '../clock.ts';
import type { RateBudget } from '../rate.ts';
import type { Sql } from './sql.ts';

const WINDOW_MS = 1000;

/**
 * A sliding window of one second, in memory: right while this process is the only one. A token bucket
 * would let twice its size through within one second, and AWS allows 15 calls a second in all.
 */
export function memoryBudget(clock: Clock): RateBudget {
  const windows = new Map<string, number[]>();
  return {
    async take({ key, capacity }) {
      const now = clock.now().getTime();
      const recent = (windows.get(key) ?? []).filter((at) => at > now - WINDOW_MS);
      windows.set(key, recent);
      if (recent.length < capacity) {
        recent.push(now);
        return 0;
      }
      return Math.max(1, (recent[recent.length - capacity] ?? now) + WINDOW_MS - now);
    },
  };
}

/** The same window in the database, shared by all workers; its clock is the database's. */
export function sharedBudget(sql: Sql): RateBudget {
  return {
    async take({ key, capacity }) {
      const rows = await sql.query<{ wait: number }>(
        `select cordon.take_budget($1, $2, (extract(epoch from clock_timestamp()) * 1000)::double precision) as wait`,
        [key, capacity],
      );
      return Number(rows[0]?.wait ?? 0);
    },
  };
}
