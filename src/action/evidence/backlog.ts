import { z } from 'zod';
import type { Json } from '../../json.ts';
import type { Desk } from './desk.ts';
import { arnsOf } from './raw.ts';

/** What Lambda counts a minute at a time (Lambda developer guide, "Types of metrics"); kept 15 days by CloudWatch. */
const METRICS = [
  ['Invocations', 'Sum'],
  ['Errors', 'Sum'],
  ['Throttles', 'Sum'],
  ['Duration', 'Maximum'],
  ['ConcurrentExecutions', 'Maximum'],
  ['AsyncEventsReceived', 'Sum'],
  ['AsyncEventAge', 'Maximum'],
  ['AsyncEventsDropped', 'Sum'],
  ['DeadLetterErrors', 'Sum'],
  ['DestinationDeliveryFailures', 'Sum'],
  ['IteratorAge', 'Maximum'],
] as const;

const queueUrl = z.object({ QueueUrl: z.string() });

/** What was on its way: the queues that the function reads and feeds, and its metrics minute by minute. */
export async function collectBacklog(
  desk: Desk,
  routes: Json,
  window: { readonly fromMs: number; readonly toMs: number },
): Promise<void> {
  await collectMetrics(desk, window);
  const queues = arnsOf('sqs', routes);
  if (queues.length === 0) desk.coverage.note('backlog', 'The function neither reads nor feeds a queue.');
  for (const arn of queues) await collectQueue(desk, arn);
}

async function collectMetrics(
  desk: Desk,
  window: { readonly fromMs: number; readonly toMs: number },
): Promise<void> {
  const { functionArn, functionName } = desk.context.target;
  const dimensions = [{ Name: 'FunctionName', Value: functionName }];
  await desk.listing(
    { name: 'metrics.ndjson', artifact: 'backlog', sourceArn: functionArn },
    {
      call: 'cloudwatch:GetMetricData',
      input: {
        StartTime: new Date(window.fromMs).toISOString(),
        EndTime: new Date(window.toMs).toISOString(),
        ScanBy: 'TimestampAscending',
        MetricDataQueries: METRICS.map(([MetricName, Stat]) => ({
          Id: MetricName.charAt(0).toLowerCase() + MetricName.slice(1),
          Label: MetricName,
          MetricStat: {
            Metric: { Namespace: 'AWS/Lambda', MetricName, Dimensions: dimensions },
            Period: 60,
            Stat,
          },
        })),
      },
    },
    'MetricDataResults',
  );
}

async function collectQueue(desk: Desk, arn: string): Promise<void> {
  const [, , , , account = '', name = ''] = arn.split(':');
  const source = { artifact: 'backlog', sourceArn: arn, name: `queues/${encodeURIComponent(name)}.json` };
  await desk.keep(
    { ...source, apiCall: 'sqs:GetQueueAttributes', request: { QueueArn: arn, AttributeNames: ['All'] } },
    async () => {
      const { survey } = desk.aws;
      const input = { QueueName: name, QueueOwnerAWSAccountId: account };
      let url: string | undefined;
      for await (const page of survey.pages({ call: 'sqs:GetQueueUrl', input })) {
        url = queueUrl.safeParse(page).data?.QueueUrl;
      }
      if (url === undefined) return {};
      const wanted = { QueueUrl: url, AttributeNames: ['All'] };
      for await (const page of survey.pages({ call: 'sqs:GetQueueAttributes', input: wanted })) return page;
      return {};
    },
    (page) => page,
  );
}
