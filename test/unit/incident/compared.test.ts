import { describe, expect, test } from '@jest/globals';
import { isOwnTrace, reasonFor } from '../../../src/incident/compared.ts';

const inline = { desired: { policyName: 'CordonQuarantine-function-x' }, closedAs: 'released' } as const;
const attached = {
  desired: { policyArn: 'arn:aws:iam::111122223333:policy/cordon/quarantine/CordonQuarantine-role-x' },
  closedAs: 'released',
} as const;
const gone = (part: string) => ({ part, was: 'sha256:1', now: 'absent' });

describe('a difference from the manifest after a release', () => {
  test.each([
    [inline, 'inline policy CordonQuarantine-function-x of role app'],
    [attached, 'attached policy CordonQuarantine-role-x of role app'],
  ])('is none where the manifest saw our own deny, which is gone', (hold, part) => {
    expect(isOwnTrace([hold], gone(part))).toBe(true);
  });

  test.each([
    ['a policy of somebody else', [inline], gone('inline policy admin of role app')],
    [
      'a name that only begins like ours',
      [inline],
      gone('inline policy CordonQuarantine-function-xy of role app'),
    ],
    [
      'ours, still there',
      [inline],
      { ...gone('inline policy CordonQuarantine-function-x of role app'), now: 'sha256:2' },
    ],
    [
      'ours, not released',
      [{ ...inline, closedAs: null }],
      gone('inline policy CordonQuarantine-function-x of role app'),
    ],
    [
      'what no policy is',
      [{ desired: { reserved: 0 }, closedAs: 'released' as const }],
      gone('reserved concurrency'),
    ],
  ])('is one for %s', (_, holds, difference) => {
    expect(isOwnTrace(holds, difference)).toBe(false);
  });
});

describe('the reason of a difference', () => {
  const quarantine = {
    action: 'iam.quarantine-role',
    status: 'closed',
    objectKey: 'role-quarantine:x',
    desired: {},
  } as const;

  test.each([
    [
      'a deny for another function of the role',
      [],
      'inline policy CordonQuarantine-function-eu-west-1-b of role app',
    ],
    ['a revocation for another function', [], 'inline policy CordonRecovery-eu-west-1-b of role app'],
  ])('is not said to be somebody else for %s', (_, holds, part) => {
    expect(reasonFor(holds, part)).toContain('another one holds this role');
  });

  test('is somebody else where the name is not one of ours (control)', () => {
    expect(reasonFor([], 'inline policy admin of role app')).toContain('not by Cordon');
    expect(reasonFor([], 'inline policy cordonQuarantine of role app')).toContain('not by Cordon');
  });

  test('is the other incident that is known to hold it', () => {
    const left = { ...quarantine, closedAs: 'inherited' } as const;
    expect(reasonFor([left], 'inline policy CordonQuarantine-role of role app')).toBe(
      'another incident still holds it',
    );
  });
});
