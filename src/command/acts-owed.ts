import { UPDATE_TEMPLATE_IDS } from '../incident/update-state.ts';
import { SECTIONS } from '../postmortem/sections.ts';
import type { Act, ActParameter } from './act.ts';
import { duty, person, words } from './act.ts';
import { INSTANT_HELP } from './instant.ts';

const update: ActParameter = {
  name: 'update',
  label: 'UPDATE',
  help: 'U1, U2 …',
  required: true,
  kind: { is: 'text' },
  terminal: 'argument',
  slack: 'word',
};

/** The acts about what people owe beside the response and after it; a part of the table in `acts.ts`. */
export const OWED_ACTS: readonly Act[] = Object.freeze([
  {
    words: ['duty', 'assign'],
    aliases: [],
    command: 'duty-assign',
    summary: 'give a duty to somebody',
    description: 'Says whose duty it is: telling an authority, the postmortem, an action item of it.',
    parameters: [duty, person],
  },
  {
    words: ['duty', 'told'],
    aliases: [],
    command: 'duty-told',
    summary: 'say that somebody was told',
    description:
      'Records the decision that somebody had to be told whom law or a contract names, and that they were. Nothing is sent.',
    parameters: [
      duty,
      words('reason', 'TEXT', 'how, with the reference of their receipt'),
      {
        name: 'at',
        label: 'TIME',
        help: `when they were told: ${INSTANT_HELP.replace('from now', 'ago')}`,
        required: false,
        kind: { is: 'instant', direction: 'past' },
        terminal: { flags: '--at <time>' },
        slack: { after: 'at' },
      },
    ],
  },
  {
    words: ['duty', 'done'],
    aliases: [],
    command: 'duty-done',
    summary: 'finish an action item',
    description:
      'Says that an action item of the postmortem is done, and how that is seen; its reminders stop.',
    parameters: [duty, words('reason', 'TEXT', 'how it is seen to be done')],
  },
  {
    words: ['duty', 'waive'],
    aliases: [],
    command: 'duty-waive',
    summary: 'decide that a duty need not be done',
    description:
      'Decides, in your name and with a reason, that nobody must be told, that the postmortem needs no review, or that an action is dropped.',
    parameters: [duty, words('reason', 'TEXT', 'why')],
  },
  {
    words: ['duty', 'snooze'],
    aliases: [],
    command: 'duty-snooze',
    summary: 'put a duty’s reminders off',
    description: 'Puts the reminders off; when it is due stays as it is.',
    parameters: [
      duty,
      {
        name: 'until',
        label: 'TIME',
        help: `until when: ${INSTANT_HELP}`,
        required: true,
        kind: { is: 'instant', direction: 'future' },
        terminal: 'argument',
        slack: 'word',
      },
    ],
  },
  {
    words: ['postmortem', 'write'],
    aliases: [],
    command: 'postmortem-write',
    summary: 'write a section of the postmortem',
    description:
      'Saves your words as a section of the postmortem, in place of what it said; every version stays in the timeline.',
    parameters: [
      {
        name: 'section',
        label: 'SECTION',
        help: SECTIONS.join(', '),
        required: true,
        kind: { is: 'choice', options: SECTIONS },
        terminal: 'argument',
        slack: 'word',
      },
      words('text', 'TEXT', 'the whole section, in Markdown'),
    ],
  },
  {
    words: ['postmortem', 'review'],
    aliases: [],
    command: 'postmortem-review',
    summary: 'say that the postmortem is as it should be',
    description:
      'Reviews the saved postmortem, which closes an incident that waits for it. Refused while "postmortem lint" would find an error, and to its owner.',
    parameters: [words('note', 'TEXT', 'what you make of it')],
  },
  {
    words: ['update'],
    aliases: [],
    command: 'update',
    summary: 'tell stakeholders how it stands',
    description:
      'Tells the stakeholders of the enrolment file, in their channels, from a template and in your words. Where a policy asks (customers, by default) it waits for an approval of exactly these words.',
    parameters: [
      {
        name: 'template',
        label: 'TEMPLATE',
        help: UPDATE_TEMPLATE_IDS.join(', '),
        required: true,
        kind: { is: 'choice', options: UPDATE_TEMPLATE_IDS },
        terminal: 'argument',
        slack: 'word',
      },
      {
        name: 'to',
        label: 'TO',
        help: 'stakeholders of the enrolment file with commas between them, or all',
        required: true,
        kind: { is: 'text' },
        terminal: 'argument',
        slack: 'word',
      },
      words('text', 'TEXT', 'what is to be said besides'),
    ],
  },
  {
    words: ['approve-update'],
    aliases: [],
    command: 'update-approve',
    summary: 'approve an update to stakeholders',
    description: 'Approves exactly the words of an update that waits; it is sent once enough people did.',
    parameters: [update],
  },
  {
    words: ['deny-update'],
    aliases: [],
    command: 'update-deny',
    summary: 'deny an update to stakeholders',
    description: 'Says no to an update that waits; it is never sent.',
    parameters: [update, words('reason', 'TEXT', 'why')],
  },
]);
