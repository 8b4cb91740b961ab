import { describe, expect, test } from '@jest/globals';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import { noticesBetween } from '../../../src/inventory/notices.ts';
import { ownersOf, parseOwners } from '../../../src/inventory/owners.ts';
import { blastRadius, isStale, type Picture } from '../../../src/inventory/picture.ts';
import { readinessOf } from '../../../src/inventory/readiness.ts';

const NOW = new Date('2026-11-24T03:00:00.000Z');
const arn = (name: string) => `arn:aws:lambda:eu-west-1:111122223333:function:${name}`;
const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;

const checkout: Picture['functions'][number] = {
  functionArn: arn('checkout'),
  functionName: 'checkout',
  roles: [role('shared')],
  logGroups: ['/aws/lambda/checkout'],
  triggers: [],
  sinks: [],
  tags: { Owner: 'tag-team' },
  reserved: null,
  prepared: true,
  codeSha256: 'x',
  lastModified: '',
};
const shared: Picture['roles'][number] = {
  roleArn: role('shared'),
  others: [],
  grants: ['s3:GetObject on *'],
  inlineSize: 500,
  attached: [],
  undoes: [],
};
const picture = (overrides: Partial<Picture> = {}): Picture => ({
  account: '111122223333',
  region: 'eu-west-1',
  takenAt: NOW.toISOString(),
  functions: [checkout],
  roles: [shared],
  ownRoles: [],
  changes: [],
  unknown: [],
  ...overrides,
});
const enrolment = (more = '') =>
  parseEnrolment(
    `accounts: [{ id: '111122223333', name: A, regions: [eu-west-1], mode: observe, owner: shop ${more} }]`,
    'e.yaml',
  );
const found = (given: Picture | undefined, more = '') =>
  readinessOf(enrolment(more), given === undefined ? [] : [given], [], NOW);
const words = (given: Picture | undefined, more = '') =>
  JSON.stringify(found(given, more)).replaceAll('\\"', '"');

describe('readiness', () => {
  test('is there for a function with a prepared policy, and shows plan and seconds', () => {
    const { ready, functions } = found(picture());
    expect(ready).toBe(true);
    expect(functions[0]).toMatchObject({
      mode: 'observe',
      ready: true,
      eventsLost: 'none',
      sharedWith: 0,
      seconds: { effective: 12 },
      headroom: { inline: 9740, attached: 10 },
      plan: [
        'iam:AttachRolePolicy CordonQuarantine-function-eu-west-1-checkout to shared',
        'lambda:PutFunctionConcurrency of checkout: 0 (now unset)',
      ],
      shortcomings: [],
    });
  });

  test.each([
    ['an account that was never looked at', undefined, '', 'cordon inventory refresh'],
    [
      'a policy that was not prepared',
      picture({ functions: [{ ...checkout, prepared: false }] }),
      '',
      'aws template',
    ],
    [
      'a role without room for a managed policy',
      picture({ roles: [{ ...shared, attached: Array.from({ length: 10 }, () => 'p') }] }),
      '',
      'quota of policies per role',
    ],
    [
      'a role without room for an inline policy',
      picture({ roles: [{ ...shared, inlineSize: 9000 }] }),
      ', profile: dynamic',
      'move an inline policy',
    ],
    [
      'an own role that lacks a permission',
      picture({
        ownRoles: [
          { purpose: 'contain', roleArn: role('cordon-contain'), missing: ['lambda:PutFunctionConcurrency'] },
        ],
      }),
      '',
      'aws iam-policy --account 111122223333 --role contain',
    ],
  ])('is not there for %s, and says what to do', (_what, given, more, mend) => {
    expect(found(given, more).ready).toBe(false);
    expect(words(given, more)).toContain(mend);
  });

  test.each([
    [
      'a role that could undo it',
      picture({ roles: [{ ...shared, undoes: ['iam:DetachRolePolicy'] }] }),
      '--guard',
    ],
    [
      'asynchronous events without a sink',
      picture({
        functions: [
          { ...checkout, triggers: [{ kind: 'grant', from: 's: {"Service":"s3.amazonaws.com"}' }] },
        ],
      }),
      'asynchronous events would be lost',
    ],
    [
      'a picture that is stale',
      picture({ takenAt: '2026-11-24T01:00:00.000Z' }),
      'an alert now would count it as unknown',
    ],
    ['a role whose trust is unknown', picture({ roles: [{ ...shared, others: null }] }), 'iam:GetRole'],
  ])('is there at a risk for %s', (_what, given, says) => {
    expect(found(given).ready).toBe(true);
    expect(words(given)).toContain(says);
  });

  test('counts the time to preserve queues and events, where there are any', () => {
    const functions = [
      { ...checkout, triggers: [{ kind: 'source' as const, from: 'arn:aws:sqs:eu-west-1:1:q' }] },
    ];
    expect(found(picture({ functions })).functions[0]).toMatchObject({ seconds: { denied: 1, stopped: 11 } });
  });
});

describe('the blast radius', () => {
  test('is every other function and every other principal on one of the roles', () => {
    const cart = {
      ...checkout,
      functionArn: arn('cart'),
      functionName: 'cart',
      roles: [role('a'), role('shared')],
    };
    const both = picture({
      functions: [checkout, cart],
      roles: [{ ...shared, others: ['ec2.amazonaws.com'] }],
    });
    expect(blastRadius(both, arn('checkout'))).toEqual({
      functions: [arn('cart')],
      others: ['ec2.amazonaws.com'],
    });
    // One of cart's roles was not read.
    expect(blastRadius(both, arn('cart'))).toEqual({ functions: [arn('checkout')], others: null });
    expect(blastRadius(both, arn('unknown'))).toBeUndefined();
  });

  test('is not believed an hour later, nor from the future', () => {
    expect(isStale({ takenAt: '2026-11-24T02:00:00.000Z' }, NOW)).toBe(false);
    expect(isStale({ takenAt: '2026-11-24T01:59:59.999Z' }, NOW)).toBe(true);
    expect(isStale({ takenAt: '2026-11-24T03:00:01.000Z' }, NOW)).toBe(true);
  });
});

describe('owners', () => {
  const subject = {
    account: '111122223333',
    region: 'eu-west-1',
    functionName: 'checkout-eu',
    tags: { Owner: 't' },
  };
  const owners = (file: string, account?: string) => ownersOf(subject, parseOwners(file, 'OWNERS'), account);

  test('are those of the last line that matches, else the account’s, else the tag’s', () => {
    expect(owners('* @all\ncheckout-* @shop bob # shop\ncart @cart')).toEqual({
      owners: ['@shop', 'bob'],
      from: 'file',
    });
    expect(owners('111122223333/eu-*/*-eu @eu')).toEqual({ owners: ['@eu'], from: 'file' });
    expect(owners('checkout @exactly', 'account-team')).toEqual({
      owners: ['account-team'],
      from: 'account',
    });
    expect(owners('')).toEqual({ owners: ['t'], from: 'tag' });
    expect(ownersOf({ ...subject, tags: null }, [], undefined)).toEqual({ owners: [], from: 'nobody' });
  });

  test.each(['checkout', 'a/b @x', '[a] @x'])('are refused in a line like %j', (line) => {
    expect(() => parseOwners(`# fine\n${line}`, 'OWNERS')).toThrow(
      expect.objectContaining({
        code: 'cordon_owners_invalid',
        message: expect.stringContaining('OWNERS:2'),
      }),
    );
  });
});

test('what could not be read raises no notice, and neither does what is gone', () => {
  const unread = picture({ functions: [{ ...checkout, triggers: null, sinks: null }], roles: [] });
  const wider = picture({ functions: [{ ...checkout, sinks: ['arn:aws:sqs:eu-west-1:9:theirs'] }] });
  expect(noticesBetween(unread, picture())).toEqual([]);
  expect(noticesBetween(wider, picture())).toEqual([]);
  expect(noticesBetween(picture(), wider)).toMatchObject([{ kind: 'new-sink' }]);
  const trusted = picture({ roles: [{ ...shared, others: ['ec2.amazonaws.com'] }] });
  expect(noticesBetween(picture(), trusted)).toMatchObject([
    { kind: 'wider-trust', added: ['ec2.amazonaws.com'] },
  ]);
});
