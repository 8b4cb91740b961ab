import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { genericAlertJsonSchema } from '../../../src/alert/generic.ts';
import { genericAlertReference } from '../../../src/alert/generic-reference.ts';
import { readAlert } from '../../../src/alert/read-alert.ts';
import type { Json } from '../../../src/json.ts';
import { bytesOf, fileBytes, fileJson, withField } from '../../support/alert-fixtures.ts';

const FUNCTION = 'test/fixtures/alerts/generic-function.json';
const CREDENTIAL = 'test/fixtures/alerts/generic-credential.json';
const alert = fileJson(FUNCTION);

describe('a generic alert', () => {
  test('about a function becomes an alert with its target', () => {
    expect(readAlert(fileBytes(FUNCTION))).toEqual({
      kind: 'alerts',
      refused: [],
      alerts: [
        {
          source: 'generic',
          dedupeKey: 'generic:egress-watch:checkout-webhook:2026-11-20',
          revision: '2026-11-20T03:01:42.000Z',
          category: 'function-compromise',
          findingType: 'egress:unknown-host',
          title: 'checkout-webhook talks to a host that no release has ever used',
          description: '412 connections to 203.0.113.9 in ten minutes.',
          severity: 7.5,
          confidence: 0.8,
          account: '111122223333',
          region: 'eu-west-1',
          target: {
            functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:checkout-webhook',
            functionName: 'checkout-webhook',
            partition: 'aws',
            account: '111122223333',
            region: 'eu-west-1',
            qualifier: 'live',
            roleArn: 'arn:aws:iam::111122223333:role/service/checkout-webhook-role',
            tags: { team: 'payments' },
          },
          firstSeenAt: '2026-11-20T02:58:11.000Z',
          lastSeenAt: '2026-11-20T03:01:42.000Z',
          sample: false,
        },
      ],
    });
  });

  test('about a credential has no target and keeps its own revision', () => {
    const reading = readAlert(fileBytes(CREDENTIAL));
    expect(reading).toMatchObject({
      alerts: [{ category: 'credential-compromise', revision: '2', sample: true, confidence: 1 }],
    });
    expect(reading.kind === 'alerts' ? reading.alerts[0] : null).not.toHaveProperty('target');
  });

  test('can never take the identity of a GuardDuty finding', () => {
    const arn = 'arn:aws:guardduty:eu-west-1:111122223333:detector/1ac1/finding/a6c5';
    expect(readAlert(bytesOf({ ...alert, id: arn }))).toMatchObject({
      alerts: [{ dedupeKey: `generic:${arn}` }],
    });
  });

  test.each<[string, string, Json | undefined, string]>([
    ['a misspelt field', 'sevrity', 9, 'cordon_alert_wrong_shape'],
    ['a misspelt field of the function', 'function.role', 'x', 'cordon_alert_wrong_shape'],
    ['a function compromise without function', 'function', undefined, 'cordon_alert_wrong_shape'],
    ['no id', 'id', undefined, 'cordon_alert_wrong_shape'],
    ['an id with a space', 'id', 'a b', 'cordon_alert_wrong_shape'],
    ['a severity as text', 'severity', '7', 'cordon_alert_wrong_shape'],
    ['a negative severity', 'severity', -1, 'cordon_alert_wrong_shape'],
    ['a confidence in per cent', 'confidence', 80, 'cordon_alert_wrong_shape'],
    ['an unknown category', 'category', 'compromise', 'cordon_alert_wrong_shape'],
    ['a time without offset', 'lastSeenAt', '2026-11-20T03:01:42', 'cordon_alert_wrong_shape'],
    ['an impossible time', 'lastSeenAt', '2026-02-30T03:01:42Z', 'cordon_alert_wrong_shape'],
    ['an ARN that is none', 'function.arn', 'checkout', 'cordon_alert_wrong_shape'],
    [
      'a wildcard',
      'function.arn',
      'arn:aws:lambda:eu-west-1:111122223333:function:*',
      'cordon_alert_wrong_shape',
    ],
    ['a sample flag as text', 'sample', 'true', 'cordon_alert_wrong_shape'],
    ['a version as text', 'cordon', '1', 'cordon_alert_wrong_shape'],
    ['another version', 'cordon', 2, 'cordon_alert_unknown_version'],
    ['another account than the ARN', 'account', '444455556666', 'cordon_alert_mismatch'],
    ['another Region than the ARN', 'region', 'us-east-1', 'cordon_alert_mismatch'],
    ['another qualifier than the ARN', 'function.qualifier', 'beta', 'cordon_alert_mismatch'],
    [
      'a role of another account',
      'function.roleArn',
      'arn:aws:iam::444455556666:role/x',
      'cordon_alert_mismatch',
    ],
  ])('is refused with %s', (_, path, value, code) => {
    expect(readAlert(bytesOf(withField(alert, path, value)))).toMatchObject({ code });
    expect(readAlert(bytesOf(alert)).kind).toBe('alerts');
  });

  test.each(['account', 'region'])('without a function is refused without %s', (field) => {
    expect(readAlert(bytesOf(withField(fileJson(CREDENTIAL), field, undefined)))).toMatchObject({
      kind: 'rejected',
      code: 'cordon_alert_wrong_shape',
      message: expect.stringContaining(field),
    });
  });

  test('never finds its own values in the message of a refusal', () => {
    const secret = 'hunter2-hunter2';
    const reading = readAlert(bytesOf({ ...alert, severity: secret, category: secret, lastSeenAt: secret }));
    expect(reading).toMatchObject({ kind: 'rejected' });
    expect(JSON.stringify(reading)).not.toContain(secret);
  });
});

describe('the documentation of the generic alert', () => {
  const docs = readFileSync(new URL('../../../docs/alerts.md', import.meta.url), 'utf8');

  test('lists the fields as the reader checks them', () => {
    expect(docs).toContain(genericAlertReference());
  });

  test('shows an example that the reader accepts', () => {
    const example = /```json\n(\{\n {2}"cordon": 1[\s\S]*?)```/.exec(docs)?.[1] ?? '';
    expect(readAlert(new TextEncoder().encode(example))).toMatchObject({ kind: 'alerts', refused: [] });
  });

  test('offers a JSON Schema that agrees with the reader', () => {
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(genericAlertJsonSchema());
    expect(validate(alert)).toBe(true);
    expect(validate(fileJson(CREDENTIAL))).toBe(true);
    expect(validate({ ...alert, sevrity: 9 })).toBe(false);
    expect(validate(withField(alert, 'lastSeenAt', undefined))).toBe(false);
  });
});
