import { describe, expect, test } from '@jest/globals';
import {
  MANAGED_POLICY_LIMIT,
  QUARANTINE_KINDS,
  quarantinePolicyArn,
  quarantinePolicyName,
  quarantinePolicyPattern,
} from '../../../src/action/quarantine-names.ts';

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
    const pattern = quarantinePolicyPattern(SUBJECT).slice(0, -1);
    for (const kind of QUARANTINE_KINDS)
      expect(quarantinePolicyArn(SUBJECT, kind).startsWith(pattern)).toBe(true);
    expect(MANAGED_POLICY_LIMIT).toBe(6144);
  });
});
