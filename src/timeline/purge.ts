import { z } from 'zod';
import type { Entry, EntryKind } from './entry.ts';

/**
 * Retention may remove the bodies of entries: their hashes stay, and a later entry says which bodies are gone. A body that
 * is gone without one was removed by somebody else.
 */

/** What stays readable for ever: that there was an incident, what its evidence was, and what became of both. */
const KEPT: ReadonlySet<EntryKind> = new Set([
  'incident.opened',
  'incident.closed',
  'evidence.sealed',
  'evidence.accessed',
  'evidence.held',
  'evidence.unheld',
  'evidence.extended',
  'evidence.purged',
  'timeline.purged',
]);

/** First and last number, both included. */
export type EntryRange = readonly [first: number, last: number];

const purgeData = z.looseObject({
  entries: z.array(z.tuple([z.int().positive(), z.int().positive()])),
});

/** Returns the numbers of the entries whose bodies may go, in ranges. */
export function purgeableEntries(entries: readonly Entry[]): readonly EntryRange[] {
  const ranges: [number, number][] = [];
  for (const { seq, body } of entries) {
    if (body === null || KEPT.has(body.kind)) continue;
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === seq - 1) last[1] = seq;
    else ranges.push([seq, seq]);
  }
  return ranges;
}

/** Returns a test for entries whose bodies a later entry says were removed. */
export function recordedPurges(entries: readonly Entry[]): (seq: number) => boolean {
  const ranges = entries.flatMap(({ seq, body }) => {
    if (body?.kind !== 'timeline.purged') return [];
    const read = purgeData.safeParse(body.data);
    // Only what came before: a purge cannot speak of entries to come.
    return read.success ? read.data.entries.filter(([, last]) => last < seq) : [];
  });
  return (seq) => ranges.some(([first, last]) => first <= seq && seq <= last);
}
