import type { Entry } from '../timeline/entry.ts';
import type { CaseFindings, CountedMinutes } from './case-findings.ts';
import type { Facts, Response } from './facts.ts';
import { code, duration, escaped, instant, table } from './markdown.ts';
import { members, text } from './read-json.ts';

/**
 * What containment itself broke, and for how long: each figure with the entries of the timeline or the items of evidence that
 * it is from. A figure that neither has is said to be unknown, and never zero.
 */

const STOPS: ReadonlySet<string> = new Set([
  'lambda.reserve-zero-concurrency',
  'lambda.scale-instances-to-zero',
]);
const CAP = 'lambda.cap-concurrency';
const PAUSE = 'lambda.pause-event-source';

/** A time in which something did not work because it was contained. */
export interface Outage {
  readonly object: string;
  /** The function; `null` where the timeline does not say (any more). */
  readonly functionArn: string | null;
  readonly from: string;
  /** When it was all back; `null` while it is not. */
  readonly to: string | null;
  readonly entries: readonly number[];
}

/** When the functions were stopped: one outage an object, from the first accepted stop to the last successful return. */
export function outages({ responses }: Facts): readonly Outage[] {
  return outagesOf(responses, (action) => STOPS.has(action));
}

function outagesOf(responses: readonly Response[], which: (action: string) => boolean): readonly Outage[] {
  const objects = [...new Set(responses.filter((each) => which(each.action)).map((each) => each.object))];
  return objects.flatMap((object) => {
    const own = responses.filter(
      (each) =>
        which(each.action) &&
        each.object === object &&
        each.outcome === 'succeeded' &&
        each.finishedAt !== null,
    );
    const stops = own.filter((each) => !each.restores);
    const from = stops.map((each) => each.finishedAt ?? '').sort()[0];
    if (from === undefined) return [];
    const lastStop =
      stops
        .map((each) => each.finishedAt ?? '')
        .sort()
        .at(-1) ?? from;
    const back = own
      .filter((each) => each.restores && !each.trial && (each.finishedAt ?? '') > lastStop)
      .map((each) => each.finishedAt ?? '')
      .sort();
    return [
      {
        object,
        functionArn: stops.find((each) => each.target !== null)?.target ?? null,
        from,
        to: back.at(-1) ?? null,
        entries: own.flatMap((each) => [...each.entries]).sort((a, b) => a - b),
      },
    ];
  });
}

export function cost(entries: readonly Entry[], facts: Facts, found: CaseFindings | null): string {
  const lastAt = entries.at(-1)?.at ?? null;
  const stopped = outages(facts);
  const rows = [
    ...stopped.map((each) => outageRow('Stopped', each, lastAt)),
    ...outagesOf(facts.responses, (action) => action === CAP).map((each) =>
      outageRow('Slowed (concurrency capped)', each, lastAt),
    ),
    ...stopped.flatMap((each) => countRows(each, lastAt, entries, found)),
    ...outagesOf(facts.responses, (action) => action === PAUSE).map((each) =>
      outageRow('Events held in their source', each, lastAt),
    ),
    ...heldRows(entries),
  ];
  if (rows.length === 0) return 'No function was stopped or slowed, and no event held: nothing shows a cost.';
  return table(
    ['Cost', 'Of', 'Figure', 'Source'],
    [
      ...rows,
      [
        'Events redriven',
        'sinks and dead-letter queues',
        'none by Cordon, which takes nothing out of them: whoever redrives writes the count below',
        'the timeline has no such action',
      ],
    ],
  );
}

function outageRow(what: string, outage: Outage, lastAt: string | null): readonly string[] {
  const { object, from, to, entries } = outage;
  const until = to ?? lastAt;
  const length = until === null ? null : Date.parse(until) - Date.parse(from);
  const shown =
    to === null
      ? `${duration(length)} so far, since ${instant(from)}: not back at the last entry`
      : `${duration(length)}, from ${instant(from)} to ${instant(to)}`;
  return [what, code(object), shown, entryList(entries)];
}

/** What Lambda and CloudWatch counted while a function was stopped. */
function countRows(
  outage: Outage,
  lastAt: string | null,
  entries: readonly Entry[],
  found: CaseFindings | null,
): readonly (readonly string[])[] {
  const functionArn = outage.functionArn ?? outage.object;
  const watched = WATCHED.flatMap(([name, what]) => {
    const seen = lastCount(entries, functionArn, name);
    if (seen === null) return [];
    return [[what, code(functionArn), `${seen.count} by ${instant(seen.lookedAt)}`, `entry ${seen.seq}`]];
  });
  const looks = found?.metrics.filter((each) => each.functionArn === functionArn) ?? [];
  return [
    ...watched,
    ...METRICS.map(([name, what]) => [
      what,
      code(functionArn),
      ...countedIn(
        looks.filter((each) => each.name === name),
        outage,
        lastAt,
      ),
    ]),
  ];
}

const WATCHED = [
  ['throttled', 'Invocations turned away, as the watch counted'],
  ['dropped', 'Asynchronous events lost, as the watch counted'],
] as const;

const METRICS = [
  ['Throttles', 'Invocations turned away, minute by minute'],
  ['AsyncEventsDropped', 'Asynchronous events lost'],
  ['DeadLetterErrors', 'Events that did not reach their dead-letter queue'],
  ['DestinationDeliveryFailures', 'Events that did not reach their destination'],
] as const;

/** The figure and its source. Lambda publishes no zeros, so a look that has the metric and no minute has counted none. */
function countedIn(
  looks: readonly CountedMinutes[],
  { from, to }: Outage,
  lastAt: string | null,
): readonly [string, string] {
  // A look that was taken before the stop says nothing about it.
  const after = looks.filter((each) => each.takenAt > from);
  const latest = after
    .map((each) => each.takenAt)
    .sort()
    .at(-1);
  if (latest === undefined) return ['not known: no item has it from after the stop', 'no item of evidence'];
  // A minute has both kinds of calls in it at each end; later looks correct what earlier ones had.
  const fromMinute = new Date(Math.floor(Date.parse(from) / 60_000) * 60_000).toISOString();
  const until = to ?? lastAt ?? latest;
  const counts = new Map<string, number>();
  for (const { minutes } of after) {
    for (const [at, count] of minutes) {
      if (at >= fromMinute && at <= until) counts.set(at, Math.max(counts.get(at) ?? 0, count));
    }
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const partly = latest < until ? `, as far as it had counted at ${instant(latest)}` : '';
  return [
    `${total}${partly}`,
    [...new Set(after.map(({ item }) => item))].map((item) => `item ${code(item)}`).join('; '),
  ];
}

function lastCount(entries: readonly Entry[], functionArn: string, name: 'throttled' | 'dropped') {
  for (const { seq, body } of [...entries].reverse()) {
    if (body?.kind !== 'containment.level') continue;
    const data = members(body.data);
    const seen = members(data.seen);
    const lookedAt = text(seen.lookedAt);
    const count = seen[name];
    if (data.target !== functionArn || typeof count !== 'number' || lookedAt === null) continue;
    return { seq, count, lookedAt };
  }
  return null;
}

/** What arrived in the sinks: the last count of each, since every round reads all that is there. */
function heldRows(entries: readonly Entry[]): readonly (readonly string[])[] {
  const last = new Map<string, readonly string[]>();
  for (const { seq, body } of entries) {
    if (body?.kind !== 'evidence.quarantined') continue;
    const { name, sourceArn, events } = members(body.data);
    const item = text(name);
    if (item === null || typeof events !== 'number') continue;
    last.set(item.replace(/\/sweep-[^/]+\/[^/]*$/, ''), [
      'Events held in the quarantine sink',
      code(text(sourceArn) ?? item),
      `${events}`,
      `entry ${seq}; item ${code(item)}`,
    ]);
  }
  return [...last.values()];
}

function entryList(entries: readonly number[]): string {
  return entries.length === 1 ? `entry ${entries[0]}` : `entries ${escaped(entries.join(', '))}`;
}
