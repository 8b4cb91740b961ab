import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  accountFor,
  emptyEnrolment,
  explainMode,
  isEnrolled,
  isExcluded,
  modeFor,
  modeInWords,
  parseEnrolment,
  quarantineSinkFor,
  responderByCli,
  responderById,
  responderBySlack,
  responderRoles,
  tierFor,
} from '../../../src/enrolment/enrolment.ts';

const FILE = `
accounts:
  - id: "012345678901"
    name: Shop
    regions: [eu-central-1, eu-west-1]
    mode: act
    tier: staging
    roles:
      read: arn:aws:iam::012345678901:role/security/cordon-read
      contain: arn:aws:iam::012345678901:role/cordon-contain
    externalId: "7f3c"
    owner: team-shop
  - { id: "999988887777", name: Lab, regions: [us-east-1] }
exclusions:
  - arn:aws:lambda:eu-central-1:012345678901:function:payments
  - arn:aws:lambda:eu-central-1:012345678901:function:core-*
  - arn:aws:lambda:eu-central-1:012345678901:function:ledger:PROD
  - arn:aws:iam::012345678901:role/break-glass
self: [arn:aws:lambda:eu-central-1:012345678901:function:cordon-intake]
responders:
  - { id: ada, name: Ada L., slack: U0ADA, cli: ada, roles: [responder, commander] }
  - { id: bob, name: Bob, slack: U0BOB, roles: [approver] }
targets:
  - { arn: arn:aws:lambda:eu-central-1:012345678901:function:checkout, tier: production, mode: ask }
slack: { channelPrefix: sec- }
budgets: { containmentsPerHour: 5 }
`;
const enrolment = parseEnrolment(FILE, 'enrolment.yaml');
const fn = (name: string, account = '012345678901', region = 'eu-central-1') => ({
  functionArn: `arn:aws:lambda:${region}:${account}:function:${name}`,
  account,
  region,
});

describe('accounts', () => {
  test('are found by account and Region together', () => {
    expect(accountFor(enrolment, '012345678901', 'eu-west-1')?.name).toBe('Shop');
    expect(accountFor(enrolment, '012345678901', 'us-east-1')).toBeUndefined();
    expect(accountFor(enrolment, '111111111111', 'eu-west-1')).toBeUndefined();
  });

  test('observe and count as production unless the file says otherwise', () => {
    expect(accountFor(enrolment, '999988887777', 'us-east-1')).toMatchObject({
      mode: 'observe',
      tier: 'production',
      partition: 'aws',
      roles: {},
    });
  });

  test('that are not enrolled are observed when the file says so, without roles', () => {
    const observing = parseEnrolment(`${FILE}\nunenrolled: observe\n`, 'enrolment.yaml');
    expect(accountFor(observing, '111111111111', 'cn-north-1')).toMatchObject({
      id: '111111111111',
      mode: 'observe',
      partition: 'aws-cn',
      roles: {},
    });
    expect(isEnrolled(observing, '111111111111', 'cn-north-1')).toBe(false);
    expect(isEnrolled(observing, '012345678901', 'eu-west-1')).toBe(true);
    expect(modeFor(observing, fn('x', '111111111111', 'eu-west-1'))).toBe('observe');
  });

  test('are all observed without a file, and never written to', () => {
    const none = emptyEnrolment();
    expect(none).toMatchObject({ configured: false, accounts: [], responders: [], unenrolled: 'observe' });
    expect(modeFor(none, fn('x'))).toBe('observe');
    expect(accountFor(none, '012345678901', 'eu-central-1')?.roles).toEqual({});
  });

  test('without a file differ from a file that enrols nothing, which refuses', () => {
    const nothing = parseEnrolment('{}', 'enrolment.yaml');
    expect(nothing).toMatchObject({ configured: true, unenrolled: 'refuse' });
    expect(accountFor(nothing, '012345678901', 'eu-central-1')).toBeUndefined();
  });
});

describe('the mode', () => {
  test('is the strictest of account, tier, playbook and target, and says who said what', () => {
    const parsed = parseEnrolment(
      `accounts: [{ id: "012345678901", name: A, regions: [eu-central-1], mode: act, tier: shop }]
tiers: { shop: { mode: act }, careful: { mode: ask } }
playbooks: { doubtful: { mode: observe } }
targets: [{ arn: "${fn('checkout').functionArn}", tier: careful }]`,
      'enrolment.yaml',
    );
    expect(modeFor(parsed, fn('other'), 'lambda-compromise')).toBe('act');
    expect(modeFor(parsed, fn('checkout'), 'lambda-compromise')).toBe('ask');
    expect(modeInWords(explainMode(parsed, fn('checkout'), 'doubtful'))).toBe(
      'observe (account 012345678901: act; tier careful: ask; playbook doubtful: observe)',
    );
    // Names that every object has are no entries.
    expect(modeFor(parsed, fn('other'), 'constructor')).toBe('act');
  });

  test('is observe where nothing is enrolled, whatever else is set', () => {
    expect(modeFor(enrolment, fn('other'))).toBe('act');
    expect(modeFor(enrolment, fn('checkout'))).toBe('ask');
    expect(modeFor(enrolment, fn('x', '999988887777', 'us-east-1'))).toBe('observe');
    expect(modeFor(enrolment, fn('x', '111111111111'))).toBe('observe');
  });

  test('of a target holds for its versions and aliases', () => {
    expect(modeFor(enrolment, fn('checkout:PROD'))).toBe('ask');
    expect(tierFor(enrolment, fn('checkout:PROD'))).toBe('production');
  });

  test('is never raised by tier, playbook or target', () => {
    const modes = fc.constantFrom('observe' as const, 'ask' as const, 'act' as const);
    const order = ['observe', 'ask', 'act'];
    fc.assert(
      fc.property(modes, modes, modes, modes, (account, target, playbook, tier) => {
        const parsed = parseEnrolment(
          `accounts: [{ id: "012345678901", name: A, regions: [eu-central-1], mode: ${account} }]
tiers: { production: { mode: ${tier} } }
playbooks: { played: { mode: ${playbook} } }
targets: [{ arn: "${fn('x').functionArn}", mode: ${target} }]`,
          'enrolment.yaml',
        );
        const found = modeFor(parsed, fn('x'), 'played');
        for (const limit of [account, target, playbook, tier])
          expect(order.indexOf(found)).toBeLessThanOrEqual(order.indexOf(limit));
      }),
      { numRuns: 81 },
    );
  });
});

describe('the tier', () => {
  test('comes from the target, else the account, else it is production', () => {
    expect(tierFor(enrolment, fn('checkout'))).toBe('production');
    expect(tierFor(enrolment, fn('other'))).toBe('staging');
    expect(tierFor(enrolment, fn('x', '111111111111'))).toBe('production');
  });
});

describe('the quarantine sink', () => {
  const [queue, bucket] = ['arn:aws:sqs:eu-west-1:012345678901:quarantine', 'arn:aws:s3:::quarantine'];
  const sinks = parseEnrolment(
    `accounts:
  - { id: "012345678901", name: A, regions: [eu-west-1, eu-central-1], quarantineSinks: ["${queue}", "${bucket}"] }
  - { id: "999988887777", name: B, regions: [eu-west-1] }`,
    'enrolment.yaml',
  );

  test('is the queue of the Region, else the bucket, else none', () => {
    expect(quarantineSinkFor(sinks, '012345678901', 'eu-west-1')).toBe(queue);
    expect(quarantineSinkFor(sinks, '012345678901', 'eu-central-1')).toBe(bucket);
    expect(quarantineSinkFor(sinks, '999988887777', 'eu-west-1')).toBeUndefined();
  });
});

describe('the exclusion list', () => {
  const excluded = (arn: string) => isExcluded(enrolment, [arn]);

  test.each([
    ['an exact function', fn('payments').functionArn],
    ['a version of it', `${fn('payments').functionArn}:7`],
    ['a function by the beginning of its name', fn('core-billing').functionArn],
    ['a function of which one alias is listed', fn('ledger').functionArn],
    ['another alias of it', `${fn('ledger').functionArn}:DEV`],
    ['Cordon’s own function', fn('cordon-intake').functionArn],
    ['a role that the file has Cordon assume', 'arn:aws:iam::012345678901:role/cordon-contain'],
    ['the same role in other letters', 'arn:aws:iam::012345678901:role/CORDON-Contain'],
    ['the same role under another path', 'arn:aws:iam::012345678901:role/other/cordon-contain'],
    ['a role with a path, named without it', 'arn:aws:iam::012345678901:role/cordon-read'],
    ['an ARN in the wrong partition', fn('payments').functionArn.replace('arn:aws:', 'arn:aws-cn:')],
    ['a prefix in the wrong partition', fn('core-x').functionArn.replace('arn:aws:', 'arn:aws-cn:')],
    ['a session of a listed role', 'arn:aws:sts::012345678901:assumed-role/break-glass/ada'],
  ])('covers %s', (_name, arn) => {
    expect(excluded(arn)).toBe(true);
  });

  test.each([
    ['a function whose name only begins alike', fn('payments-report').functionArn],
    ['the same name in another Region', fn('payments', '012345678901', 'eu-west-1').functionArn],
    ['the same role name in another account', 'arn:aws:iam::999988887777:role/cordon-contain'],
    ['a function in other letters', fn('Payments').functionArn],
    ['nothing', ''],
  ])('does not cover %s', (_name, arn) => {
    expect(excluded(arn)).toBe(false);
  });

  test('covers a target when one of its roles is covered', () => {
    expect(isExcluded(enrolment, [fn('x').functionArn, 'arn:aws:iam::012345678901:role/break-glass'])).toBe(
      true,
    );
    expect(isExcluded(enrolment, [])).toBe(false);
  });

  test('reads a list of all qualifiers as the function itself', () => {
    const all = parseEnrolment(`exclusions: ["${fn('ledger').functionArn}:*"]`, 'enrolment.yaml');
    expect(isExcluded(all, [fn('ledger').functionArn])).toBe(true);
    expect(isExcluded(all, [fn('ledger2').functionArn])).toBe(false);
  });
});

describe('responders', () => {
  test('are known by their exact identity', () => {
    expect(responderBySlack(enrolment, 'U0ADA')?.id).toBe('ada');
    expect(responderByCli(enrolment, 'ada')?.id).toBe('ada');
    expect(responderById(enrolment, 'bob')?.name).toBe('Bob');
  });

  test.each(['u0ada', 'U0ADA ', 'U0AD', 'U0ADAX', 'ada', '', 'undefined', '__proto__'])(
    'are not known by %j',
    (slack) => {
      expect(responderBySlack(enrolment, slack)).toBeUndefined();
    },
  );

  test.each(['Ada', 'ada ', 'Ada L.', 'bob', '', 'local:ada'])('are not known to the CLI by %j', (name) => {
    expect(responderByCli(enrolment, name)).toBeUndefined();
  });

  test('without an entry have no roles', () => {
    expect(responderRoles(enrolment, 'ada')).toEqual(['responder', 'commander']);
    expect(responderRoles(enrolment, 'mallory')).toEqual([]);
    expect(responderRoles(enrolment, 'local:ada')).toEqual([]);
  });

  test('are, without a file, whoever works at the terminal', () => {
    const none = emptyEnrolment();
    expect(responderByCli(none, 'ada')).toMatchObject({ id: 'local:ada', roles: ['responder', 'commander'] });
    expect(responderRoles(none, 'local:ada')).toEqual(['responder', 'commander']);
    expect(responderRoles(none, 'ada')).toEqual([]);
    expect(responderByCli(none, '')).toBeUndefined();
    expect(responderBySlack(none, 'U0ADA')).toBeUndefined();
  });
});

test('an enrolment cannot be changed after it was read', () => {
  expect(() => Object.assign(enrolment.accounts[0] ?? {}, { mode: 'act' })).toThrow(TypeError);
  expect(() => Object.assign(enrolment, { unenrolled: 'observe' })).toThrow(TypeError);
});
