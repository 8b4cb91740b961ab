import { z } from 'zod';
import type { ActionContext } from '../ports.ts';
import { tolerant } from '../tolerant.ts';

const MINUTE_MS = 60_000;

const answer = z.looseObject({
  MetricDataResults: z
    .array(
      z.looseObject({
        Id: z.string(),
        Timestamps: z.array(z.string()).default([]),
        Values: z.array(z.number()).default([]),
      }),
    )
    .default([]),
});

const QUERIES = [
  ['throttles', 'Throttles', 'Sum'],
  ['invocations', 'Invocations', 'Sum'],
  ['running', 'ConcurrentExecutions', 'Maximum'],
  ['dropped', 'AsyncEventsDropped', 'Sum'],
] as const;

/** What CloudWatch counted of a function since it was stopped; all of it a minute or two late. */
export interface Counted {
  /** Calls that Lambda turned away. */
  readonly throttles: number;
  /** Invocations that began in a whole minute after the stop. */
  readonly invocations: number;
  /** The first such minute, ISO 8601; `null` without one. */
  readonly invokedAt: string | null;
  /** Most runs at the same time in the last minute that has been published; 0 where none is. */
  readonly running: number;
  /** Asynchronous events that Lambda gave up, from the minute of the stop on. */
  readonly dropped: number;
}

/** Reads the counters of a function that was stopped at `stoppedMs`, for the last time at `againMs`. Never invokes it. */
export async function countInvocations(
  context: ActionContext,
  { stoppedMs, againMs }: { readonly stoppedMs: number; readonly againMs: number },
): Promise<{ readonly counted: Counted | null; readonly unread: readonly string[] }> {
  const nowMs = context.clock.now().getTime();
  // The minute of the stop has calls of both kinds in it, and the one before has begun earlier.
  const fromMs = minuteAfter(stoppedMs);
  if (nowMs <= fromMs) return { counted: null, unread: [] };
  // An event that finds nowhere to go is dropped in the very second of the stop, so that minute is asked for too.
  const found = await tolerant(() => read(context, fromMs - MINUTE_MS, nowMs));
  if (found.kind === 'unreadable') return { counted: null, unread: [`CloudWatch (${found.code})`] };
  const points = found.value;
  const total = (some: Points) => some.reduce((sum, [, value]) => sum + value, 0);
  const invoked = (points.get('invocations') ?? []).filter(([atMs, value]) => atMs >= fromMs && value > 0);
  const turnedAway = (points.get('throttles') ?? []).filter(([atMs]) => atMs >= minuteAfter(againMs));
  const [lastMs = 0, lastRunning = 0] = points.get('running')?.at(-1) ?? [];
  return {
    counted: {
      throttles: total(turnedAway),
      invocations: total(invoked),
      invokedAt: invoked[0] === undefined ? null : new Date(invoked[0][0]).toISOString(),
      // Lambda sends no zeros: a point that is older than what is published by now is not the present.
      running: nowMs - lastMs > 3 * MINUTE_MS ? 0 : lastRunning,
      dropped: total(points.get('dropped') ?? []),
    },
    unread: [],
  };
}

function minuteAfter(atMs: number): number {
  return Math.floor(atMs / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
}

type Points = readonly (readonly [atMs: number, value: number])[];

async function read(
  context: ActionContext,
  fromMs: number,
  toMs: number,
): Promise<ReadonlyMap<string, Points>> {
  const points = new Map<string, (readonly [number, number])[]>();
  const pages = context.aws('read').survey.pages({
    call: 'cloudwatch:GetMetricData',
    input: {
      StartTime: new Date(fromMs).toISOString(),
      EndTime: new Date(toMs).toISOString(),
      ScanBy: 'TimestampAscending',
      MetricDataQueries: QUERIES.map(([Id, MetricName, Stat]) => ({
        Id,
        MetricStat: {
          Metric: {
            Namespace: 'AWS/Lambda',
            MetricName,
            Dimensions: [{ Name: 'FunctionName', Value: context.target.functionName }],
          },
          Period: 60,
          Stat,
        },
      })),
    },
  });
  for await (const page of pages) {
    for (const { Id, Timestamps, Values } of answer.safeParse(page).data?.MetricDataResults ?? []) {
      const known = points.get(Id) ?? [];
      points.set(Id, known);
      Timestamps.forEach((at, index) => {
        known.push([Date.parse(at), Values[index] ?? 0]);
      });
    }
  }
  return points;
}
