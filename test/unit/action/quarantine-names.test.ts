import { describe, expect, test } from '@jest/globals';
import {
  QUARANTINE_KINDS,
  quarantinePolicyArn,
  quarantinePolicyName,
} from '../../../src/action/quarantine-names.ts';
import { QUARANTINE_POLICIES_ONLY } from '../../../src/action/resources.ts';

const SUBJECT = {
  partition: 'aws-cn',
  account: '111122223333',
  region: 'cn-northwest-1',
  functionName: 'checkout',
};

describe('the names of prepared quarantine policies', () => {
  test('tell kinds, Regions and functions apart, in every partition', () => {
    expect(quarantinePolicyArn(SUBJECT, 'function')).toBe(
      'arn:aws-cn:iam::111122223333:policy/cordon/quarantine/CordonQuarantine-function-cn-northwest-1-checkout',
    );
    const names = QUARANTINE_KINDS.flatMap((kind) =>
      [SUBJECT, { ...SUBJECT, region: 'cn-north-1' }, { ...SUBJECT, functionName: 'cart' }].map((subject) =>
        quarantinePolicyName(subject, kind),
      ),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  test('stay within IAM’s limit, and apart, for the longest function names', () => {
    const long = (last: string) => ({ ...SUBJECT, functionName: `${'n'.repeat(139)}${last}` });
    const [one, other] = [
      quarantinePolicyName(long('a'), 'function'),
      quarantinePolicyName(long('b'), 'function'),
    ];
    expect(one).toMatch(/^[\w+=,.@-]{1,128}$/);
    expect(one).not.toBe(other);
  });

  test('all lie under the one pattern that the contain role may attach', () => {
    const pattern = String(QUARANTINE_POLICIES_ONLY.ArnLike?.['iam:PolicyARN'])
      .replace('{partition}', SUBJECT.partition)
      .replace('{account}', SUBJECT.account);
    expect(pattern.endsWith('/*')).toBe(true);
    for (const kind of QUARANTINE_KINDS)
      expect(quarantinePolicyArn(SUBJECT, kind).startsWith(pattern.slice(0, -1))).toBe(true);
  });
});
