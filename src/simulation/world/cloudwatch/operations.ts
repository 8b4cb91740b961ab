import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import type { Core, Operation } from '../call.ts';
import { readMembers } from '../read-members.ts';
import { AwsRefusal } from '../world-error.ts';
import type { MetricFilter, Sample } from './metrics.ts';

/** A data point is there a minute after its minute (what is measured, is published). */
const PUBLISH_DELAY_MS = 60_000;
const MOST_QUERIES = 500;

const stat = z.object({
  Metric: z.object({
    Namespace: z.string(),
    MetricName: z.string(),
    Dimensions: z.array(z.object({ Name: z.string(), Value: z.string() })).optional(),
  }),
  Period: z.number().int().min(1),
  Stat: z.string(),
});
const getMetricData = z.object({
  MetricDataQueries: z
    .array(
      z.object({
        Id: z.string(),
        Label: z.string().optional(),
        Expression: z.string().optional(),
        MetricStat: stat.optional(),
        ReturnData: z.boolean().optional(),
      }),
    )
    .min(1),
  /** Epoch seconds. */
  StartTime: z.number(),
  EndTime: z.number(),
  ScanBy: z.enum(['TimestampDescending', 'TimestampAscending']).optional(),
});
type Stat = z.output<typeof stat>;

function invalid(message: string): AwsRefusal {
  return new AwsRefusal('ValidationError', 400, message);
}

const STATISTICS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  Sum: (values) => values.reduce((sum, one) => sum + one, 0),
  SampleCount: (values) => values.length,
  Average: (values) => values.reduce((sum, one) => sum + one, 0) / values.length,
  Maximum: (values) => Math.max(...values),
  Minimum: (values) => Math.min(...values),
};

function statistic(name: string): (values: readonly number[]) => number {
  const known = STATISTICS[name];
  if (known !== undefined) return known;
  const percentile = /^p(\d{1,2}(?:\.\d+)?|100)$/.exec(name)?.[1];
  if (percentile === undefined) throw invalid(`The statistic ${name} is not supported.`);
  return (values) => {
    const sorted = [...values].sort((left, right) => left - right);
    return sorted[Math.max(0, Math.ceil((Number(percentile) / 100) * sorted.length) - 1)] ?? 0;
  };
}

/**
 * The filter of a metric's dimensions; `undefined` for a combination that Lambda does not publish, which
 * has no data rather than an error. `Resource` is `name` or `name:alias`.
 */
function filterOf(region: string, { Metric: metric }: Stat): MetricFilter | undefined {
  if (metric.Namespace !== 'AWS/Lambda') return undefined;
  const dimensions = new Map((metric.Dimensions ?? []).map(({ Name, Value }) => [Name, Value]));
  const functionName = dimensions.get('FunctionName');
  const resource = dimensions.get('Resource');
  const known = [functionName, resource].filter((one) => one !== undefined).length;
  if (known !== dimensions.size || (resource !== undefined && functionName === undefined)) return undefined;
  if (functionName === undefined) return { region };
  if (resource === undefined) return { region, functionName };
  const [named, qualifier = '$LATEST'] = resource.split(':');
  return named === functionName ? { region, functionName, qualifier } : undefined;
}

function byPeriod(samples: readonly Sample[], periodMs: number): ReadonlyMap<number, readonly number[]> {
  const periods = new Map<number, number[]>();
  for (const { atMs, value } of samples) {
    const begin = atMs - (atMs % periodMs);
    const values = periods.get(begin) ?? [];
    periods.set(begin, values);
    values.push(value);
  }
  return periods;
}

/** GetMetricData for the metrics of Lambda that the world keeps; expressions are refused. */
export const cloudWatchOperations: Readonly<Record<string, Operation>> = {
  GetMetricData: {
    service: 'monitoring',
    name: 'GetMetricData',
    write: false,
    access: () => [{ action: 'cloudwatch:GetMetricData', resource: '*' }],
    run(core: Core, input) {
      const wanted = readMembers(getMetricData, input.body);
      if (wanted.MetricDataQueries.length > MOST_QUERIES) {
        throw invalid(`The collection MetricDataQueries must not have a size greater than ${MOST_QUERIES}.`);
      }
      if (wanted.StartTime >= wanted.EndTime) {
        throw invalid('The parameter StartTime must be less than the parameter EndTime.');
      }
      const publishedMs = core.clock.now().getTime() - PUBLISH_DELAY_MS;
      const results = wanted.MetricDataQueries.flatMap((query): JsonObject[] => {
        if (query.MetricStat === undefined) {
          throw invalid(`The world evaluates no metric expression; query ${query.Id} has no MetricStat.`);
        }
        if (query.ReturnData === false) return [];
        const { MetricStat: asked } = query;
        const periodMs = asked.Period * 1000;
        const of = statistic(asked.Stat);
        const filter = filterOf(input.region, asked);
        const toMs = Math.min(wanted.EndTime * 1000, publishedMs);
        const fromMs = wanted.StartTime * 1000;
        const samples =
          filter === undefined ? [] : core.metrics.samples(asked.Metric.MetricName, filter, fromMs, toMs);
        const points = [...byPeriod(samples, periodMs)].sort(([left], [right]) => left - right);
        if (wanted.ScanBy !== 'TimestampAscending') points.reverse();
        return [
          {
            Id: query.Id,
            Label: query.Label ?? asked.Metric.MetricName,
            Timestamps: points.map(([at]) => at / 1000),
            Values: points.map(([, values]) => of(values)),
            StatusCode: 'Complete',
          },
        ];
      });
      return { body: { MetricDataResults: results, Messages: [] } };
    },
  },
};
