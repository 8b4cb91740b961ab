/** Lambda's metrics that count something when it happens. */
export type CountedMetric =
  | 'Invocations'
  | 'Errors'
  | 'Throttles'
  | 'Duration'
  | 'AsyncEventsReceived'
  | 'AsyncEventsDropped'
  | 'AsyncEventAge'
  | 'DeadLetterErrors'
  | 'DestinationDeliveryFailures';

/** Whose metric it is: a function, as called by a qualifier. */
export interface MetricOwner {
  readonly region: string;
  readonly functionName: string;
  /** `$LATEST` when it was called without one. */
  readonly qualifier: string;
}

export interface Sample {
  readonly atMs: number;
  readonly value: number;
}

/**
 * Whether a run holds its share of the concurrency until it ends. One whose caller has its answer does not:
 * the world answers at once, and a caller that goes on then must not be kept out by its own last call.
 */
export type RunManner = 'holds' | 'answers';

/** One run of the code, from its start to the end of its duration. */
interface Run extends MetricOwner {
  readonly manner: RunManner;
  readonly startMs: number;
  readonly endMs: number;
}

/** Which samples a question is about; an absent field is every value. */
export type MetricFilter = Partial<MetricOwner> & { readonly region: string };

/** What CloudWatch knows of the account, and nothing else: derived from what happened in the world. */
export interface Metrics {
  count(metric: CountedMetric, owner: MetricOwner, atMs: number, value?: number): void;
  /** Counts a run: its invocation, duration and share of the concurrency. */
  run(owner: MetricOwner, startMs: number, durationMs: number, manner: RunManner): void;
  /** Runs that have not ended at an instant. */
  running(filter: MetricFilter, atMs: number): number;
  /** Those of them that keep others out at the concurrency of their function. */
  holding(filter: MetricFilter, atMs: number): number;
  /** The samples of a metric between two instants, oldest first. */
  samples(metric: string, filter: MetricFilter, fromMs: number, toMs: number): readonly Sample[];
}

const MINUTE_MS = 60_000;

function fits(owner: MetricOwner, filter: MetricFilter): boolean {
  return (
    owner.region === filter.region &&
    (filter.functionName === undefined || owner.functionName === filter.functionName) &&
    (filter.qualifier === undefined || owner.qualifier === filter.qualifier)
  );
}

/** The most runs at the same time within each minute in which any ran: one sample a minute, as Lambda sends it. */
function concurrency(runs: readonly Run[], fromMs: number, toMs: number): readonly Sample[] {
  const samples: Sample[] = [];
  const touching = runs.filter((run) => run.endMs >= fromMs && run.startMs < toMs);
  const first = Math.min(...touching.map((run) => run.startMs));
  const last = Math.max(...touching.map((run) => run.endMs));
  const begin = Math.max(fromMs, first);
  for (let at = begin - (begin % MINUTE_MS); at < Math.min(toMs, last + 1); at += MINUTE_MS) {
    const here = touching.filter((run) => run.endMs >= at && run.startMs < at + MINUTE_MS);
    if (here.length === 0) continue;
    const instants = here.map((run) => Math.max(run.startMs, at));
    const most = Math.max(
      ...instants.map((now) => here.filter((run) => run.startMs <= now && run.endMs >= now).length),
    );
    samples.push({ atMs: at, value: most });
  }
  return samples;
}

/** An account in which nothing has run yet. */
export function createMetrics(): Metrics {
  const counted = new Map<string, (Sample & { readonly owner: MetricOwner })[]>();
  const runs: Run[] = [];
  const count: Metrics['count'] = (metric, owner, atMs, value = 1) => {
    const all = counted.get(metric) ?? [];
    counted.set(metric, all);
    all.push({ owner, atMs, value });
  };
  const running = (filter: MetricFilter, atMs: number, manner?: RunManner) =>
    runs.filter(
      (run) =>
        fits(run, filter) &&
        run.startMs <= atMs &&
        run.endMs > atMs &&
        (manner === undefined || run.manner === manner),
    ).length;
  return {
    count,
    run(owner, startMs, durationMs, manner) {
      count('Invocations', owner, startMs);
      count('Duration', owner, startMs, durationMs);
      runs.push({ ...owner, manner, startMs, endMs: startMs + durationMs });
    },
    running,
    holding: (filter, atMs) => running(filter, atMs, 'holds'),
    samples(metric, filter, fromMs, toMs) {
      if (metric === 'ConcurrentExecutions') {
        return concurrency(
          runs.filter((run) => fits(run, filter)),
          fromMs,
          toMs,
        );
      }
      return (counted.get(metric) ?? []).filter(
        (sample) => sample.atMs >= fromMs && sample.atMs < toMs && fits(sample.owner, filter),
      );
    },
  };
}
