import type { Clock } from '../clock.ts';
import type { SlackSeen } from './port.ts';

const MAX_KEYS = 50_000;

/**
 * Keys of one process. With several processes behind one address the engine's own, durable one is
 * used instead; idempotency keys of commands are durable either way.
 */
export function memorySeen(clock: Clock): SlackSeen {
  const until = new Map<string, number>();
  const sweep = (nowMs: number) => {
    for (const [key, end] of until) if (end <= nowMs) until.delete(key);
  };
  return {
    claim: async (key, ttlMs) => {
      const nowMs = clock.now().getTime();
      if ((until.get(key) ?? 0) > nowMs) return false;
      if (until.size >= MAX_KEYS) sweep(nowMs);
      // Fail closed: a memory that is full of live keys takes no new request.
      if (until.size >= MAX_KEYS) return false;
      until.set(key, nowMs + ttlMs);
      return true;
    },
    forget: async (key) => {
      until.delete(key);
    },
  };
}
