import type { Button, KnownBlock } from '@slack/types';
import type { QuestionView } from '../../incident/incident-view.ts';
import { FORMS, type Form, type FormField, type FormOption } from '../../playbook/forms.ts';
import { ACTION, actionValue } from '../action-value.ts';
import type { SlackMessage } from '../limits.ts';
import { code, person, plain, prose, when } from '../text.ts';
import type { IncidentView } from '../view/incident.ts';
import { button, buttons, context, header, message, section } from './blocks.ts';

type ChoiceField = Extract<FormField, { kind: 'choice' }>;

/** The form of this id, or `undefined` for one that this version does not know. */
export function formOf(id: string): Form | undefined {
  return Object.values(FORMS).find((form) => form.id === id);
}

/** The field that one press answers: the form's first required choice. */
export function pressField(form: Form): ChoiceField | undefined {
  return form.fields.find((field): field is ChoiceField => field.kind === 'choice' && field.required);
}

/** An open question with one button for each answer, and one for the whole form. */
export function questionMessage(incident: IncidentView, question: QuestionView): SlackMessage {
  const form = formOf(question.form);
  const field = form === undefined ? undefined : pressField(form);
  if (form === undefined || field === undefined) return unknownForm(incident, question);
  const blocks: KnownBlock[] = [
    header(`${form.title}: ${form.question}`),
    section([
      `*${prose(incident.title, 250)}*`,
      targetLine(incident),
      ...field.options
        .filter((option) => option.description !== undefined)
        .map((option) => `• *${option.label}*: ${option.description}`),
    ]),
    buttons([
      ...field.options.map((option) => optionButton(incident, question, form, option)),
      button({
        label: 'More …',
        actionId: ACTION.answerDetails,
        value: actionValue({ i: incident.id, q: question.invocationId, f: form.id }),
      }),
    ]),
    context([askedLine(question)]),
  ];
  return message(incident, `${form.title}: ${form.question} ${prose(incident.title, 200)}`, blocks);
}

function optionButton(
  incident: IncidentView,
  question: QuestionView,
  form: Form,
  option: FormOption,
): Button {
  return button({
    label: option.label,
    // Ids are unique within a block, so each option has its own; the listener takes the prefix.
    actionId: `${ACTION.answer}.${option.value}`,
    value: actionValue({ i: incident.id, q: question.invocationId, f: form.id, c: String(option.value) }),
    ...(option.style === undefined ? {} : { style: option.style }),
    // A slip of the thumb must not end the watch over a compromised function.
    ...(option.style === 'danger'
      ? {
          confirm: {
            title: `${form.title}: ${option.label}?`,
            text: option.description ?? form.question,
            yes: option.label,
          },
        }
      : {}),
  });
}

/** The same message once the question is settled: who answered what, and when; nothing left to press. */
export function questionSettledMessage(incident: IncidentView, question: QuestionView): SlackMessage {
  const title = formOf(question.form)?.title ?? prose(question.form, 60);
  const outcome = settledLine(question);
  return message(incident, `${title}: ${outcome.replaceAll('*', '')}`, [
    section([`*${title}* · ${outcome}`, prose(incident.title, 250)]),
    context([askedLine(question)]),
  ]);
}

function settledLine(question: QuestionView): string {
  const at = question.settledAt === null ? '' : ` ${when(question.settledAt)}`;
  switch (question.status) {
    case 'answered': {
      const by = question.answeredBy === null ? 'somebody' : person(question.answeredBy);
      return `✅ answered *${answerText(question)}* by ${by}${at}`;
    }
    case 'withdrawn':
      return `withdrawn${at}: the playbook went on without an answer`;
    case 'open':
      return 'open';
  }
}

function answerText(question: QuestionView): string {
  const form = formOf(question.form);
  const { answer } = question;
  if (form === undefined || typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    return prose(JSON.stringify(answer), 200);
  }
  const given = new Map<string, unknown>(Object.entries(answer));
  const parts = form.fields.flatMap((field) => {
    const value = given.get(field.name);
    if (value === undefined || value === null) return [];
    const option = field.kind === 'choice' ? field.options.find((one) => one.value === value) : undefined;
    return [option?.label ?? prose(String(value), 300)];
  });
  return parts.join(' · ') || 'nothing';
}

function targetLine(incident: IncidentView): string {
  const target = incident.targets[0];
  if (target === undefined) return 'The alert names no function.';
  const more = incident.targets.length > 1 ? ` and ${incident.targets.length - 1} more` : '';
  return `${code(target.functionArn, 250)}${more}`;
}

function askedLine(question: QuestionView): string {
  const due = question.dueAt === null ? '' : ` · answer by ${when(question.dueAt)}`;
  return `asked of ${person(question.to)} ${when(question.askedAt)}${due}`;
}

/** Fails closed: without a known form nobody can be shown the right buttons, so people are told how to answer. */
function unknownForm(incident: IncidentView, question: QuestionView): SlackMessage {
  const text = `The playbook asks ${code(question.form, 60)}, a form that this Slack app does not know.`;
  return message(incident, text, [
    header(`Question: ${plain(question.form, 60)}`),
    section([
      text,
      `Answer it in the terminal: \`cordon answer\`, question ${code(question.invocationId, 60)}.`,
    ]),
    context([askedLine(question)]),
  ]);
}
