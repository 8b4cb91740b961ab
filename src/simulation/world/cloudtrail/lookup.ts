import { z } from 'zod';
import type { Operation } from '../call.ts';
import { readMembers } from '../read-members.ts';
import { AwsRefusal } from '../world-error.ts';
import type { TrailEvent } from './trail.ts';

/** `LookupEvents` gives at most so many events at a time (API reference), and is limited to two calls a second. */
const PAGE = 50;

const lookup = z.object({
  LookupAttributes: z.array(z.object({ AttributeKey: z.string(), AttributeValue: z.string() })).optional(),
  /** Epoch seconds. */
  StartTime: z.number().optional(),
  EndTime: z.number().optional(),
  MaxResults: z.number().int().optional(),
  NextToken: z.string().optional(),
});

const ATTRIBUTES: Readonly<Record<string, (event: TrailEvent, value: string) => boolean>> = {
  EventId: (event, value) => event.eventId === value,
  EventName: (event, value) => event.eventName === value,
  EventSource: (event, value) => event.eventSource === value,
  ReadOnly: (event, value) => String(event.readOnly) === value,
  Username: (event, value) => event.username === value,
  AccessKeyId: (event, value) => event.accessKeyId === value,
  ResourceName: (event, value) => event.resources.some((one) => one.ResourceName === value),
  ResourceType: (event, value) => event.resources.some((one) => one.ResourceType === value),
};

function refused(code: string, message: string): AwsRefusal {
  return new AwsRefusal(code, 400, message);
}

/** A token names the question it belongs to, and how many of the found events stand before the next. */
function writeToken(question: string, oldest: string): string {
  return Buffer.from(JSON.stringify([question, oldest])).toString('base64url');
}

function readToken(token: string, question: string): string {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    read = undefined;
  }
  if (!Array.isArray(read) || read[0] !== question || typeof read[1] !== 'string') {
    throw refused('InvalidNextTokenException', 'Invalid nextToken: it belongs to another request.');
  }
  return read[1];
}

function shown(event: TrailEvent) {
  return {
    EventId: event.eventId,
    EventName: event.eventName,
    ReadOnly: String(event.readOnly),
    ...(event.accessKeyId === '' ? {} : { AccessKeyId: event.accessKeyId }),
    EventTime: Math.floor(event.atMs / 1000),
    EventSource: event.eventSource,
    ...(event.username === '' ? {} : { Username: event.username }),
    Resources: event.resources,
    CloudTrailEvent: JSON.stringify(event.record),
  };
}

/**
 * LookupEvents: management events of the Region, newest first, 50 a page, by one attribute at most;
 * an event is found once the delivery delay is over.
 */
export const cloudTrailOperations: Readonly<Record<string, Operation>> = {
  LookupEvents: {
    service: 'cloudtrail',
    name: 'LookupEvents',
    write: false,
    access: () => [{ action: 'cloudtrail:LookupEvents', resource: '*' }],
    run(core, input) {
      const wanted = readMembers(lookup, input.body);
      const { LookupAttributes: attributes = [], StartTime: start = 0, MaxResults: most = PAGE } = wanted;
      const end = wanted.EndTime ?? Number.MAX_SAFE_INTEGER;
      if (attributes.length > 1) {
        throw refused('InvalidLookupAttributesException', 'You can specify only one lookup attribute.');
      }
      if (most < 1 || most > PAGE) {
        throw refused('InvalidMaxResultsException', 'MaxResults must be between 1 and 50.');
      }
      if (start > end) throw refused('InvalidTimeRangeException', 'StartTime must be before EndTime.');
      const [attribute] = attributes;
      const test = attribute === undefined ? () => true : ATTRIBUTES[attribute.AttributeKey];
      if (test === undefined) {
        throw refused(
          'InvalidLookupAttributesException',
          `Unknown lookup attribute ${attribute?.AttributeKey}.`,
        );
      }
      const nowMs = core.clock.now().getTime();
      const found = core.trail
        .delivered(input.region, nowMs - core.settings.trailDelayMs)
        .filter((event) => {
          const at = Math.floor(event.atMs / 1000);
          return at >= start && at <= end && test(event, attribute?.AttributeValue ?? '');
        })
        .reverse();
      // The page goes on after an event, not at a position: events delivered meanwhile stand before it.
      const question = JSON.stringify([attributes, wanted.StartTime, wanted.EndTime]);
      const after = wanted.NextToken === undefined ? undefined : readToken(wanted.NextToken, question);
      const from = after === undefined ? 0 : found.findIndex((event) => event.eventId === after) + 1;
      const page = found.slice(from, from + most);
      const last = page.at(-1);
      const more = last !== undefined && from + page.length < found.length;
      return {
        body: { Events: page.map(shown), ...(more ? { NextToken: writeToken(question, last.eventId) } : {}) },
      };
    },
  },
};
