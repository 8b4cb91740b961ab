import type { Json, JsonObject } from '../json.ts';
import { parseBoundedJson } from './bounded-json.ts';
import { rejected, type Unread, unsupported } from './reading.ts';

/**
 * Envelopes that AWS puts around an alert: SQS records around an SNS notification around an
 * EventBridge event is the deepest that AWS makes by itself, hence three. They are taken off in
 * whatever order they come. An envelope's own word on account and Region is a hint, nothing more.
 */

/** Envelopes around one another; a fourth is refused with `cordon_alert_too_deep`. */
const MAX_ENVELOPES = 3;
/** Documents of one submission; SQS and GetFindings give far fewer. Beyond: `cordon_alert_too_many`. */
const MAX_DOCUMENTS = 100;

/** What an EventBridge envelope said about its content. */
export interface EventHint {
  readonly source: string;
  readonly detailType: string;
  readonly region: string | null;
}

/** One document with all envelopes off, and the events it came in, outermost first. */
export interface Document {
  readonly kind: 'document';
  readonly value: Json;
  readonly events: readonly EventHint[];
}

/** Takes all envelopes off a parsed submission. */
export function unwrap(value: Json): readonly (Document | Unread)[] {
  const found: (Document | Unread)[] = [];
  open(value, 0, [], found);
  return found.length > MAX_DOCUMENTS
    ? [
        rejected(
          'cordon_alert_too_many',
          `Expected at most ${MAX_DOCUMENTS} alerts in one submission; found more. Send them in several.`,
        ),
      ]
    : found;
}

function open(value: Json, depth: number, events: readonly EventHint[], found: (Document | Unread)[]): void {
  // One more than the limit is enough to refuse; the rest of a hostile batch is not looked at.
  if (found.length > MAX_DOCUMENTS) return;
  const envelope = openOne(value);
  if (envelope.kind === 'document') {
    found.push({ kind: 'document', value, events });
    return;
  }
  if (envelope.kind !== 'envelope') {
    found.push(envelope);
    return;
  }
  if (depth === MAX_ENVELOPES) {
    found.push(
      rejected(
        'cordon_alert_too_deep',
        `Expected at most ${MAX_ENVELOPES} envelopes around an alert; found a fourth. Send it with fewer.`,
      ),
    );
    return;
  }
  const inner = envelope.event === undefined ? events : [...events, envelope.event];
  for (const part of envelope.parts) {
    if (part.kind === 'part') open(part.value, depth + 1, inner, found);
    else found.push(part);
  }
}

type Part = { readonly kind: 'part'; readonly value: Json } | Unread;
type Opened =
  | { readonly kind: 'envelope'; readonly parts: readonly Part[]; readonly event?: EventHint }
  | { readonly kind: 'document' }
  | Unread;

const DOCUMENT: Opened = { kind: 'document' };

function openOne(value: Json): Opened {
  if (!isObject(value)) return DOCUMENT;
  return openRecords(value) ?? openNotification(value) ?? openEvent(value) ?? openFindings(value) ?? DOCUMENT;
}

/** SQS records, and the records in which SNS hands a notification to a function. */
function openRecords(value: JsonObject): Opened | null {
  const records = value.Records;
  if (!isList(records) || records.length === 0) return null;
  const parts: Part[] = [];
  for (const record of records) {
    if (!isObject(record)) return null;
    if (record.eventSource === 'aws:sqs' && typeof record.body === 'string') {
      parts.push(parsePart(record.body, 'the body of an SQS message'));
    } else if (record.EventSource === 'aws:sns' && isObject(record.Sns)) {
      const notification = openNotification(record.Sns);
      if (notification === null) {
        parts.push(wrongShape('an SNS record'));
      } else if (notification.kind === 'envelope') {
        parts.push(...notification.parts);
      } else if (notification.kind !== 'document') {
        parts.push(notification);
      }
    } else {
      return null;
    }
    if (parts.length > MAX_DOCUMENTS) break;
  }
  return { kind: 'envelope', parts };
}

function openNotification(value: JsonObject): Opened | null {
  if (typeof value.TopicArn !== 'string' || typeof value.Type !== 'string') return null;
  if (value.Type === 'SubscriptionConfirmation' || value.Type === 'UnsubscribeConfirmation') {
    return unsupported(
      'cordon_alert_subscription_request',
      'Expected an SNS notification; found a request to confirm a subscription. Cordon never confirms one: check the topic and confirm it yourself.',
    );
  }
  if (value.Type !== 'Notification' || typeof value.Message !== 'string')
    return wrongShape('an SNS envelope');
  return { kind: 'envelope', parts: [parsePart(value.Message, 'the message of an SNS notification')] };
}

function openEvent(value: JsonObject): Opened | null {
  const detailType = value['detail-type'];
  const { source, detail, region } = value;
  if (typeof detailType !== 'string' || typeof source !== 'string') return null;
  if (!isObject(detail)) return wrongShape('an EventBridge envelope');
  const event = { source, detailType, region: typeof region === 'string' ? region : null };
  return { kind: 'envelope', parts: [{ kind: 'part', value: detail }], event };
}

/** The output of GuardDuty `GetFindings`, as `aws guardduty get-findings` prints it. */
function openFindings(value: JsonObject): Opened | null {
  const findings = value.Findings;
  if (!isList(findings) || findings.length === 0) return null;
  return {
    kind: 'envelope',
    parts: findings.slice(0, MAX_DOCUMENTS + 1).map((finding) => ({ kind: 'part', value: finding })),
  };
}

function parsePart(text: string, what: string): Part {
  const parsed = parseBoundedJson(text, what);
  return parsed.kind === 'parsed' ? { kind: 'part', value: parsed.value } : parsed;
}

function wrongShape(what: string): Unread {
  return rejected(
    'cordon_alert_wrong_shape',
    `Expected ${what} with its documented fields; some are missing or of another type. Check what rewrites it on its way.`,
  );
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
