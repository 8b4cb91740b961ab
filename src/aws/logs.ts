import { type CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { z } from 'zod';
import type { LogEvent, LogsPort } from '../action/ports.ts';
import type { Caller } from './call.ts';
import { checked } from './checked.ts';
import { pages } from './pages.ts';

const logEvent = z.object({ logStreamName: z.string(), timestamp: z.number(), message: z.string() });

/** The CloudWatch Logs port over one client. */
export function logsPort(client: CloudWatchLogsClient, call: Caller): LogsPort {
  return {
    filterEvents({ logGroup, fromMs, toMs }) {
      const operation = 'logs:FilterLogEvents';
      // An empty page with a token is not the end: AWS searches on (API reference, FilterLogEvents).
      return pages<readonly LogEvent[]>(operation, async (nextToken) => {
        const command = new FilterLogEventsCommand({
          logGroupName: logGroup,
          startTime: fromMs,
          endTime: toMs,
          limit: 10_000,
          nextToken,
        });
        const answer = await call(operation, (options) => client.send(command, options));
        const page = (answer.events ?? []).map((item) => {
          const { logStreamName, timestamp, message } = checked(logEvent, item, operation);
          return { stream: logStreamName, timestampMs: timestamp, message };
        });
        return { page, next: answer.nextToken };
      });
    },
  };
}
