import type { SlackMethod } from './methods.ts';

/**
 * Slack's limits per method and workspace (docs.slack.dev/apis/web-api/rate-limits): a sliding minute,
 * and one message a second in each channel. Strict where Slack lets short bursts pass, so that an app
 * which keeps to the double keeps to Slack.
 */
export interface Rates {
  /** 0 when the call is granted, otherwise whole seconds to wait. */
  take(name: string, method: SlackMethod, channel: string, nowMs: number): number;
}

export function createRates(): Rates {
  const recent = new Map<string, number[]>();
  return {
    take: (name, method, channel, nowMs) => {
      const perChannel = method.rate === 'per-channel';
      const key = perChannel ? `${name}:${channel}` : name;
      const [windowMs, most] = method.rate === 'per-channel' ? [1_000, 1] : [60_000, method.rate];
      const calls = (recent.get(key) ?? []).filter((at) => at > nowMs - windowMs);
      recent.set(key, calls);
      const first = calls[calls.length - most];
      if (first !== undefined) return Math.max(1, Math.ceil((first + windowMs - nowMs) / 1000));
      calls.push(nowMs);
      return 0;
    },
  };
}
