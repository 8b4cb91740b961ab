import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readAlert } from '../../src/alert/read-alert.ts';

/**
 * Alerts as AWS and others really write them, from the folder that CORDON_CORPUS names. Cordon reads
 * none of these formats yet, so what is asserted is that each is refused for what it is.
 */
const corpus = process.env.CORDON_CORPUS;
if (corpus === undefined || corpus === '') {
  throw new Error(
    'Expected CORDON_CORPUS to name the folder that holds alerts/; it is not set. Set it to run the corpus tests.',
  );
}

const NOT_READ = (format: string) => ({
  kind: 'unsupported',
  code: 'cordon_alert_format_not_read',
  message: expect.stringContaining(format),
});

/** By the beginning of the path below alerts/; the longest that fits counts. */
const EXPECTED: Readonly<Record<string, object>> = {
  'cloudtrail/': NOT_READ('CloudTrail'),
  'securityhub/afsbp-': NOT_READ('ASFF'),
  'securityhub/sechub-guardduty.raw': NOT_READ('ASFF'),
  'securityhub/sechub-guardduty.ocsf': NOT_READ('OCSF'),
  'envelopes/cloudwatch-alarm-sns-payload': NOT_READ('CloudWatch alarm'),
  // Their payloads are plain text: "Hello from SNS!" and "Message Body".
  'envelopes/sns-event.json': { kind: 'rejected', code: 'cordon_alert_malformed_json' },
  'envelopes/sqs-event.json': { kind: 'rejected', code: 'cordon_alert_malformed_json' },
};

const root = join(corpus, 'alerts');
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .sort();

describe('the alerts of the corpus', () => {
  test('are there', () => {
    expect(files.length).toBeGreaterThan(0);
  });

  test.each(files)('%s is read as what it is', (file) => {
    const key = Object.keys(EXPECTED)
      .filter((prefix) => file.startsWith(prefix))
      .sort((a, b) => b.length - a.length)[0];
    expect(readAlert(readFileSync(join(root, file)))).toMatchObject(
      key === undefined ? { kind: 'name this file in the table of expectations' } : (EXPECTED[key] ?? {}),
    );
  });
});
