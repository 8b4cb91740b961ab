import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import { logGroupArn } from '../arns.ts';
import type { Core, Input, Operation } from '../call.ts';
import { globMatches } from '../policy/glob.ts';
import { readMembers } from '../read-members.ts';
import type { LogGroup } from '../state.ts';
import { AwsRefusal } from '../world-error.ts';

/** Events that one page of FilterLogEvents looks at: AWS pages by what it searches, not by what it finds. */
const SEARCHED_PER_PAGE = 1_000;

const filter = z.object({
  logGroupName: z.string().optional(),
  logGroupIdentifier: z.string().optional(),
  logStreamNames: z.array(z.string()).optional(),
  logStreamNamePrefix: z.string().optional(),
  startTime: z.number().optional(),
  endTime: z.number().optional(),
  filterPattern: z.string().optional(),
  nextToken: z.string().optional(),
  limit: z.number().int().min(1).max(10_000).optional(),
});
const describeGroups = z.object({
  logGroupNamePrefix: z.string().optional(),
  logGroupNamePattern: z.string().optional(),
  nextToken: z.string().optional(),
  limit: z.number().int().min(1).max(50).optional(),
});
const createStream = z.object({ logGroupName: z.string(), logStreamName: z.string() });
const createGroup = z.object({ logGroupName: z.string() });
const putEvents = z.object({
  logGroupName: z.string(),
  logStreamName: z.string(),
  logEvents: z.array(z.object({ timestamp: z.number(), message: z.string() })).min(1),
});

function missing(what: 'group' | 'stream'): AwsRefusal {
  return new AwsRefusal('ResourceNotFoundException', 400, `The specified log ${what} does not exist.`);
}

function nameOf(body: JsonObject): string {
  const name = body.logGroupName ?? body.logGroupIdentifier;
  const text = typeof name === 'string' ? name : '';
  return text.startsWith('arn:') ? text.split(':').slice(6).join(':').replace(/:\*$/, '') : text;
}

function groupOf(core: Core, input: Input): LogGroup {
  const group = core.state.logGroups.get(logGroupArn(core.state, input.region, nameOf(input.body)));
  if (group === undefined) throw missing('group');
  return group;
}

/** IAM names a group with `:*` at the end, for the streams in it. */
function groupAccess(action: string): Operation['access'] {
  return (core, input) => [
    { action, resource: `${logGroupArn(core.state, input.region, nameOf(input.body))}:*` },
  ];
}

function streamAccess(action: string): Operation['access'] {
  return (core, input) => {
    const stream = input.body.logStreamName;
    const group = logGroupArn(core.state, input.region, nameOf(input.body));
    return [{ action, resource: `${group}:log-stream:${typeof stream === 'string' ? stream : ''}` }];
  };
}

/** A filter pattern is read as words that must all occur; a quoted phrase is one word. */
function satisfies(message: string, pattern: string | undefined): boolean {
  if (pattern === undefined || pattern.trim() === '') return true;
  const words = pattern.match(/"[^"]*"|\S+/g) ?? [];
  return words.every((word) => message.includes(word.replace(/^"|"$/g, '')));
}

/** FilterLogEvents, DescribeLogGroups, CreateLogGroup, CreateLogStream, PutLogEvents. */
export const logsOperations: Readonly<Record<string, Operation>> = {
  FilterLogEvents: {
    service: 'logs',
    name: 'FilterLogEvents',
    write: false,
    access: groupAccess('logs:FilterLogEvents'),
    run(core, input) {
      const wanted = readMembers(filter, input.body);
      const group = groupOf(core, input);
      const all = [...group.streams]
        .filter(([name]) => wanted.logStreamNames?.includes(name) ?? true)
        .filter(([name]) => name.startsWith(wanted.logStreamNamePrefix ?? ''))
        .flatMap(([name, stream]) => stream.events.map((event) => ({ name, event })))
        .sort((left, right) => left.event.timestampMs - right.event.timestampMs);
      const from =
        wanted.nextToken === undefined ? 0 : Number(Buffer.from(wanted.nextToken, 'base64url').toString());
      if (!Number.isInteger(from) || from < 0) {
        throw new AwsRefusal('InvalidParameterException', 400, 'The specified nextToken is invalid.');
      }
      const limit = Math.min(wanted.limit ?? 10_000, SEARCHED_PER_PAGE);
      const events: JsonObject[] = [];
      let at = from;
      // A page ends when it is full or when enough was searched: it may be empty and still have a next one.
      for (; at < all.length && at - from < SEARCHED_PER_PAGE && events.length < limit; at++) {
        const found = all[at];
        if (found === undefined) break;
        const { timestampMs, ingestedMs, message, id } = found.event;
        if (
          timestampMs < (wanted.startTime ?? 0) ||
          timestampMs > (wanted.endTime ?? Number.MAX_SAFE_INTEGER)
        )
          continue;
        if (!satisfies(message, wanted.filterPattern)) continue;
        events.push({
          logStreamName: found.name,
          timestamp: timestampMs,
          message,
          ingestionTime: ingestedMs,
          eventId: id,
        });
      }
      const next = at < all.length ? { nextToken: Buffer.from(String(at)).toString('base64url') } : {};
      return { body: { events, searchedLogStreams: [], ...next } };
    },
  },
  DescribeLogGroups: {
    service: 'logs',
    name: 'DescribeLogGroups',
    write: false,
    access: (core, input) => [
      { action: 'logs:DescribeLogGroups', resource: `${logGroupArn(core.state, input.region, '')}*` },
    ],
    run(core, input) {
      const wanted = readMembers(describeGroups, input.body);
      const all = [...core.state.logGroups.values()]
        .filter((group) => group.region === input.region)
        .filter((group) => group.name.startsWith(wanted.logGroupNamePrefix ?? ''))
        .filter((group) => globMatches(`*${wanted.logGroupNamePattern ?? ''}*`, group.name))
        .sort((left, right) => (left.name < right.name ? -1 : 1));
      const from =
        wanted.nextToken === undefined ? 0 : all.findIndex((group) => group.name === wanted.nextToken);
      const size = wanted.limit ?? 50;
      const next = all[from + size];
      return {
        body: {
          logGroups: all.slice(from, from + size).map((group) => ({
            logGroupName: group.name,
            creationTime: group.createdMs,
            ...(group.retentionDays === undefined ? {} : { retentionInDays: group.retentionDays }),
            metricFilterCount: 0,
            arn: `${group.arn}:*`,
            storedBytes: 0,
            logGroupArn: group.arn,
            logGroupClass: 'STANDARD',
          })),
          ...(next === undefined ? {} : { nextToken: next.name }),
        },
      };
    },
  },
  CreateLogGroup: {
    service: 'logs',
    name: 'CreateLogGroup',
    write: true,
    access: groupAccess('logs:CreateLogGroup'),
    run(core, input) {
      const { logGroupName: name } = readMembers(createGroup, input.body);
      const arn = logGroupArn(core.state, input.region, name);
      if (core.state.logGroups.has(arn)) {
        throw new AwsRefusal('ResourceAlreadyExistsException', 400, 'The specified log group already exists');
      }
      const createdMs = core.clock.now().getTime();
      core.state.logGroups.set(arn, {
        name,
        arn,
        region: input.region,
        createdMs,
        retentionDays: undefined,
        streams: new Map(),
      });
      return {};
    },
  },
  CreateLogStream: {
    service: 'logs',
    name: 'CreateLogStream',
    write: true,
    access: groupAccess('logs:CreateLogStream'),
    run(core, input) {
      const { logStreamName: name } = readMembers(createStream, input.body);
      const group = groupOf(core, input);
      if (group.streams.has(name)) {
        throw new AwsRefusal(
          'ResourceAlreadyExistsException',
          400,
          'The specified log stream already exists',
        );
      }
      group.streams.set(name, { createdMs: core.clock.now().getTime(), events: [] });
      return {};
    },
  },
  PutLogEvents: {
    service: 'logs',
    name: 'PutLogEvents',
    write: true,
    access: streamAccess('logs:PutLogEvents'),
    run(core, input) {
      const wanted = readMembers(putEvents, input.body);
      const stream = groupOf(core, input).streams.get(wanted.logStreamName);
      if (stream === undefined) throw missing('stream');
      const ingestedMs = core.clock.now().getTime();
      for (const { timestamp, message } of wanted.logEvents) {
        stream.events.push({ id: core.names.hex(56), timestampMs: timestamp, ingestedMs, message });
      }
      return { body: { nextSequenceToken: core.names.hex(56) } };
    },
  },
};
