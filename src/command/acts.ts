import type { JsonObject } from '../json.ts';
import { RESPONDER_ROLES } from '../playbook/roles.ts';
import type { Act } from './act.ts';
import { person, reason, task, words } from './act.ts';
import { OWED_ACTS } from './acts-owed.ts';
import { INSTANT_HELP, parseInstant } from './instant.ts';

/** Every act, in the order of the help. */
export const ACTS: readonly Act[] = Object.freeze([
  {
    words: ['acknowledge'],
    aliases: ['ack'],
    command: 'acknowledge',
    summary: 'take the incident up',
    description: 'Takes the incident up: escalations stop, and the first to do so leads.',
    parameters: [],
  },
  {
    words: ['note'],
    aliases: [],
    command: 'note',
    summary: 'add a note to the timeline',
    description: 'Adds your words to the incident’s timeline, where they stay.',
    parameters: [
      words('text', 'TEXT', 'the note'),
      {
        name: 'at',
        label: 'TIME',
        help: `when it happened: ${INSTANT_HELP.replace('from now', 'ago')}`,
        required: false,
        kind: { is: 'instant', direction: 'past' },
        terminal: { flags: '--at <time>' },
        slack: { after: 'at' },
      },
    ],
  },
  {
    words: ['add-target'],
    aliases: [],
    command: 'add-target',
    summary: 'add a function to a running incident',
    description: 'Adds a function to a running incident: it is contained and its evidence collected too.',
    parameters: [
      {
        name: 'functionArn',
        label: 'FUNCTION_ARN',
        help: 'the function, as arn:aws:lambda:REGION:ACCOUNT:function:NAME',
        required: true,
        kind: { is: 'text' },
        terminal: 'argument',
        slack: 'word',
      },
      reason,
    ],
  },
  {
    words: ['severity'],
    aliases: ['sev'],
    command: 'severity',
    summary: 'change the severity',
    description: 'Changes the severity: 1 critical, 2 high, 3 medium, 4 low.',
    parameters: [
      {
        name: 'severity',
        label: '1-4',
        help: '1 critical to 4 low',
        required: true,
        kind: { is: 'choice', options: ['1', '2', '3', '4'], number: true },
        terminal: 'argument',
        slack: 'word',
      },
      reason,
    ],
  },
  {
    words: ['assign'],
    aliases: [],
    command: 'assign',
    summary: 'give somebody a role',
    description: 'Gives somebody a role in this incident; the enrolment file says who may have which.',
    parameters: [
      {
        name: 'role',
        label: 'ROLE',
        help: RESPONDER_ROLES.join(', '),
        required: true,
        kind: { is: 'choice', options: RESPONDER_ROLES },
        terminal: 'argument',
        slack: 'word',
      },
      person,
    ],
  },
  {
    words: ['handoff'],
    aliases: [],
    command: 'handoff',
    summary: 'hand the lead over',
    description: 'Hands the lead to a commander, with a summary of where the incident stands.',
    parameters: [
      person,
      {
        name: 'note',
        label: 'TEXT',
        help: 'what they should know besides',
        required: false,
        kind: { is: 'text' },
        terminal: { flags: '-n, --note <text>' },
        slack: 'rest',
      },
    ],
  },
  {
    words: ['task', 'add'],
    aliases: [],
    command: 'task-add',
    summary: 'add a task',
    description: 'Adds a task. With a due time it reminds its owner, four times at most.',
    parameters: [
      words('text', 'TEXT', 'what is to be done'),
      {
        name: 'owner',
        label: 'PERSON',
        help: 'who does it: a responder’s id, or "me"',
        required: false,
        kind: { is: 'text' },
        terminal: { flags: '-o, --owner <person>' },
        slack: { after: 'for' },
      },
      {
        name: 'due',
        label: 'TIME',
        help: `when it is due: ${INSTANT_HELP}`,
        required: false,
        kind: { is: 'instant', direction: 'future' },
        terminal: { flags: '-d, --due <time>' },
        slack: { after: 'by' },
      },
    ],
  },
  {
    words: ['task', 'done'],
    aliases: [],
    command: 'task-done',
    summary: 'finish a task',
    description: 'Says that a task is done; its reminders stop.',
    parameters: [task],
  },
  {
    words: ['task', 'snooze'],
    aliases: [],
    command: 'task-snooze',
    summary: 'put a task’s reminder off',
    description: 'Puts the next reminder off; the due time stays as it is.',
    parameters: [
      task,
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
    words: ['escalate'],
    aliases: [],
    command: 'escalate',
    summary: 'call somebody now',
    description: 'Calls a person, or everybody with a role, in Slack and through the paging service.',
    parameters: [{ ...person, label: 'PERSON|ROLE', help: 'a responder’s id, or a role' }, reason],
  },
  {
    words: ['page'],
    aliases: [],
    command: 'page',
    summary: 'call a team',
    description:
      'Calls a team in Slack and through the paging service: everybody with a role, a team that owns one of the functions or an account, or one person.',
    parameters: [
      {
        name: 'team',
        label: 'TEAM',
        help: 'a role, a team of the owners file, or a responder',
        required: true,
        kind: { is: 'text' },
        terminal: 'argument',
        slack: 'word',
      },
      reason,
    ],
  },
  {
    words: ['page-owner'],
    aliases: ['owner'],
    command: 'page-owner',
    summary: 'call whoever owns the functions',
    description:
      'Calls whoever owns the functions of the incident, in Slack and through the paging service: by the owners file, else the owner of the account, else a tag.',
    parameters: [reason],
  },
  {
    words: ['claim'],
    aliases: [],
    command: 'claim',
    summary: 'say whether it was you',
    description:
      'Answers whether what your AWS identity did was you. It is kept as your claim, and decides nothing: the triage is for others.',
    parameters: [
      {
        name: 'answer',
        label: 'ANSWER',
        help: 'mine, not-mine or unsure',
        required: true,
        kind: { is: 'choice', options: ['mine', 'not-mine', 'unsure'] },
        terminal: 'argument',
        slack: 'word',
      },
      {
        name: 'note',
        label: 'TEXT',
        help: 'what others should know',
        required: false,
        kind: { is: 'text' },
        terminal: { flags: '-n, --note <text>' },
        slack: 'rest',
      },
    ],
  },
  {
    words: ['clear'],
    aliases: [],
    command: 'clear',
    summary: 'let a suspect take part again',
    description:
      'Says that a responder whose AWS identity is part of what happened may take part: they are invited, and may approve.',
    parameters: [person, reason],
  },
  {
    words: ['widen'],
    aliases: [],
    command: 'widen',
    summary: 'deny the roles as a whole',
    description:
      'Denies every session of the functions’ roles, wherever they are used, and so every other function on them; where others use a role, an approver is asked first. Release takes it back.',
    parameters: [reason],
  },
  {
    words: ['roll-back-alias'],
    aliases: [],
    command: 'roll-back-alias',
    summary: 'point an alias at known-good code',
    description:
      'Points an alias of the function, with all of its traffic, at a published version that you know to be good by the hash of its code; a version with another hash is refused. Release points it back.',
    parameters: [
      {
        name: 'alias',
        label: 'ALIAS',
        help: 'the alias that customers call',
        required: true,
        kind: { is: 'text' },
        terminal: 'argument',
        slack: 'word',
      },
      {
        name: 'version',
        label: 'VERSION',
        help: 'number of the version that is known to be good',
        required: true,
        kind: { is: 'text' },
        terminal: 'argument',
        slack: 'word',
      },
      {
        name: 'codeSha256',
        label: 'CODE_SHA256',
        help: 'hash of its code, as Lambda shows it',
        required: true,
        kind: { is: 'text' },
        terminal: 'argument',
        slack: 'word',
      },
      {
        name: 'functionArn',
        label: 'FUNCTION_ARN',
        help: 'the function, where the incident has several',
        required: false,
        kind: { is: 'text' },
        terminal: { flags: '--function <arn>' },
        slack: { after: 'of' },
      },
      reason,
    ],
  },
  {
    words: ['false-positive'],
    aliases: ['fp'],
    command: 'false-positive',
    summary: 'call it a false positive',
    description: 'Answers the open triage question: the alert is wrong, so the playbook releases.',
    parameters: [reason],
  },
  {
    words: ['release'],
    aliases: [],
    command: 'release',
    summary: 'put back everything that is contained',
    description: 'Asks the playbook to release everything that the incident holds.',
    parameters: [reason],
  },
  {
    words: ['rollback'],
    aliases: [],
    command: 'rollback',
    summary: 'undo one action, while the rest stays contained',
    description:
      'Undoes one action of the incident and leaves the rest contained: the role is given back, and invocations stay stopped. It goes step by step and is gated like a release.',
    parameters: [
      {
        name: 'action',
        label: 'ACTION',
        help: 'as "plan" has it, such as iam.quarantine-role; with /OBJECT where it holds several',
        required: true,
        kind: { is: 'text' },
        terminal: 'argument',
        slack: 'word',
      },
      reason,
    ],
  },
  {
    words: ['break-glass'],
    aliases: [],
    command: 'break-glass',
    summary: 'contain without further approvals',
    description:
      'Lets this incident contain without further approvals for 15 minutes. It lifts no exclusion, no mode observe and no pause; somebody else reviews it afterwards.',
    parameters: [reason],
  },
  {
    words: ['review'],
    aliases: [],
    command: 'review',
    summary: 'say whether breaking the glass was right',
    description: 'Reviews a broken glass: somebody other than who broke it says whether it was right.',
    parameters: [
      {
        name: 'verdict',
        label: 'VERDICT',
        help: 'justified or unjustified',
        required: true,
        kind: { is: 'choice', options: ['justified', 'unjustified'] },
        terminal: 'argument',
        slack: 'word',
      },
      words('note', 'TEXT', 'why'),
    ],
  },
  ...OWED_ACTS,
  {
    words: ['close'],
    aliases: [],
    command: 'close',
    summary: 'ask the playbook to close the incident',
    description: 'Asks the playbook to close the incident; it does so only from a state that may.',
    parameters: [reason],
  },
]);

/** What a person typed, as the command's input; or what is wrong with it. */
export type ActReading =
  | { readonly kind: 'input'; readonly input: JsonObject }
  | { readonly kind: 'wrong'; readonly message: string };

/** Turns typed words into the command's input, by name. Times are read here, as only the typing person's clock is meant. */
export function readAct(
  act: Act,
  given: Readonly<Record<string, string | undefined>>,
  now: Date,
): ActReading {
  const input: Record<string, string | number> = {};
  for (const parameter of act.parameters) {
    const typed = given[parameter.name]?.trim() ?? '';
    if (typed === '') {
      if (!parameter.required) continue;
      return wrong(`expected ${parameter.label} (${parameter.help})`);
    }
    const { kind } = parameter;
    switch (kind.is) {
      case 'text':
        input[parameter.name] = typed;
        break;
      case 'choice': {
        const option = kind.options.find((each) => each === typed.toLowerCase());
        if (option === undefined) {
          return wrong(`expected ${parameter.label} to be one of ${kind.options.join(', ')}`);
        }
        input[parameter.name] = kind.number === true ? Number(option) : option;
        break;
      }
      case 'instant': {
        const instant = parseInstant(typed, now, kind.direction);
        if (instant === undefined) {
          return wrong(`expected ${parameter.label} with its zone, such as ${INSTANT_HELP}`);
        }
        input[parameter.name] = instant;
        break;
      }
    }
  }
  return { kind: 'input', input };
}

/** `note TEXT [at TIME]`: how an act is typed in Slack, without the incident. */
export function usageOf(act: Act): string {
  const parts = act.parameters.map(({ label, required, slack }) => {
    const text = typeof slack === 'object' ? `${slack.after} ${label}` : label;
    return required ? text : `[${text}]`;
  });
  return [...act.words, ...parts].join(' ');
}

function wrong(message: string): ActReading {
  return { kind: 'wrong', message };
}
