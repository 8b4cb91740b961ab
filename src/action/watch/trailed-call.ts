import { z } from 'zod';
import type { Json, JsonObject } from '../../json.ts';

/**
 * One management event of CloudTrail, as far as a watch needs it. What an event says of its caller is AWS's word; names
 * and parameters are the caller's own, so attacker-controlled: bounded, shown and compared, never parsed further.
 */
export interface TrailedCall {
  readonly id: string;
  /** ISO 8601; CloudTrail knows whole seconds. */
  readonly at: string;
  /** `iam:DeleteRolePolicy`: without the API version that Lambda's events carry in their names. */
  readonly call: string;
  /** ARN of who called, or the AWS service. */
  readonly principal: string;
  /** The role whose session called; `null` for anybody else. */
  readonly roleArn: string | null;
  /** The function from whose environment the credentials are; `null` when the event names none. */
  readonly functionArn: string | null;
  /** `refused` is a denial; `other` an error that says nothing about rights. */
  readonly outcome: 'succeeded' | 'refused' | 'other';
  readonly write: boolean;
  readonly sourceIdentity: string | null;
  /** An AWS service that called on somebody's behalf; `null` for a call of one's own. */
  readonly invokedBy: string | null;
  readonly parameters: JsonObject;
}

const name = z.string().min(1).max(128);
const arn = z.string().min(1).max(2048);

const record = z.looseObject({
  eventID: name,
  eventTime: z.iso.datetime({ offset: true }),
  eventSource: name,
  eventName: name,
  errorCode: z.string().max(256).optional(),
  errorMessage: z.string().max(4096).optional(),
  readOnly: z.boolean().default(false),
  // Out of `JSON.parse`: JSON all the way down, and a look reads hundreds of them.
  requestParameters: z.custom<JsonObject>(isObject).nullish(),
  userIdentity: z.looseObject({
    type: z.string().max(64),
    arn: arn.optional(),
    invokedBy: name.optional(),
    sessionContext: z
      .looseObject({
        sourceIdentity: name.optional(),
        sessionIssuer: z.looseObject({ arn: arn.optional() }).optional(),
      })
      .optional(),
    inScopeOf: z.looseObject({ credentialsIssuedTo: arn.optional() }).optional(),
  }),
});

// Codes by which services say that the caller lacks the right (Elastic's and Panther's rules list the same four).
const REFUSED: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'UnauthorizedOperation',
  'Client.UnauthorizedOperation',
]);

// Nothing was ever allowed there: it says nothing about a deny of ours. IAM's words, in every service that has any.
const NEVER_ALLOWED = /because no (?:identity|resource)-based policy allows/;

/** Reads one row of `LookupEvents`; `undefined` for one that is not a CloudTrail record. */
export function trailedCall(row: Json): TrailedCall | undefined {
  const text = z.looseObject({ CloudTrailEvent: z.string().max(262_144) }).safeParse(row);
  const read = text.success ? record.safeParse(jsonOf(text.data.CloudTrailEvent)) : undefined;
  if (read === undefined || !read.success) return undefined;
  const { userIdentity: who, ...event } = read.data;
  const service = event.eventSource.split('.')[0] ?? event.eventSource;
  return {
    id: event.eventID,
    at: new Date(event.eventTime).toISOString(),
    call: `${service}:${event.eventName.replace(/20\d{6}(?:v\d+)?$/, '')}`,
    principal: who.arn ?? who.invokedBy ?? who.type,
    roleArn: who.sessionContext?.sessionIssuer?.arn ?? null,
    functionArn: who.inScopeOf?.credentialsIssuedTo ?? null,
    outcome: outcomeOf(event.errorCode, event.errorMessage),
    write: !event.readOnly,
    sourceIdentity: who.sessionContext?.sourceIdentity ?? null,
    invokedBy: who.invokedBy ?? null,
    parameters: event.requestParameters ?? {},
  };
}

function outcomeOf(code: string | undefined, message: string | undefined): TrailedCall['outcome'] {
  if (code === undefined) return 'succeeded';
  return REFUSED.has(code) && !NEVER_ALLOWED.test(message ?? '') ? 'refused' : 'other';
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
