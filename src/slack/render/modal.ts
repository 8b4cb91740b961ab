import type { InputBlock } from '@slack/types';
import type { ApprovalView } from '../../incident/approval-view.ts';
import type { Form } from '../../playbook/forms.ts';
import {
  type AnswerFormValue,
  actionValue,
  CALLBACK,
  type ChannelValue,
  type DecisionValue,
  type NoteValue,
} from '../action-value.ts';
import { LIMITS, type SlackModal } from '../limits.ts';
import { code, cut, plain, prose } from '../text.ts';
import { radiusLines } from './approval.ts';
import { section } from './blocks.ts';

/** Where the modals keep what the person typed. */
export const MODAL_INPUT = { block: 'text', action: 'value' } as const;

/** Asks why an approval is denied: a denial without a reason teaches nobody anything. */
export function denyModal(denial: DecisionValue): SlackModal {
  return modal({
    callbackId: CALLBACK.deny,
    title: 'Deny this plan',
    submit: 'Deny',
    metadata: actionValue(denial),
    intro: `Plan ${code(denial.d.slice(0, 12))}. Cordon will not run it; the playbook goes on without it.`,
    label: 'Reason',
    maxLength: 500,
    initial: '',
  });
}

/** Shows the plan once more and has the function's name typed: production is not approved by a slip of the thumb. */
export function approveModal(
  value: DecisionValue,
  approval: ApprovalView & { readonly confirm: string },
): SlackModal {
  return modal({
    callbackId: CALLBACK.approve,
    title: 'Approve in production',
    submit: 'Approve',
    metadata: actionValue(value),
    intro: [
      `*${prose(approval.actionTitle, 200)}* on ${code(approval.objectArn, 300)}`,
      ...approval.changes
        .slice(0, 10)
        .map(({ call, summary }) => `• ${code(call, 80)} ${prose(summary, 160)}`),
      ...radiusLines(approval),
      `${approval.reversible ? 'Reversible' : '*Not reversible*'} · account ${code(approval.account, 20)} · Region ${code(approval.region, 30)} · plan ${code(value.d.slice(0, 12))}`,
    ],
    label: `Type the function’s name: ${plain(approval.confirm, 150)}`,
    maxLength: 300,
    oneLine: true,
    initial: '',
  });
}

/** Shows a message's text before it becomes a note of the timeline, or a note of evidence with its digest. */
export function noteModal(note: NoteValue, text: string): SlackModal {
  return modal({
    callbackId: CALLBACK.note,
    title: note.h === undefined ? 'Add to timeline' : 'Add as evidence note',
    submit: 'Add',
    metadata: actionValue(note),
    intro:
      note.h === undefined
        ? 'It is kept in the timeline for good. Leave secrets out.'
        : `It is kept in the timeline for good, with the digest of the message as it is now: ${code(note.h.slice(0, 16))}. Leave secrets out.`,
    label: 'Note',
    maxLength: 2000,
    initial: text,
  });
}

/** Shows a message's text before it becomes a task of the incident. */
export function followUpModal(value: NoteValue, text: string): SlackModal {
  return modal({
    callbackId: CALLBACK.followUp,
    title: 'Make a follow-up',
    submit: 'Add',
    metadata: actionValue(value),
    intro: 'It becomes a task of this incident, yours until somebody else takes it.',
    label: 'What is to be done',
    maxLength: 500,
    initial: text,
  });
}

/** Where the form that declares an incident keeps what was typed. */
export const DECLARE_INPUT = { arn: 'arn', severity: 'severity' } as const;

/** Declares an incident out of a message; an ARN that it names is filled in, and can be changed. */
export function declareModal(value: ChannelValue, text: string): SlackModal {
  const arn = /arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[\w-]{1,140}/.exec(text)?.[0];
  const severities = ['1 critical', '2 high', '3 medium'].map((label) => ({
    text: { type: 'plain_text' as const, text: label },
    value: label.slice(0, 1),
  }));
  const form = modal({
    callbackId: CALLBACK.declare,
    title: 'Declare an incident',
    submit: 'Declare',
    metadata: actionValue(value),
    intro: 'The playbook takes it from there: where the mode is act, the function is contained at once.',
    label: 'What was seen',
    maxLength: 2000,
    initial: text,
  });
  const [intro, ...rest] = form.blocks;
  return {
    ...form,
    blocks: [
      ...(intro === undefined ? [] : [intro]),
      {
        type: 'input',
        block_id: DECLARE_INPUT.arn,
        label: { type: 'plain_text', text: 'ARN of the function' },
        element: {
          type: 'plain_text_input',
          action_id: MODAL_INPUT.action,
          max_length: 300,
          ...(arn === undefined ? {} : { initial_value: arn }),
        },
      },
      {
        type: 'input',
        block_id: DECLARE_INPUT.severity,
        label: { type: 'plain_text', text: 'Severity' },
        element: { type: 'static_select', action_id: MODAL_INPUT.action, options: severities },
      },
      ...rest,
    ],
  };
}

/** The whole form of a question, for those who want to say more than one press can. */
export function answerModal(value: AnswerFormValue, form: Form): SlackModal {
  return {
    type: 'modal',
    callback_id: CALLBACK.answer,
    title: { type: 'plain_text', text: cut(form.title, LIMITS.viewTitle) },
    submit: { type: 'plain_text', text: 'Answer' },
    close: { type: 'plain_text', text: 'Cancel' },
    private_metadata: actionValue(value),
    blocks: [section([`*${form.question}*`]), ...form.fields.map(fieldInput)],
  };
}

function fieldInput(field: Form['fields'][number]): InputBlock {
  return {
    type: 'input',
    block_id: field.name,
    optional: !field.required,
    label: { type: 'plain_text', text: field.label },
    element:
      field.kind === 'choice'
        ? {
            type: 'static_select',
            action_id: MODAL_INPUT.action,
            options: field.options.map((option) => ({
              text: { type: 'plain_text', text: cut(option.label, LIMITS.optionText) },
              value: String(option.value),
            })),
          }
        : {
            type: 'plain_text_input',
            action_id: MODAL_INPUT.action,
            multiline: true,
            max_length: field.maxLength,
          },
  };
}

/** A form with one field for what a person types. */
export function modal(options: {
  readonly callbackId: string;
  readonly title: string;
  readonly submit: string;
  readonly metadata: string;
  readonly intro: string | readonly string[];
  readonly label: string;
  readonly maxLength: number;
  /** A name: one line, and perhaps a single character. */
  readonly oneLine?: boolean;
  readonly initial: string;
}): SlackModal {
  return {
    type: 'modal',
    callback_id: options.callbackId,
    title: { type: 'plain_text', text: cut(options.title, 24) },
    submit: { type: 'plain_text', text: cut(options.submit, 24) },
    close: { type: 'plain_text', text: 'Cancel' },
    private_metadata: options.metadata,
    blocks: [
      section(typeof options.intro === 'string' ? [options.intro] : options.intro),
      {
        type: 'input',
        block_id: MODAL_INPUT.block,
        label: { type: 'plain_text', text: options.label },
        element: {
          type: 'plain_text_input',
          action_id: MODAL_INPUT.action,
          multiline: options.oneLine !== true,
          min_length: options.oneLine === true ? 1 : 3,
          max_length: options.maxLength,
          ...(options.initial === '' ? {} : { initial_value: cut(options.initial, options.maxLength) }),
        },
      },
    ],
  };
}
