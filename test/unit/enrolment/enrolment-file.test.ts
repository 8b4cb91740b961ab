import { describe, expect, test } from '@jest/globals';
import { isOwnSession, parseEnrolment } from '../../../src/enrolment/enrolment.ts';

const ACCOUNT = `accounts:
  - id: "012345678901"
    name: Shop
    regions: [eu-central-1]
`;
const parsed = (text: string) => () => parseEnrolment(text, 'e.yaml');
const refusal = (text: string | RegExp) =>
  expect.objectContaining({
    code: 'cordon_enrolment_invalid',
    message: typeof text === 'string' ? expect.stringContaining(text) : expect.stringMatching(text),
  });

describe('an enrolment file', () => {
  test('is accepted in its smallest form', () => {
    expect(parsed(ACCOUNT)()).toMatchObject({
      configured: true,
      unenrolled: 'refuse',
      slack: { channelPrefix: 'inc-' },
      budgets: { containmentsPerHour: 20 },
      accounts: [{ mode: 'observe', tier: 'production', partition: 'aws', roles: {}, profile: 'static' }],
    });
  });

  test.each([
    [
      'an account id without quotes, whose leading zero YAML would drop',
      ACCOUNT.replace('"012345678901"', '012345678901'),
      'e.yaml:2:9: accounts.0.id: expected 12 digits in quotes',
    ],
    ['a mode that does not exist', `${ACCOUNT}    mode: full\n`, 'e.yaml:5:11: accounts.0.mode'],
    ['a misspelt key', `${ACCOUNT}    moed: act\n`, 'e.yaml:5:5: accounts.0: Unrecognized key'],
    ['a key given twice', `${ACCOUNT}    mode: ask\n    mode: act\n`, 'e.yaml:6:5: Map keys must be unique'],
    ['text that is no YAML', `${ACCOUNT}  - {`, /e\.yaml:\d+:\d+: /],
    ['an unknown tag', 'accounts: !secret []', 'e.yaml:1:11'],
    ['an empty file', '', 'e.yaml:1:1: expected a YAML mapping, found nothing'],
    ['a file of comments only', '# nothing yet\n', 'found nothing'],
    ['a list instead of a mapping', '- a\n', 'e.yaml:1:1: '],
    ['an account without Regions', ACCOUNT.replace('[eu-central-1]', '[]'), 'at least one Region'],
    ['a Region that is none', ACCOUNT.replace('eu-central-1', 'frankfurt'), 'expected a Region'],
    [
      'a Region of another partition',
      ACCOUNT.replace('eu-central-1', 'cn-north-1'),
      'cn-north-1 is in partition aws-cn, and the account in aws',
    ],
    [
      'a role of another account',
      `${ACCOUNT}    roles: { contain: "arn:aws:iam::999988887777:role/x" }\n`,
      'expected a role of this account and partition',
    ],
    ['a profile that does not exist', `${ACCOUNT}    profile: inline\n`, 'e.yaml:5:14: accounts.0.profile'],
    [
      'a sink that Lambda cannot send failed events to',
      `${ACCOUNT}    quarantineSinks: ["arn:aws:sqs:eu-central-1:012345678901:x.fifo"]\n`,
      'expected the ARN of an S3 bucket or of a standard SQS queue',
    ],
    [
      'a sink in a Region that is not enrolled',
      `${ACCOUNT}    quarantineSinks: ["arn:aws:sqs:eu-west-1:012345678901:x"]\n`,
      'in one of its enrolled Regions',
    ],
    [
      'two buckets, of which one would have to be guessed',
      `${ACCOUNT}    quarantineSinks: ["arn:aws:s3:::one", "arn:aws:s3:::two"]\n`,
      'accounts.0.quarantineSinks.1: expected one bucket',
    ],
    [
      'a Region enrolled twice',
      `${ACCOUNT}  - { id: "012345678901", name: Again, regions: [eu-central-1], mode: act }\n`,
      'e.yaml:5:50: accounts.1.regions.0: 012345678901 eu-central-1 is enrolled twice',
    ],
    ['a wildcard in the middle', 'exclusions: ["arn:aws:lambda:*:012345678901:function:x"]', 'exclusions.0'],
    ['an exclusion of everything that is no ARN', 'exclusions: ["*"]', 'exclusions.0'],
    ['a wildcard among what is Cordon’s own', 'self: ["arn:aws:lambda:*"]', 'self.0'],
    [
      'a target with an alias, which no target ever has',
      'targets: [{ arn: "arn:aws:lambda:eu-central-1:012345678901:function:x:PROD", mode: observe }]',
      'without version or alias',
    ],
    ['a responder without roles', 'responders: [{ id: ada, name: Ada, roles: [] }]', 'at least one role'],
    [
      'a role that does not exist',
      'responders: [{ id: ada, name: Ada, roles: [admin] }]',
      'responders.0.roles.0',
    ],
    [
      'a Slack name instead of a member id',
      'responders: [{ id: ada, name: Ada, slack: "@ada", roles: [approver] }]',
      'Slack member id',
    ],
    [
      'one Slack person twice, who could approve their own request',
      `responders:
  - { id: ada, name: Ada, slack: U0ADA, roles: [responder] }
  - { id: ada2, name: Ada, slack: U0ADA, roles: [approver] }`,
      'e.yaml:3:35: responders.1.slack: U0ADA is another responder',
    ],
    [
      'one terminal name twice',
      `responders:
  - { id: ada, name: Ada, cli: ada, roles: [responder] }
  - { id: bob, name: Bob, cli: ada, roles: [approver] }`,
      'responders.1.cli',
    ],
    [
      'an id that could be taken for a local operator',
      'responders: [{ id: "local:ada", name: A, roles: [observer] }]',
      'responders.0.id',
    ],
    [
      'the channel prefix of exercises',
      'slack: { channelPrefix: drill-inc- }',
      'drill- is kept for exercises',
    ],
    [
      'a link above a channel that is no https address',
      'slack: { bookmarks: [{ title: Runbook, link: "javascript:alert(1)" }] }',
      'slack.bookmarks.0.link',
    ],
    [
      'a link with a place for what an attacker names',
      'slack: { bookmarks: [{ title: Runbook, link: "https://x.example/{title}" }] }',
      'slack.bookmarks.0.link',
    ],
    [
      'a channel prefix that Slack takes for no name',
      'slack: { channelPrefix: "Sec Ops." }',
      'slack.channelPrefix',
    ],
    ['a budget below nothing', 'budgets: { containmentsPerHour: -1 }', 'budgets.containmentsPerHour'],
    ['an unknown way with accounts that are not enrolled', 'unenrolled: act', 'e.yaml:1:13: unenrolled'],
  ])('is refused for %s', (_name, text, expected) => {
    expect(parsed(text)).toThrow(refusal(expected));
  });

  test('is refused with all its problems at once', () => {
    const error = refusal(/e\.yaml:5:.*\n.*e\.yaml:6:/);
    expect(parsed(`${ACCOUNT}    mode: full\n    tier: "?"\n`)).toThrow(error);
  });

  test('is refused without repeating the external id', () => {
    const text = `${ACCOUNT}    externalId: "s3cr3t value"\n`;
    expect(parsed(text)).toThrow(refusal('externalId'));
    expect(parsed(text)).not.toThrow(refusal('s3cr3t'));
  });
});

describe('a session', () => {
  const enrolment = parseEnrolment(
    `${ACCOUNT}    roles: { contain: 'arn:aws:iam::012345678901:role/ops/cordon-contain' }\n`,
    'e.yaml',
  );
  const own = (principal: string) =>
    isOwnSession(enrolment, { account: '012345678901', region: 'eu-central-1' }, principal);

  test('of an enrolled role, under the name that Cordon gives it, is its own', () => {
    expect(own('arn:aws:sts::012345678901:assumed-role/cordon-contain/cordon-contain')).toBe(true);
  });

  test.each([
    ['of another role', 'arn:aws:sts::012345678901:assumed-role/deploy/cordon-contain'],
    ['of that role under another name', 'arn:aws:sts::012345678901:assumed-role/cordon-contain/mallory'],
    [
      'of a role of that name elsewhere',
      'arn:aws:sts::999999999999:assumed-role/cordon-contain/cordon-contain',
    ],
    ['that is the role itself', 'arn:aws:iam::012345678901:role/ops/cordon-contain'],
  ])('%s is not', (_name, principal) => {
    expect(own(principal)).toBe(false);
  });
});
