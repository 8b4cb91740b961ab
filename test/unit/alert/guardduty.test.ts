import { describe, expect, test } from '@jest/globals';
import { LAMBDA_FINDING_TYPES } from '../../../src/alert/guardduty.ts';
import { readAlert } from '../../../src/alert/read-alert.ts';
import type { Json, JsonObject } from '../../../src/json.ts';
import {
  bytesOf,
  C2_EVENT,
  fileBytes,
  fileJson,
  pascalCase,
  withField,
} from '../../support/alert-fixtures.ts';

const FIXTURES = 'test/fixtures/alerts';
const event = fileJson(C2_EVENT);
// The fixture's detail is an object.
const finding = event.detail as JsonObject;

function onlyAlert(value: Json) {
  const reading = readAlert(bytesOf(value));
  if (reading.kind !== 'alerts') throw new Error(`${reading.code}: ${reading.message}`);
  expect(reading.refused).toEqual([]);
  expect(reading.alerts).toHaveLength(1);
  const [alert] = reading.alerts;
  if (alert === undefined) throw new Error('no alert');
  return alert;
}

describe('a GuardDuty finding about a function', () => {
  test('becomes an alert with its target', () => {
    const reading = readAlert(fileBytes(C2_EVENT));
    expect(reading).toEqual({
      kind: 'alerts',
      refused: [],
      alerts: [
        {
          source: 'guardduty',
          dedupeKey:
            'arn:aws:guardduty:eu-west-1:111122223333:detector/12abc34d567e8fa901bc2d34e56789f0/finding/c2b1d6a04f7e4c0ab8f1e2d3c4b5a697',
          revision: '2026-11-20T03:02:05.310Z#1',
          category: 'function-compromise',
          findingType: 'Backdoor:Lambda/C&CActivity.B',
          title: 'A command and control server was called from the Lambda function checkout-webhook.',
          description: expect.stringContaining('198.51.100.77'),
          severity: 8,
          confidence: 1,
          account: '111122223333',
          region: 'eu-west-1',
          target: {
            functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:checkout-webhook',
            functionName: 'checkout-webhook',
            partition: 'aws',
            account: '111122223333',
            region: 'eu-west-1',
            qualifier: '$LATEST',
            roleArn: 'arn:aws:iam::111122223333:role/checkout-webhook-role',
            tags: { team: 'payments', tier: 'production' },
          },
          firstSeenAt: '2026-11-20T02:58:11.000Z',
          lastSeenAt: '2026-11-20T03:01:42.000Z',
          remoteAddresses: ['198.51.100.77'],
          sample: false,
        },
      ],
    });
  });

  test('reads the same from the SDK spelling as from EventBridge', () => {
    expect(readAlert(fileBytes(`${FIXTURES}/guardduty-c2-get-findings.json`))).toEqual(
      readAlert(fileBytes(C2_EVENT)),
    );
  });

  test.each([...LAMBDA_FINDING_TYPES])('accepts the type %s', (type) => {
    const alert = onlyAlert(withField(finding, 'type', type));
    expect([alert.category, alert.findingType]).toEqual(['function-compromise', type]);
  });

  test('keeps its identity and changes its revision when it is sent again with news', () => {
    const first = onlyAlert(event);
    const update = onlyAlert(fileJson(`${FIXTURES}/guardduty-c2-update-event.json`));
    expect(update.dedupeKey).toBe(first.dedupeKey);
    expect(update.revision).not.toBe(first.revision);
  });

  test('reads a finding of another partition and a published version', () => {
    expect(onlyAlert(fileJson(`${FIXTURES}/guardduty-malicious-ip-us-gov.json`)).target?.partition).toBe(
      'aws-us-gov',
    );
    expect(onlyAlert(fileJson(`${FIXTURES}/guardduty-tor-client.json`)).target?.qualifier).toBe('7');
  });

  test('accepts an event from a delegated administrator, whose account differs', () => {
    expect(onlyAlert({ ...event, account: '444455556666' }).account).toBe('111122223333');
  });

  test('takes the qualifier off the ARN of the target', () => {
    const arn = 'arn:aws:lambda:eu-west-1:111122223333:function:checkout-webhook';
    const qualified = withField(
      withField(finding, 'resource.lambdaDetails.functionArn', `${arn}:live`),
      'resource.lambdaDetails.functionVersion',
      undefined,
    );
    expect(onlyAlert(qualified).target).toMatchObject({ functionArn: arn, qualifier: 'live' });
  });
});

describe('a sample', () => {
  test.each(['guardduty-sample-event.json', 'guardduty-sample-get-findings.json'])(
    'is marked: %s',
    (file) => {
      expect(onlyAlert(fileJson(`${FIXTURES}/${file}`)).sample).toBe(true);
    },
  );

  test.each([
    ['a boolean', { sample: true }],
    ['text', { sample: 'true' }],
    ['text inside value', { value: '{"sample":"True"}' }],
    ['PascalCase inside value', { value: '{"Sample":true}' }],
  ])('is marked when the flag is %s', (_, additionalInfo) => {
    expect(onlyAlert(withField(finding, 'service.additionalInfo', additionalInfo)).sample).toBe(true);
  });

  test.each([
    ['false', { sample: false }],
    ['absent', undefined],
    ['null', null],
    ['in a value that is not JSON', { value: 'sample' }],
  ])('is not seen where the flag is %s', (_, additionalInfo) => {
    expect(onlyAlert(withField(finding, 'service.additionalInfo', additionalInfo)).sample).toBe(false);
  });
});

describe('a finding about an access key', () => {
  test('becomes a credential compromise without a target: the session name proves nothing', () => {
    const alert = onlyAlert(fileJson(`${FIXTURES}/guardduty-access-key-event.json`));
    expect(alert.category).toBe('credential-compromise');
    expect(alert).not.toHaveProperty('target');
  });
});

describe('what is not acted on', () => {
  const role = 'resource.lambdaDetails.role';
  const arn = 'resource.lambdaDetails.functionArn';
  test.each<[string, string, Json | undefined, string]>([
    ['an unknown Lambda type', 'type', 'Backdoor:Lambda/C&CActivity.C', 'cordon_alert_unknown_finding_type'],
    ['a type of another resource', 'type', 'Backdoor:EC2/C&CActivity.B', 'cordon_alert_unknown_finding_type'],
    ['another resource', 'resource.resourceType', 'Instance', 'cordon_alert_unsupported_resource'],
    ['an archived finding', 'service.archived', true, 'cordon_alert_archived'],
    ['no details of the function', 'resource.lambdaDetails', undefined, 'cordon_alert_wrong_shape'],
    ['a function ARN that is none', arn, 'checkout-webhook', 'cordon_alert_wrong_shape'],
    ['a role ARN that is none', role, 'checkout-webhook-role', 'cordon_alert_wrong_shape'],
    ['a finding ARN that is none', 'arn', 'arn:aws:guardduty:x', 'cordon_alert_wrong_shape'],
    ['a severity as text', 'severity', '8', 'cordon_alert_wrong_shape'],
    ['a severity beyond the scale', 'severity', 11, 'cordon_alert_wrong_shape'],
    ['a time that is none', 'updatedAt', 'yesterday', 'cordon_alert_wrong_shape'],
    ['a version that is none', 'resource.lambdaDetails.functionVersion', 'a b', 'cordon_alert_wrong_shape'],
    ['another account', 'accountId', '444455556666', 'cordon_alert_mismatch'],
    ['another Region', 'region', 'us-east-1', 'cordon_alert_mismatch'],
    ['another partition', 'partition', 'aws-cn', 'cordon_alert_mismatch'],
    ['another function name', 'resource.lambdaDetails.functionName', 'other', 'cordon_alert_mismatch'],
    [
      'a function of another account',
      arn,
      'arn:aws:lambda:eu-west-1:444455556666:function:checkout-webhook',
      'cordon_alert_mismatch',
    ],
    [
      'a function of another Region',
      arn,
      'arn:aws:lambda:us-east-1:111122223333:function:checkout-webhook',
      'cordon_alert_mismatch',
    ],
    ['a role of another account', role, 'arn:aws:iam::444455556666:role/x', 'cordon_alert_mismatch'],
  ])('refuses %s', (_, path, value, code) => {
    const changed = withField(finding, path, value);
    const readings = [readAlert(bytesOf(changed)), readAlert(bytesOf(pascalCase(changed)))];
    expect(readings).toMatchObject([{ code }, { code }]);
    expect(onlyAlert(finding).target).toBeDefined();
  });

  test('refuses an event of another Region than the finding', () => {
    expect(readAlert(bytesOf({ ...event, region: 'us-east-1' }))).toMatchObject({
      code: 'cordon_alert_mismatch',
    });
  });

  test('refuses a finding in an event of another source, and another event of GuardDuty', () => {
    const code = 'cordon_alert_format_not_read';
    expect(readAlert(bytesOf({ ...event, source: 'custom.app' }))).toMatchObject({
      kind: 'unsupported',
      code,
    });
    const scan = { ...event, 'detail-type': 'GuardDuty Malware Protection Object Scan Result' };
    expect(readAlert(bytesOf(scan))).toMatchObject({ kind: 'unsupported', code });
  });

  test('refuses the same key in both cases', () => {
    expect(readAlert(bytesOf({ ...finding, Severity: 1 }))).toMatchObject({
      kind: 'rejected',
      code: 'cordon_alert_wrong_shape',
    });
  });
});

describe('untrusted text', () => {
  test('loses what would drive a terminal, break the database or turn the line round', () => {
    const title = 'a\u0000b\u001b[31mc\u202ed\ud800e\nf';
    const alert = onlyAlert(withField(finding, 'title', title));
    expect(alert.title).toBe('a\ufffdb\ufffd[31mc\ufffdd\ufffde f');
  });

  test('is cut', () => {
    expect(onlyAlert(withField(finding, 'title', 'x'.repeat(10_000))).title).toHaveLength(300);
  });

  test('keeps a tag named __proto__ a plain tag', () => {
    const alert = onlyAlert(
      withField(finding, 'resource.lambdaDetails.tags', [{ key: '__proto__', value: 'polluted' }]),
    );
    expect(Object.entries(alert.target?.tags ?? {})).toEqual([['__proto__', 'polluted']]);
    expect(Object.getPrototypeOf(alert.target?.tags)).toBe(Object.prototype);
  });
});
