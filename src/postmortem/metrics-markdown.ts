import type { TimelineMetrics } from '../timeline/metrics.ts';
import type { Facts } from './facts.ts';
import { duration, table } from './markdown.ts';

/** How fast it was handled, beside earlier incidents. */
export function metrics({ metrics: times }: Facts, earlier: readonly TimelineMetrics[]): string {
  const row = (name: string, of: (metrics: TimelineMetrics) => number | null) => {
    const known = earlier.map(of).filter((value) => value !== null);
    return [
      name,
      duration(of(times)),
      known.length === 0
        ? 'none yet'
        : `${duration(medianOf(known))} (n = ${known.length}, worst ${duration(Math.max(...known))})`,
    ];
  };
  return table(
    ['Metric', 'From the alert', 'Median of earlier incidents'],
    [
      row('Time to acknowledge', (each) => each.timeToAcknowledgeMs),
      row('Time to containment accepted', (each) => each.timeToAcceptedMs),
      row('Time to containment effective', (each) => each.timeToEffectiveMs),
      row('Time to close', (each) => each.timeToCloseMs),
      ['Breaches of containment seen', `${times.breaches}`, ''],
    ],
  );
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? 0;
  const high = sorted[Math.floor(middle)] ?? 0;
  return (low + high) / 2;
}
