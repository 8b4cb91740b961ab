import fc from 'fast-check';
import type { ApprovalView } from '../../src/incident/approval-view.ts';
import type { QuestionView } from '../../src/incident/incident-view.ts';
import type { SlackCampaign, SlackScope } from '../../src/slack/view/campaign.ts';
import type { IncidentView } from '../../src/slack/view/incident.ts';

/** Anything that the engine could ever give the Slack side to show. */

/** What an attacker would put in a function's name, tag or description, and what only happens to be long. */
export const NASTY = [
  '<!channel>',
  '<!here|here>',
  '<@U0EVIL000>',
  '<#C0EVIL000>',
  '<https://evil.example|https://aws.amazon.com>',
  'https://evil.example/login',
  '`code` *bold* ~gone~ _so_',
  '```\nblock\n```',
  '\u202egnp.exe\u202c',
  '\u2066isolated\u2069',
  'two\nlines\r\nand\u2028more',
  '&lt;!channel&gt;',
  '&amp;lt;',
  '😀👩‍👩‍👧‍👦',
  '\ud800',
  '{date_short}',
  '<!date^1^{date}^https://evil.example|x>',
  'مرحبا بالعالم',
  '\u0000\u0007',
  '@channel',
];

export const text = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.array(fc.constantFrom(...NASTY), { maxLength: 80 }).map((parts) => parts.join(' ')),
  fc.constantFrom('&', '<', '😀', '`').map((one) => one.repeat(5000)),
);
const instant = fc
  .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
  .map((date) => date.toISOString());
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const user = fc.oneof(fc.constant('U0ALICE000'), text);
export const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const id = fc.stringMatching(/^[a-z]{3}-[0-9a-z]{16}$/);

export const questionView: fc.Arbitrary<QuestionView> = fc.record({
  invocationId: id,
  form: fc.oneof(fc.constantFrom('triage', 'recovery', 'review'), text),
  to: user,
  askedAt: instant,
  dueAt: maybe(fc.oneof(instant, text)),
  status: fc.constantFrom('open', 'answered', 'withdrawn'),
  answeredBy: maybe(user),
  settledAt: maybe(instant),
  answer: fc.oneof(fc.record({ verdict: text, note: text }), text, fc.constant(null)),
});

export const approvalView: fc.Arbitrary<ApprovalView> = fc.record({
  approvalId: id,
  actionTitle: text,
  functionArn: text,
  objectArn: text,
  account: text,
  region: text,
  changes: fc.array(
    fc.record({ call: text, objectArn: text, request: fc.constant({}), summary: text, undo: text }),
    { maxLength: 40 },
  ),
  blastRadius: fc.array(text, { maxLength: 8 }),
  confirm: maybe(text),
  reversible: fc.boolean(),
  digest,
  quorum: fc.nat(5),
  given: fc.array(fc.record({ by: user, at: instant }), { maxLength: 20 }),
  policies: fc.array(text, { maxLength: 20 }),
  expiresAt: fc.oneof(instant, text),
  onExpiry: fc.constantFrom('run', 'refuse'),
  requestedBy: maybe(user),
  status: fc.constantFrom('open', 'approved', 'denied', 'expired', 'withdrawn'),
  settledBy: maybe(user),
  settledAt: maybe(instant),
  reason: maybe(text),
});

const level = fc.constantFrom<IncidentView['level'][]>(
  'none',
  'accepted',
  'read_back',
  'effective',
  'observed',
  'breached',
);

/** An ARN whose name is anything, and what only looks like one. */
const source = fc.oneof(
  text,
  text.map((name) => `arn:aws:sqs:eu-central-1:111122223333:${name}`),
  text.map((name) => `arn:aws:dynamodb:eu-central-1:111122223333:table/${name}/stream/2026`),
);

export const incidentView: fc.Arbitrary<IncidentView> = fc.record({
  id,
  number: fc.nat(),
  title: text,
  status: fc.constantFrom('open', 'in-review', 'closed', 'halted'),
  severity: fc.integer({ min: 1, max: 4 }),
  exercise: fc.boolean(),
  mode: fc.constantFrom('observe', 'ask', 'act'),
  openedAt: instant,
  containedAt: maybe(instant),
  closedAt: maybe(instant),
  level,
  lead: maybe(user),
  roles: fc.dictionary(fc.constantFrom('commander', 'scribe'), fc.array(user, { maxLength: 30 })),
  tasks: fc.array(
    fc.record({
      id: fc.nat().map((number) => `T${number}`),
      text,
      owner: maybe(user),
      dueAt: maybe(instant),
      doneBy: maybe(user),
      doneAt: maybe(instant),
    }),
    // As many as one incident can have, and more.
    { maxLength: 500, size: 'max' },
  ),
  targets: fc.array(
    fc.record({ functionArn: text, functionName: text, account: text, region: text, level }),
    {
      maxLength: 12,
    },
  ),
  updates: fc.array(
    fc.record({
      // The engine's own, as a task's: it is in the value of a button.
      id: fc.nat().map((number) => `U${number}`),
      template: text,
      to: fc.array(text, { maxLength: 5 }),
      text,
      by: user,
      state: fc.constantFrom('waiting', 'sent', 'denied'),
      quorum: fc.nat(5),
      expiresAt: maybe(fc.oneof(instant, text)),
      approvals: fc.array(fc.record({ by: user }), { maxLength: 3 }),
    }),
    { maxLength: 3 },
  ),
  duties: fc.array(
    fc.record({
      id: text,
      kind: fc.constantFrom('notification', 'postmortem', 'action'),
      text,
      owner: maybe(user),
      dueAt: fc.oneof(instant, text),
      settled: maybe(fc.record({ as: text, by: user })),
    }),
    { maxLength: 60 },
  ),
  containment: fc.array(
    fc.record({
      actionTitle: text,
      objectArn: text,
      state: fc.constantFrom(
        'planned',
        'waiting',
        'running',
        'held',
        'released',
        'failed',
        'refused',
        'unknown',
      ),
      detail: text,
    }),
    { maxLength: 60, size: 'max' },
  ),
  impact: fc.record({
    stopped: fc.array(text, { maxLength: 20 }),
    capped: fc.array(text, { maxLength: 3 }),
    throttlesPerMinute: maybe(fc.nat()),
    paused: fc.array(
      fc.record({ source: maybe(source), since: instant, keepsUntil: maybe(instant), certain: fc.boolean() }),
      { maxLength: 20 },
    ),
    keptIn: fc.array(source, { maxLength: 3 }),
    dropping: fc.array(text, { maxLength: 20 }),
    dropped: maybe(fc.nat()),
    siblings: maybe(fc.nat()),
    deniedRoles: fc.array(text, { maxLength: 3 }),
    canWiden: fc.boolean(),
    firstLoss: maybe(fc.record({ at: instant, source })),
  }),
  questions: fc.array(questionView, { maxLength: 5 }),
  approvals: fc.array(approvalView, { maxLength: 3 }),
  lastEntries: fc.array(text, { maxLength: 30 }),
});

export const campaign: fc.Arbitrary<SlackCampaign> = fc.record({
  id,
  number: fc.nat(),
  exercise: fc.boolean(),
  anchor: id,
  openedAt: instant,
  lead: maybe(user),
  severity: fc.integer({ min: 1, max: 4 }),
  members: fc.array(
    fc.record({
      id,
      number: fc.nat(),
      functionNames: fc.array(text, { maxLength: 5 }),
      status: fc.constantFrom<SlackCampaign['members'][number]['status'][]>('open', 'closed', 'halted'),
      severity: fc.integer({ min: 1, max: 4 }),
      level,
      plans: fc.nat(9),
      questions: fc.nat(9),
    }),
    { minLength: 1, maxLength: 120, size: 'max' },
  ),
  shares: fc.array(text, { maxLength: 9 }),
  plans: fc.array(
    fc.record({
      incident: fc.nat(),
      approvalId: id,
      digest,
      actionTitle: text,
      objectArn: text,
      expiresAt: instant,
      confirm: maybe(text),
    }),
    { maxLength: 120, size: 'max' },
  ),
  plansDigest: maybe(digest),
  questions: fc.array(fc.record({ incident: fc.nat(), form: fc.oneof(fc.constant('triage'), text) }), {
    maxLength: 120,
  }),
});

export const scope: fc.Arbitrary<SlackScope> = fc.record({
  suggestions: fc.array(
    fc.record({
      // A function's ARN has one shape; what the account calls it has another.
      functionArn: fc
        .stringMatching(/^[\w-]{1,140}$/)
        .map((name) => `arn:aws:lambda:eu-central-1:111122223333:function:${name}`),
      functionName: text,
      because: fc.array(
        fc.record({
          kind: fc.constantFrom<('role' | 'principal' | 'caller')[]>('role', 'principal', 'caller'),
          value: text,
        }),
        { minLength: 1, maxLength: 5 },
      ),
    }),
    { minLength: 1, maxLength: 30, size: 'max' },
  ),
  takenAt: fc.array(instant, { maxLength: 2 }),
  stale: fc.boolean(),
});

export const facts = fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)), {
  maxKeys: 30,
});
