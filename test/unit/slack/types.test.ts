import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json } from '../../../src/json.ts';
import type { SlackHome, SlackMessage, SlackModal } from '../../../src/slack/limits.ts';
import {
  approvalChangedMessage,
  approvalMessage,
  approvalSettledMessage,
} from '../../../src/slack/render/approval.ts';
import { campaignCard, campaignCatchUp, campaignMovedMessage } from '../../../src/slack/render/campaign.ts';
import { incidentCard } from '../../../src/slack/render/card.ts';
import { catchUpMessage } from '../../../src/slack/render/catch-up.ts';
import { homeView } from '../../../src/slack/render/home.ts';
import { identityMessage } from '../../../src/slack/render/identity.ts';
import {
  answerModal,
  approveModal,
  declareModal,
  denyModal,
  followUpModal,
  noteModal,
} from '../../../src/slack/render/modal.ts';
import {
  announceMessage,
  dutyMessage,
  postmortemMessage,
  taskDueMessage,
} from '../../../src/slack/render/notice.ts';
import {
  postmortemOverview,
  sectionModal,
  updateAskedMessage,
  updateMessage,
  updateModal,
} from '../../../src/slack/render/owed.ts';
import { formOf, questionMessage, questionSettledMessage } from '../../../src/slack/render/question.ts';
import { scopeMessage } from '../../../src/slack/render/scope.ts';
import {
  approvalView,
  campaign,
  facts,
  incidentView,
  questionView,
  scope,
  text,
} from '../../support/slack-anything.ts';
import { complaintsOfTypeScript } from '../../support/typescript.ts';
import { ALICE, DIGEST, row, stage } from './harness.ts';

// No validator of Block Kit is maintained for JavaScript, so the compiler is asked: each payload, as JSON, is a literal of
// the type that @slack/types has for it, where a field too many, one too few, or a word that is none is an error.
type SlackType = 'KnownBlock[]' | 'Modal' | 'Home' | 'MessageMetadata';
interface Payload {
  readonly name: string;
  readonly type: SlackType;
  readonly json: string;
}

async function complaints(payloads: readonly Payload[]): Promise<string[]> {
  const head = [
    "import type { HomeView, KnownBlock, MessageMetadata, ModalView } from '@slack/types';",
    // A view's own type takes any block at all; see `SlackModal`.
    "type Modal = Omit<ModalView, 'blocks'> & { blocks: KnownBlock[] };",
    "type Home = Omit<HomeView, 'blocks'> & { blocks: KnownBlock[] };",
  ];
  const lines = payloads.map(({ type, json }, index) => `export const p${index}: ${type} = ${json};`);
  const said = await complaintsOfTypeScript('@slack/types', [...head, ...lines].join('\n'));
  return said.map((line) => {
    const at = Number(/^payloads\.ts\((\d+),/.exec(line)?.[1] ?? 0) - head.length - 1;
    return `${payloads[at]?.name ?? '?'}: ${line}`;
  });
}

/** Each message, modal and page that Cordon builds, out of anything that it could be about. */
function built(): Payload[] {
  const form = formOf('triage');
  if (form === undefined) throw new Error('expected the triage form');
  const everything = fc.tuple(incidentView, questionView, approvalView, campaign, scope, text, facts);
  const payloads: Payload[] = [];
  for (const [incident, question, approval, led, found, words, more] of fc.sample(everything, {
    seed: 5,
    numRuns: 6,
  })) {
    const messages: Record<string, SlackMessage | undefined> = {
      card: incidentCard(incident),
      campaign: campaignCard(led),
      campaignMoved: campaignMovedMessage(led),
      campaignCatchUp: campaignCatchUp(led, led.openedAt),
      scope: scopeMessage(incident, found),
      question: questionMessage(incident, question),
      questionSettled: questionSettledMessage(incident, question),
      approval: approvalMessage(incident, approval),
      approvalSettled: approvalSettledMessage(incident, approval),
      approvalChanged: approvalChangedMessage(incident, approval),
      announce: announceMessage(incident, words, more),
      postmortem: postmortemMessage(incident, words, more),
      postmortemOverview: postmortemOverview(incident, {
        sections: [{ name: 'summary', text: words, version: 1 }],
        errors: [words],
      }),
      identity: identityMessage(incident, words),
      catchUp: catchUpMessage(incident, incident.openedAt),
      task: incident.tasks.map((task) => taskDueMessage(incident, task, { to: words, last: true }))[0],
      duty: incident.duties.map((duty) => dutyMessage(incident, duty, { to: words, last: true }))[0],
      update: incident.updates.map((update) => updateMessage(incident, update))[0],
      updateAsked: incident.updates.map((update) => updateAskedMessage(incident, update))[0],
    };
    for (const [name, message] of Object.entries(messages)) {
      if (message !== undefined) payloads.push(payload(name, 'KnownBlock[]', message.blocks));
    }
    const decision = { i: 'inc-1', a: 'att-1', d: DIGEST, c: 'C1' };
    const modals: Record<string, SlackModal> = {
      approve: approveModal(decision, { ...approval, confirm: words }),
      deny: denyModal(decision),
      note: noteModal({ i: 'inc-1', c: 'C1' }, words),
      evidenceNote: noteModal({ i: 'inc-1', c: 'C1', h: DIGEST }, words),
      followUp: followUpModal({ i: 'inc-1', c: 'C1' }, words),
      declare: declareModal({ c: 'C1' }, words),
      answer: answerModal({ i: 'inc-1', q: 'inv-1', f: 'triage', c: 'C1' }, form),
      section: sectionModal({ i: 'inc-1', s: 'summary', v: 1, c: 'C1' }, words),
      updateForm: updateModal({ i: 'inc-1', c: 'C1', f: 'update' }, [{ id: 'x', title: words, slack: 'C2' }]),
    };
    for (const [name, view] of Object.entries(modals)) payloads.push(payload(name, 'Modal', view));
    const home: SlackHome = homeView({ me: ALICE, incidents: [incident], more: 3 });
    payloads.push(payload('home', 'Home', home));
  }
  return payloads;
}

function payload(name: string, type: SlackType, value: unknown): Payload {
  return { name, type, json: JSON.stringify(value) };
}

/** What the double was sent: the same after the client and Bolt have written it, with what goes along with a message. */
async function sent(): Promise<Payload[]> {
  const on = await stage();
  try {
    await on.open(
      row('card'),
      row('furnish'),
      row('question', { invocation: 'inv-1' }),
      row('approval', { attempt: 'att-7' }),
    );
    await on.slack.people.press(ALICE, () => true, 'cordon.deny');
    await on.slack.people.press(ALICE, () => true, 'cordon.answer-details');
    await on.slack.people.sendEvent({ type: 'app_home_opened', user: ALICE, tab: 'home', channel: 'D1' });
    await on.app.idle();
    const fields: Readonly<Record<string, SlackType>> = {
      blocks: 'KnownBlock[]',
      metadata: 'MessageMetadata',
    };
    return on.slack.journal.flatMap(({ method, args }) => {
      if (method === 'views.open') return [payload(method, 'Modal', fieldOf(args.view))];
      if (method === 'views.publish') return [payload(method, 'Home', fieldOf(args.view))];
      return Object.entries(fields).flatMap(([field, type]) =>
        args[field] === undefined ? [] : [payload(`${method} ${field}`, type, fieldOf(args[field]))],
      );
    });
  } finally {
    await on.close();
  }
}

/** In a form, a field that is more than text is JSON. */
function fieldOf(value: Json | undefined): unknown {
  return typeof value === 'string' ? JSON.parse(value) : value;
}

describe('the types of Slack', () => {
  test('hold of every payload that is built, and of what arrives at Slack', async () => {
    const arrived = await sent();
    expect(new Set(arrived.map(({ name }) => name))).toEqual(
      new Set(['chat.postMessage blocks', 'chat.postMessage metadata', 'views.open', 'views.publish']),
    );
    expect(await complaints([...built(), ...arrived])).toEqual([]);
  });

  test('are told apart from what is none: a wrong word, a field too many, one too few, a block of a view (control)', async () => {
    const button = { type: 'button', text: { type: 'plain_text', text: 'Go' }, action_id: 'go' };
    const actions = (element: object) => [{ type: 'actions', elements: [element] }];
    const wrong = {
      word: payload('word', 'KnownBlock[]', actions({ ...button, style: 'primery' })),
      many: payload('many', 'KnownBlock[]', actions({ ...button, colour: 'red' })),
      few: payload('few', 'KnownBlock[]', [{ type: 'header' }]),
      block: payload('block', 'Home', { type: 'home', blocks: [{ type: 'headline', text: 'x' }] }),
    };
    const right = payload('right', 'KnownBlock[]', actions({ ...button, style: 'primary' }));
    const said = await complaints([...Object.values(wrong), right]);
    expect(new Set(said.map((line) => line.split(':')[0]))).toEqual(new Set(Object.keys(wrong)));
  });
});
