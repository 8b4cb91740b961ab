import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkBlocks, checkView } from '../../src/simulation/slack-double/blocks.ts';
import { channelName, channelPurpose, channelTopic } from '../../src/slack/channel.ts';
import { brokenLimits, brokenViewLimits, type SlackMessage } from '../../src/slack/limits.ts';
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
import { campaignApproveModal } from '../../src/slack/render/campaign-modal.ts';
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
  dutiesMissedMessage,
  dutyMessage,
  postmortemMessage,
  taskDueMessage,
} from '../../src/slack/render/notice.ts';
import { listText, tasksText } from '../../src/slack/render/overview.ts';
import { updateAskedMessage, updateMessage } from '../../src/slack/render/owed.ts';
import { formOf, questionMessage, questionSettledMessage } from '../../src/slack/render/question.ts';
import { scopeMessage } from '../../src/slack/render/scope.ts';
import { code, oneLine, plain, prose } from '../../src/slack/text.ts';
import {
  approvalView,
  campaign,
  digest,
  facts,
  incidentView,
  NASTY,
  questionView,
  scope,
  text,
} from '../support/slack-anything.ts';

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
        const form = campaignApproveModal({ k: 'cmp-1', d: 'd'.repeat(64), c: 'C1' }, one);
        expect(brokenViewLimits(form)).toEqual([]);
        expect(checkView(JSON.parse(JSON.stringify(form)))).toEqual([]);
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
          expectSendable(dutiesMissedMessage(incident, [{ duty, to: name, times: 4 }], duty.dueAt));
        }
        expectSafe(listText(Array.from({ length: 40 }, () => ({ ...incident, involved: [], stale: false }))));
        expectSafe(tasksText(incident));
        expectSafe([
          planText(incident),
          evidenceText(incident, [{ kind: 'missing', name, reason: name, at: incident.openedAt }]),
        ]);
        expect(planText(incident).length).toBeLessThan(4000);
        expect(tasksText(incident).length).toBeLessThan(4000);
        for (const prefix of ['inc-', 'sec_', name]) {
          expect(channelName(incident, prefix, 3)).toMatch(/^[a-z0-9_-]{1,80}$/);
        }
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
