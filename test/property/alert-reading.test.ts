import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatFunctionArn, parseFunctionArn } from '../../src/alert/arn.ts';
import { LAMBDA_FINDING_TYPES } from '../../src/alert/guardduty.ts';
import { readAlert } from '../../src/alert/read-alert.ts';
import { type AlertReading, REJECTION_CODES, UNSUPPORTED_CODES } from '../../src/alert/reading.ts';
import { signRequest } from '../../src/alert/sign.ts';
import {
  checkSignature,
  NONCE_HEADER,
  SIGNATURE_HEADER,
  TIMESTAMP_HEADER,
} from '../../src/alert/signature.ts';
import type { Json, JsonObject } from '../../src/json.ts';
import { bytesOf, C2_EVENT, fileJson, inSns, inSqs, pascalCase } from '../support/alert-fixtures.ts';

const event = fileJson(C2_EVENT);
// The fixture's detail is an object.
const finding = event.detail as JsonObject;
const generic = fileJson('test/fixtures/alerts/generic-function.json');
const CODES: readonly string[] = [...REJECTION_CODES, ...UNSUPPORTED_CODES];

/** Reads and checks what every reading promises, whatever the bytes. */
function sound(bytes: Uint8Array) {
  const reading = readAlert(bytes);
  expect(faultsOf(reading)).toEqual([]);
  return reading;
}

function faultsOf(reading: AlertReading): string[] {
  if (reading.kind !== 'alerts') return CODES.includes(reading.code) ? [] : [`code ${reading.code}`];
  const faults = reading.refused.flatMap((refusal) => faultsOf(refusal));
  if (reading.alerts.length === 0) faults.push('no alert');
  for (const alert of reading.alerts) {
    // PostgreSQL's jsonb takes neither NUL nor lone surrogates; a terminal should take no control characters.
    if (/\\u00[01]|\\ud[89a-f]/.test(JSON.stringify(alert))) faults.push('unsafe text');
    if (!(alert.severity >= 0 && alert.severity <= 10)) faults.push(`severity ${alert.severity}`);
    const arn = alert.target === undefined ? undefined : parseFunctionArn(alert.target.functionArn);
    if (
      arn === null ||
      (arn !== undefined && (arn.account !== alert.account || arn.region !== alert.region))
    ) {
      faults.push('a target that contradicts its alert');
    }
  }
  return faults;
}

const anyJson = fc.jsonValue({ maxDepth: 6 }).map((value) => {
  const json: Json = JSON.parse(JSON.stringify(value));
  return json;
});

const WORDS = [
  ...['Records', 'eventSource', 'EventSource', 'body', 'Sns', 'Type', 'TopicArn', 'Message', 'detail'],
  ...['detail-type', 'source', 'Findings', 'findings', 'cordon', 'arn', 'service', 'resource'],
  ...['lambdaDetails', '__proto__', 'constructor'],
];
const VALUES: readonly Json[] = [
  ...['aws:sqs', 'aws:sns', 'Notification', 'aws.guardduty', 'GuardDuty Finding', '{}', '[[[['],
  ...[1, null, true, [], {}, finding, generic],
  'arn:aws:guardduty:eu-west-1:111122223333:detector/a/finding/b',
];

/** JSON that looks at home here: known keys with unlikely values, documents inside text. */
const likelyJson = fc.letrec<{ node: Json }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(...VALUES),
    fc.array(tie('node'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.constantFrom(...WORDS), tie('node')), { maxLength: 5 })
      .map((entries) => Object.fromEntries(entries)),
    tie('node').map((value) => JSON.stringify(value)),
  ),
})).node;

const oddValue = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom<Json>('\u0000', '\ud800', '\u202e', '__proto__', '9'.repeat(400), 1e308, -0),
  fc.constantFrom<Json>('0000-01-01T00:00:00+14:00', '9999-12-31T23:59:59-14:00'),
);

describe('reading an alert', () => {
  test('throws nothing on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void sound(bytes)),
      { numRuns: 500 },
    );
  });

  test('throws nothing on any text', () => {
    const text = fc.string({ unit: 'binary', maxLength: 400 });
    fc.assert(
      fc.property(text, (value) => void sound(new TextEncoder().encode(value))),
      { numRuns: 500 },
    );
  });

  test('throws nothing on any JSON that looks at home here', () => {
    fc.assert(
      fc.property(likelyJson, (value) => void sound(bytesOf(value))),
      { numRuns: 500 },
    );
  });

  test('finds no alert in JSON that is none', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(sound(bytesOf(value)).kind).not.toBe('alerts');
      }),
      { numRuns: 500 },
    );
  });

  test('throws nothing on a finding or a generic alert with any one field replaced by anything', () => {
    const places = [finding, generic].flatMap((document) =>
      pathsOf(document).map((path) => [document, path] as const),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...places),
        fc.oneof(anyJson, likelyJson, oddValue),
        ([document, path], value) => void sound(bytesOf(replaced(document, path, value))),
      ),
      { numRuns: 600 },
    );
  });

  test('gives the same for both key cases, refusals too', () => {
    const changes = fc.record({
      type: fc.constantFrom<Json>(...LAMBDA_FINDING_TYPES, 'Other:Lambda/X'),
      severity: fc.integer({ min: -10, max: 110 }).map((tenths): Json => tenths / 10),
      title: fc.string().map((value): Json => value),
      updatedAt: fc
        .date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
        .map((value): Json => value.toISOString()),
    });
    fc.assert(
      fc.property(changes, (fields) => {
        const document: JsonObject = { ...finding, ...fields };
        expect(sound(bytesOf(pascalCase(document)))).toEqual(sound(bytesOf(document)));
      }),
    );
  });

  test('does not depend on the order of envelopes, up to three; a fourth is refused', () => {
    const wrappers = fc.array(fc.constantFrom(inSqs, inSns), { maxLength: 5 });
    fc.assert(
      fc.property(wrappers, fc.constantFrom<Json>(event, finding, generic), (wrap, document) => {
        const reading = sound(bytesOf(wrap.reduce<Json>((inner, envelope) => envelope(inner), document)));
        const envelopes = wrap.length + (document === event ? 1 : 0);
        expect(envelopes > 3 ? codeOf(reading) : reading).toEqual(
          envelopes > 3 ? 'cordon_alert_too_deep' : sound(bytesOf(document)),
        );
      }),
    );
  });
});

describe('a function ARN', () => {
  test('is either refused or formatted back as it was', () => {
    const known = ['arn', 'aws', 'aws-cn', 'lambda', 'eu-west-1', 'cn-north-1', '111122223333', 'function'];
    const part = fc.oneof(fc.constantFrom(...known, 'f', '$LATEST', ''), fc.string({ maxLength: 8 }));
    const prefix = 'arn:aws:lambda:eu-west-1:111122223333:function';
    const text = fc.oneof(
      fc.array(part, { maxLength: 10 }).map((parts) => parts.join(':')),
      fc.array(part, { maxLength: 3 }).map((rest) => [prefix, ...rest].join(':')),
    );
    fc.assert(
      fc.property(text, (value) => {
        const arn = parseFunctionArn(value);
        expect(arn === null ? value : formatFunctionArn(arn)).toBe(value);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a signature', () => {
  test('covers every byte of the body', () => {
    const secret = 's'.repeat(32);
    const now = new Date('2026-11-20T03:00:00.000Z');
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 64 });
    fc.assert(
      fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (body, at, flip) => {
        const signed = signRequest({ secret, body, now, nonce: 'a-nonce-of-sixteen-or-more' });
        const check = (received: Uint8Array) =>
          checkSignature({
            signature: signed[SIGNATURE_HEADER],
            timestamp: signed[TIMESTAMP_HEADER],
            nonce: signed[NONCE_HEADER],
            body: received,
            secrets: [secret],
            now,
          }).kind;
        const tampered = body.map((byte, index) => (index === at % body.length ? byte ^ flip : byte));
        expect([check(body), check(tampered)]).toEqual(['valid', 'invalid']);
      }),
    );
  });
});

function codeOf(reading: AlertReading): string {
  return reading.kind === 'alerts' ? 'none' : reading.code;
}

/** Paths of all values of a document, as lists of keys; the document itself is the empty path. */
function pathsOf(value: Json, path: readonly string[] = []): (readonly string[])[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [path];
  return [path, ...Object.entries(value).flatMap(([key, item]) => pathsOf(item ?? null, [...path, key]))];
}

function replaced(document: Json, path: readonly string[], value: Json): Json {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  // Every inner step of these paths is an object: `pathsOf` stops at anything else.
  const object = document as JsonObject;
  return { ...object, [head]: replaced(object[head] ?? null, rest, value) };
}
