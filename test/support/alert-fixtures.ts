import { readFileSync } from 'node:fs';
import type { Json, JsonObject } from '../../src/json.ts';

const ROOT = new URL('../../', import.meta.url);

/** Bytes of a file of the repository. */
export function fileBytes(path: string): Uint8Array {
  return readFileSync(new URL(path, ROOT));
}

/** Parses a JSON file of the repository whose top level is an object. */
export function fileJson(path: string): JsonObject {
  const value: JsonObject = JSON.parse(readFileSync(new URL(path, ROOT), 'utf8'));
  return value;
}

/** The synthetic GuardDuty finding of the c2-callback exercise, in its EventBridge envelope. */
export const C2_EVENT = 'simulations/c2-callback/alerts/guardduty-c2.json';

export function bytesOf(value: Json): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** An SQS batch of one record around a document, as a Lambda trigger would hand it over. */
export function inSqs(value: Json): JsonObject {
  return {
    Records: [
      {
        messageId: '2b1c6f0e-1d2a-4f3b-8c4d-5e6f7a8b9c0d',
        receiptHandle: 'synthetic',
        body: JSON.stringify(value),
        attributes: { ApproximateReceiveCount: '1' },
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:eu-west-1:111122223333:alerts',
        awsRegion: 'eu-west-1',
      },
    ],
  };
}

/** An SNS notification around a document. */
export function inSns(value: Json): JsonObject {
  return {
    Type: 'Notification',
    MessageId: '95df01b4-ee98-5cb9-9903-4c221d41eb5e',
    TopicArn: 'arn:aws:sns:eu-west-1:111122223333:alerts',
    Message: JSON.stringify(value),
    Timestamp: '2026-11-20T03:05:00.000Z',
    SignatureVersion: '2',
    Signature: 'synthetic',
    SigningCertURL: 'https://sns.eu-west-1.amazonaws.com/synthetic.pem',
    UnsubscribeURL: 'https://sns.eu-west-1.amazonaws.com/synthetic',
  };
}

/** Spells every key as the AWS SDK does. */
export function pascalCase(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => pascalCase(item));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.charAt(0).toUpperCase() + key.slice(1),
      pascalCase(item ?? null),
    ]),
  );
}

/** A copy of `document` with the value at a dotted path replaced, or removed when `value` is undefined. */
export function withField(document: JsonObject, path: string, value: Json | undefined): JsonObject {
  const [head = '', ...rest] = path.split('.');
  const current = document[head];
  const next =
    rest.length === 0
      ? value
      : // Every inner step of the paths used here is an object.
        withField((current ?? {}) as JsonObject, rest.join('.'), value);
  return Object.fromEntries(
    Object.entries({ ...document, [head]: next }).filter((entry) => entry[1] !== undefined),
  );
}
