import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkBlocks, checkView } from '../../src/simulation/slack-double/blocks.ts';
import { channelName, channelPurpose, channelTopic } from '../../src/slack/channel.ts';
import { brokenLimits, brokenViewLimits, type SlackMessage } from '../../src/slack/limits.ts';
import type {
  ApprovalView,
  IncidentView,
  QuestionView,
  SlackCampaign,
  SlackScope,
} from '../../src/slack/port.ts';
import {
  approvalChangedMessage,
  approvalMessage,
  approvalSettledMessage,
} from '../../src/slack/render/approval.ts';
import {
  campaignCard,
  campaignCatchUp,
  campaignListText,
  campaignMovedMessage,
  campaignText,
} from '../../src/slack/render/campaign.ts';
import { incidentCard } from '../../src/slack/render/card.ts';
import { catchUpMessage } from '../../src/slack/render/catch-up.ts';
import { homeView } from '../../src/slack/render/home.ts';
import { evidenceText, planText } from '../../src/slack/render/look.ts';
import {
  answerModal,
  approveModal,
  declareModal,
  denyModal,
  followUpModal,
  noteModal,
} from '../../src/slack/render/modal.ts';
import {
  announceMessage,
  dutyMessage,
  postmortemMessage,
  taskDueMessage,
} from '../../src/slack/render/notice.ts';
import { listText, tasksText } from '../../src/slack/render/overview.ts';
import { updateAskedMessage, updateMessage } from '../../src/slack/render/owed.ts';
import { formOf, questionMessage, questionSettledMessage } from '../../src/slack/render/question.ts';
import { scopeMessage } from '../../src/slack/render/scope.ts';
import { code, oneLine, plain, prose } from '../../src/slack/text.ts';

/** What an attacker would put in a function's name, tag or description, and what only happens to be long. */
const NASTY = [
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

const text = fc.oneof(
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
const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const id = fc.stringMatching(/^[a-z]{3}-[0-9a-z]{16}$/);

const questionView: fc.Arbitrary<QuestionView> = fc.record({
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

const approvalView: fc.Arbitrary<ApprovalView> = fc.record({
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

const incidentView: fc.Arbitrary<IncidentView> = fc.record({
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
    siblings: maybe(fc.nat()),
    deniedRoles: fc.array(text, { maxLength: 3 }),
    canWiden: fc.boolean(),
    firstLoss: maybe(fc.record({ at: instant, source })),
  }),
  questions: fc.array(questionView, { maxLength: 5 }),
  approvals: fc.array(approvalView, { maxLength: 3 }),
  lastEntries: fc.array(text, { maxLength: 30 }),
});

const campaign: fc.Arbitrary<SlackCampaign> = fc.record({
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
    }),
    { maxLength: 120, size: 'max' },
  ),
  plansDigest: maybe(digest),
  questions: fc.array(fc.record({ incident: fc.nat(), form: fc.oneof(fc.constant('triage'), text) }), {
    maxLength: 120,
  }),
});

const scope: fc.Arbitrary<SlackScope> = fc.record({
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

const facts = fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)), {
  maxKeys: 30,
});

/** Everything that is left of a text once the few control sequences that Cordon itself makes are taken out. */
function withoutOurs(value: string): string {
  return value
    .replace(/<!date\^\d+\^\{date_short_pretty\} \{time\}\|\d{4,6}-\d\d-\d\d \d\d:\d\d UTC>/g, '')
    .replace(/<@U0ALICE000>/g, '');
}

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(strings);
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(strings);
  return [];
}

const UNSAFE: Readonly<Record<string, (rest: string) => boolean>> = {
  'a bracket': (rest) => /[<>]/.test(rest),
  'an ampersand that is no whole entity': (rest) => rest.replace(/&(?:amp|lt|gt);/g, '').includes('&'),
  'a control character': (rest) =>
    /[\u202a-\u202e\u2066-\u2069\u200b-\u200f]|\p{Cc}/u.test(rest.replaceAll('\n', '')),
  'a link or a ping': (rest) => /:\/\/|@channel|@here|@everyone/.test(rest),
  'half a character': (rest) =>
    /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(rest),
};

/** One expectation for all that is shown: a thousand of them a run cost more than what they look at. */
function expectSafe(shown: unknown): void {
  const found = strings(shown).flatMap((value) => {
    const rest = withoutOurs(value);
    return Object.keys(UNSAFE).flatMap((what) => (UNSAFE[what]?.(rest) === true ? [[what, value]] : []));
  });
  expect(found).toEqual([]);
}

/** By our own limits, and by those of the double, which were written apart. */
function expectSendable(message: SlackMessage): void {
  expect(brokenLimits(message)).toEqual([]);
  expect(checkBlocks(JSON.parse(JSON.stringify(message.blocks)), 'message')).toEqual([]);
  expectSafe(message);
}

describe('no message breaks a limit or lets a control sequence through, whatever the input', () => {
  test('the card', () => {
    fc.assert(
      fc.property(incidentView, (incident) => {
        expectSendable(incidentCard(incident));
      }),
      { numRuns: 40 },
    );
  });

  test('the card of a campaign, and what is said of one', () => {
    fc.assert(
      fc.property(campaign, (one) => {
        expectSendable(campaignCard(one));
        expectSendable(campaignMovedMessage(one));
        expectSendable(campaignCatchUp(one, one.openedAt));
        expectSafe([campaignText(one), campaignListText([one, one])]);
      }),
      { numRuns: 40 },
    );
  });

  test('suggestions of what else may be affected', () => {
    fc.assert(
      fc.property(incidentView, scope, (incident, found) => {
        expectSendable(scopeMessage(incident, found));
      }),
      { numRuns: 30 },
    );
  });

  test('questions and approvals, open and settled', () => {
    fc.assert(
      fc.property(incidentView, questionView, approvalView, (incident, question, approval) => {
        expectSendable(questionMessage(incident, question));
        expectSendable(questionSettledMessage(incident, question));
        expectSendable(approvalMessage(incident, approval));
        expectSendable(approvalSettledMessage(incident, approval));
        expectSendable(approvalChangedMessage(incident, approval));
      }),
      { numRuns: 40 },
    );
  });

  test('notices, lists, channel names and topics', () => {
    fc.assert(
      fc.property(incidentView, text, facts, (incident, name, more) => {
        expectSendable(announceMessage(incident, name, more));
        expectSendable(postmortemMessage(incident, name, more));
        for (const task of incident.tasks.slice(0, 3)) {
          expectSendable(taskDueMessage(incident, task, { to: name, last: true }));
        }
        for (const update of incident.updates) {
          expectSendable(updateMessage(incident, update));
          expectSendable(updateAskedMessage(incident, update));
        }
        for (const duty of incident.duties.slice(0, 3)) {
          expectSendable(dutyMessage(incident, duty, { to: name, last: true }));
        }
        expectSafe(listText(Array.from({ length: 40 }, () => ({ ...incident, involved: [] }))));
        expectSafe(tasksText(incident));
        expectSafe([
          planText(incident),
          evidenceText(incident, [{ kind: 'missing', name, reason: name, at: incident.openedAt }]),
        ]);
        expect(planText(incident).length).toBeLessThan(4000);
        expect(tasksText(incident).length).toBeLessThan(4000);
        expect(channelName(incident, 3)).toMatch(/^[a-z0-9][a-z0-9_-]{0,79}$/);
        expect(channelTopic(incident).length).toBeLessThanOrEqual(250);
        expect(channelPurpose(incident).length).toBeLessThanOrEqual(250);
        expectSendable(catchUpMessage(incident, incident.openedAt));
        expectSafe([channelTopic(incident), channelPurpose(incident)]);
      }),
      { numRuns: 40 },
    );
  });

  test('modals', () => {
    const form = formOf('triage');
    if (form === undefined) throw new Error('expected the triage form');
    fc.assert(
      fc.property(digest, text, approvalView, (plan, note, approval) => {
        const views = [
          approveModal({ i: 'inc-1', a: 'att-1', d: plan, c: 'C1' }, { ...approval, confirm: note }),
          denyModal({ i: 'inc-1', a: 'att-1', d: plan, c: 'C1' }),
          noteModal({ i: 'inc-1', c: 'C1' }, note),
          noteModal({ i: 'inc-1', c: 'C1', h: plan }, note),
          followUpModal({ i: 'inc-1', c: 'C1' }, note),
          declareModal({ c: 'C1' }, note),
          answerModal({ i: 'inc-1', q: 'inv-1', f: 'triage', c: 'C1' }, form),
        ];
        for (const view of views) {
          expect(brokenViewLimits(view)).toEqual([]);
          expect(checkView(JSON.parse(JSON.stringify(view)))).toEqual([]);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('a home page', () => {
    fc.assert(
      fc.property(fc.array(incidentView, { maxLength: 15 }), (incidents) => {
        const view = homeView({ me: 'U0ALICE000', incidents, more: 3 });
        expect(brokenViewLimits(view)).toEqual([]);
        expect(checkView(JSON.parse(JSON.stringify(view)))).toEqual([]);
        expectSafe(view);
      }),
      { numRuns: 15 },
    );
  });

  test('a button carries ids and a digest only, and never more than Slack takes', () => {
    fc.assert(
      fc.property(incidentView, approvalView, (incident, approval) => {
        const values = strings(approvalMessage(incident, approval).blocks).filter((value) =>
          value.startsWith('{"i"'),
        );
        expect(values).toHaveLength(2);
        for (const value of values) {
          expect(JSON.parse(value)).toEqual({ i: incident.id, a: approval.approvalId, d: approval.digest });
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('untrusted text', () => {
  test.each(NASTY)('%j neither pings, links nor reorders', (nasty) => {
    expectSafe([prose(nasty), code(nasty), plain(nasty)]);
  });

  test('the check itself finds what is not escaped (control)', () => {
    for (const nasty of ['<!channel>', '\u202e', 'https://evil.example', 'a & b', '&l']) {
      expect(() => expectSafe(nasty)).toThrow();
    }
  });

  test('keeps what is harmless', () => {
    expect(prose('checkout-v2 (eu-central-1)')).toBe('checkout-v2 (eu-central-1)');
    expect(code('arn:aws:lambda:eu-central-1:111122223333:function:checkout')).toBe(
      '`arn:aws:lambda:eu-central-1:111122223333:function:checkout`',
    );
    expect(oneLine('  a\n b ')).toBe('a b');
  });

  test('is cut to its limit, and says so', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 8, max: 200 }), (value, max) => {
        for (const shown of [prose(value, max), code(value, max), plain(value, max)]) {
          expect(shown.length).toBeLessThanOrEqual(max);
        }
      }),
    );
    expect(prose('x'.repeat(50), 10)).toBe('xxxxxxxxx…');
  });
});
