import type { Clock } from '../../clock.ts';

const WINDOW_MS = 1_000;

/** Calls a second per bucket (reference, section 4). GetFunction, GetPolicy and LookupEvents have buckets of their own. */
const LIMITS: Readonly<Record<string, number>> = {
  'lambda:GetFunction': 100,
  'lambda:GetPolicy': 15,
  lambda: 15,
  'cloudtrail:LookupEvents': 2,
};

/** Invocations are the data plane: they have no share in the control plane's limit. */
const UNLIMITED: ReadonlySet<string> = new Set(['Invoke', 'DownloadCode']);

export interface RateLimiter {
  /** Counts a call; false when it is one too many within a second. */
  admit(service: string, operation: string, region: string): boolean;
}

/**
 * AWS's control-plane limits, per Region. A sliding window rather than a token bucket: "15 requests a
 * second" is then true of every second, and a client that bursts after idling is told so.
 */
export function createRateLimiter(clock: Clock): RateLimiter {
  const admitted = new Map<string, number[]>();
  return {
    admit(service, operation, region) {
      if (UNLIMITED.has(operation)) return true;
      const own = LIMITS[`${service}:${operation}`];
      const limit = own ?? LIMITS[service];
      if (limit === undefined) return true;
      const bucket = `${region} ${own === undefined ? service : `${service}:${operation}`}`;
      const nowMs = clock.now().getTime();
      const recent = (admitted.get(bucket) ?? []).filter((at) => nowMs - at < WINDOW_MS);
      const room = recent.length < limit;
      if (room) recent.push(nowMs);
      admitted.set(bucket, recent);
      return room;
    },
  };
}
