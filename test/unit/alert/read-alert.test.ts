import { describe, expect, test } from '@jest/globals';
import { FORMATS } from '../../../src/alert/formats.ts';
import { MAX_ALERT_BYTES, readAlert } from '../../../src/alert/read-alert.ts';
import { REJECTION_CODES, UNSUPPORTED_CODES } from '../../../src/alert/reading.ts';
import {
  bytesOf,
  C2_EVENT,
  fileBytes,
  fileJson,
  inSns,
  inSqs,
  pascalCase,
} from '../../support/alert-fixtures.ts';

const event = fileJson(C2_EVENT);
const expected = readAlert(fileBytes(C2_EVENT));
const text = (value: string) => readAlert(new TextEncoder().encode(value));

describe('envelopes', () => {
  test.each([
    ['none but the event', event],
    ['not even the event', event.detail ?? null],
    ['SQS', inSqs(event)],
    ['SNS', inSns(event)],
    ['SQS around SNS', inSqs(inSns(event))],
    ['SNS around SQS', inSns(inSqs(event))],
    ['SNS as a Lambda record', { Records: [{ EventSource: 'aws:sns', Sns: inSns(event) }] }],
  ])('come off: %s', (_, value) => {
    expect(readAlert(bytesOf(value))).toEqual(expected);
  });

  test('are refused when there is a fourth', () => {
    expect(readAlert(bytesOf(inSqs(inSns(event)))).kind).toBe('alerts');
    expect(readAlert(bytesOf(inSqs(inSqs(inSns(event)))))).toMatchObject({
      kind: 'rejected',
      code: 'cordon_alert_too_deep',
    });
  });

  test.each(['SubscriptionConfirmation', 'UnsubscribeConfirmation'])('never confirm: %s', (Type) => {
    expect(readAlert(bytesOf({ ...inSns(event), Type }))).toMatchObject({
      kind: 'unsupported',
      code: 'cordon_alert_subscription_request',
    });
  });

  test.each([
    ['an SNS envelope of an unknown type', { ...inSns(event), Type: 'Other' }],
    ['an SNS envelope without message', { ...inSns(event), Message: 7 }],
    ['an SNS record without notification', { Records: [{ EventSource: 'aws:sns', Sns: {} }] }],
    ['an event without detail', { ...event, detail: 'x' }],
  ])('are refused when malformed: %s', (_, value) => {
    expect(readAlert(bytesOf(value))).toMatchObject({ kind: 'rejected', code: 'cordon_alert_wrong_shape' });
  });
});

describe('a batch', () => {
  const record = (body: string) => ({ eventSource: 'aws:sqs', body });

  test('keeps its good alerts and names the bad ones', () => {
    const reading = readAlert(
      bytesOf({ Records: [record('not json'), record(JSON.stringify(event)), record('{"a":1}')] }),
    );
    expect(reading).toMatchObject({
      kind: 'alerts',
      alerts: [{ source: 'guardduty' }],
      refused: [{ code: 'cordon_alert_malformed_json' }, { code: 'cordon_alert_unknown_format' }],
    });
  });

  test('of bad ones only is refused', () => {
    expect(readAlert(bytesOf({ Records: [record('not json'), record('{"a":1}')] }))).toMatchObject({
      kind: 'rejected',
      code: 'cordon_alert_malformed_json',
    });
  });

  test('of GetFindings gives one alert per finding', () => {
    const finding = pascalCase(event.detail ?? null);
    const reading = readAlert(bytesOf({ Findings: [finding, finding] }));
    expect(reading.kind === 'alerts' ? reading.alerts.length : reading).toBe(2);
  });

  test.each([
    ['in one envelope', { Findings: Array.from({ length: 101 }, () => ({})) }],
    ['in nested ones', { Findings: Array.from({ length: 60 }, () => ({ Findings: [{}, {}] })) }],
    [
      'in SQS records',
      { Records: Array.from({ length: 101 }, () => ({ eventSource: 'aws:sqs', body: '{}' })) },
    ],
  ])('of more than a hundred is refused, %s', (_, value) => {
    expect(readAlert(bytesOf(value))).toMatchObject({ kind: 'rejected', code: 'cordon_alert_too_many' });
  });
});

describe('bytes that are no alert', () => {
  test.each([
    ['nothing', ''],
    ['a blank', ' '],
    ['plain text', 'Hello'],
    ['half a document', '{"a":'],
    ['an unclosed string', '{"a":"'],
    ['two documents', '{}{}'],
  ])('are malformed: %s', (_, value) => {
    expect(text(value)).toMatchObject({ kind: 'rejected', code: 'cordon_alert_malformed_json' });
  });

  test('are malformed when they are not UTF-8, and their content is in no message', () => {
    expect(readAlert(Uint8Array.of(0x22, 0xff, 0x22))).toMatchObject({ code: 'cordon_alert_malformed_json' });
    expect(JSON.stringify(text('{"password": hunter2}'))).not.toContain('hunter2');
  });

  test.each(['null', '1', '"x"', '[]', '{}', '{"Records":[]}', '{"Records":[1]}', '{"Findings":[]}'])(
    'are of an unknown format: %s',
    (value) => {
      expect(text(value)).toMatchObject({ kind: 'unsupported', code: 'cordon_alert_unknown_format' });
    },
  );

  test('are refused above 1 MiB and read at 1 MiB', () => {
    const padded = (size: number) => {
      const bytes = new Uint8Array(size).fill(0x20);
      bytes.set(fileBytes(C2_EVENT));
      return bytes;
    };
    expect(readAlert(padded(MAX_ALERT_BYTES))).toEqual(expected);
    expect(readAlert(padded(MAX_ALERT_BYTES + 1))).toMatchObject({ code: 'cordon_alert_too_large' });
  });

  test.each([
    ['arrays', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('are refused when %s nest too deep, half a million or 65', (_, open, close) => {
    const nest = (count: number, inner: string) => `${open.repeat(count)}${inner}${close.repeat(count)}`;
    for (const count of [65, Math.floor(500_000 / open.length)]) {
      expect(text(nest(count, '1'))).toMatchObject({ kind: 'rejected', code: 'cordon_alert_too_nested' });
    }
    expect(text(nest(64, '1'))).toMatchObject({ code: 'cordon_alert_unknown_format' });
    expect(text(JSON.stringify({ a: `\\"${open.repeat(100)}` }))).toMatchObject({
      code: 'cordon_alert_unknown_format',
    });
  });

  test('are refused when they nest too deep inside an envelope', () => {
    const body = `${'['.repeat(1000)}${']'.repeat(1000)}`;
    expect(readAlert(bytesOf({ Records: [{ eventSource: 'aws:sqs', body }] }))).toMatchObject({
      code: 'cordon_alert_too_nested',
    });
  });
});

describe('a format that Cordon knows and does not read', () => {
  test.each([
    [
      'Security Hub finding',
      { SchemaVersion: '2018-10-08', ProductArn: 'arn:aws:securityhub:::product/a/b' },
    ],
    [
      'Security Hub finding',
      {
        'detail-type': 'Security Hub Findings - Imported',
        source: 'aws.securityhub',
        detail: { findings: [{ SchemaVersion: '2018-10-08', ProductArn: 'x' }] },
      },
    ],
    ['OCSF', { class_uid: 2004 }],
    ['CloudWatch alarm', { AlarmName: 'x' }],
    [
      'CloudWatch alarm',
      { 'detail-type': 'x', source: 'aws.cloudwatch', detail: { alarmName: 'x', state: {} } },
    ],
    ['CloudTrail', { eventSource: 'lambda.amazonaws.com', eventName: 'AddPermission20150331v2' }],
    ['CloudTrail', { Records: [{ eventSource: 'lambda.amazonaws.com', eventName: 'Invoke' }] }],
  ])('is named: %s', (name, value) => {
    expect(readAlert(bytesOf(value))).toMatchObject({
      kind: 'unsupported',
      code: 'cordon_alert_format_not_read',
      message: expect.stringContaining(name),
    });
  });
});

test('formats have distinct ids, and no fixture is recognised by two', () => {
  expect(new Set(FORMATS.map((format) => format.id)).size).toBe(FORMATS.length);
  for (const value of [event.detail ?? null, fileJson('test/fixtures/alerts/generic-function.json')]) {
    const document = { kind: 'document' as const, value, events: [] };
    expect(FORMATS.filter((format) => format.recognises(document))).toHaveLength(1);
  }
});

test('every code of a refusal is in the documentation', () => {
  const docs = new TextDecoder().decode(fileBytes('docs/alerts.md'));
  expect(
    [...REJECTION_CODES, ...UNSUPPORTED_CODES].filter((code) => !docs.includes(`| \`${code}\` |`)),
  ).toEqual([]);
});
