import { z } from 'zod';

/**
 * The forms that `human.question` may show, as data: Slack draws buttons and a modal from them, the
 * terminal a list, and both validate the answer with `answer`. Their words are fixed, so nothing from
 * an alert can appear as a choice.
 */
export interface Form {
  readonly id: FormId;
  readonly title: string;
  readonly question: string;
  readonly fields: readonly FormField[];
  /** What an answer must look like; also the type of `event.output` in the playbook. */
  readonly answer: z.ZodType<FormAnswer>;
}

export type FormAnswer = Readonly<Record<string, string | number | undefined>>;

export type FormField =
  | {
      readonly kind: 'choice';
      readonly name: string;
      readonly label: string;
      readonly required: boolean;
      readonly options: readonly FormOption[];
    }
  | {
      readonly kind: 'text';
      readonly name: string;
      readonly label: string;
      readonly required: boolean;
      readonly maxLength: number;
    };

export interface FormOption {
  readonly value: string | number;
  readonly label: string;
  readonly description?: string;
  /** How the button looks: `danger` for what ends the watch over the target. */
  readonly style?: 'primary' | 'danger';
}

export const FORM_IDS = ['triage', 'recovery', 'conflict', 'review'] as const;
export type FormId = (typeof FORM_IDS)[number];

const NOTE_LENGTH = 2000;
const note = z.string().max(NOTE_LENGTH).optional();
const noteField: FormField = {
  kind: 'text',
  name: 'note',
  label: 'Note',
  required: false,
  maxLength: NOTE_LENGTH,
};

const triage: Form = {
  id: 'triage',
  title: 'Triage',
  question: 'Is this a real compromise?',
  fields: [
    {
      kind: 'choice',
      name: 'verdict',
      label: 'Verdict',
      required: true,
      options: [
        {
          value: 'true_positive',
          label: 'True positive',
          description: 'It is an attack: stay contained and eradicate',
          style: 'primary',
        },
        {
          value: 'false_positive',
          label: 'False positive',
          description: 'The alert is wrong: release',
          style: 'danger',
        },
        {
          value: 'benign',
          label: 'Benign',
          description: 'It happened and was allowed: release',
          style: 'danger',
        },
        { value: 'needs_more_time', label: 'Needs more time', description: 'Stay contained and ask again' },
      ],
    },
    {
      kind: 'choice',
      name: 'severity',
      label: 'Severity',
      required: false,
      options: [
        { value: 1, label: '1 critical' },
        { value: 2, label: '2 high' },
        { value: 3, label: '3 medium' },
        { value: 4, label: '4 low' },
      ],
    },
    noteField,
  ],
  answer: z.strictObject({
    verdict: z.enum(['true_positive', 'false_positive', 'benign', 'needs_more_time']),
    severity: z.int().min(1).max(4).optional(),
    note,
  }),
};

const recovery: Form = {
  id: 'recovery',
  title: 'Recovery',
  question: 'Put the function back, or keep it contained?',
  fields: [
    {
      kind: 'choice',
      name: 'decision',
      label: 'Decision',
      required: true,
      options: [
        {
          value: 'release',
          label: 'Release',
          description: 'The cause is gone: restore the prior state',
          style: 'danger',
        },
        {
          value: 'keep',
          label: 'Keep contained',
          description: 'Hand the containment over to a named owner',
          style: 'primary',
        },
      ],
    },
    noteField,
  ],
  answer: z.strictObject({ decision: z.enum(['release', 'keep']), note }),
};

const conflict: Form = {
  id: 'conflict',
  title: 'Conflict',
  question: 'Somebody else changed what is contained. What shall be there?',
  fields: [
    {
      kind: 'choice',
      name: 'decision',
      label: 'Decision',
      required: true,
      options: [
        {
          value: 'overwrite',
          label: 'The manifest',
          description: 'Put the state from before containment over what was found',
          style: 'danger',
        },
        {
          value: 'accept',
          label: 'What was found',
          description: 'Leave it as it is: somebody meant it so',
        },
        {
          value: 'keep',
          label: 'Keep contained',
          description: 'Hand what is still held over to a named owner',
          style: 'primary',
        },
      ],
    },
    noteField,
  ],
  answer: z.strictObject({ decision: z.enum(['overwrite', 'accept', 'keep']), note }),
};

const review: Form = {
  id: 'review',
  title: 'Review',
  question: 'Is the postmortem complete?',
  fields: [
    {
      kind: 'choice',
      name: 'decision',
      label: 'Decision',
      required: true,
      options: [
        { value: 'accept', label: 'Accept', style: 'primary' },
        { value: 'reopen', label: 'Reopen', description: 'Something is still to be done' },
      ],
    },
    noteField,
  ],
  answer: z.strictObject({ decision: z.enum(['accept', 'reopen']), note }),
};

export const FORMS: Readonly<Record<FormId, Form>> = { triage, recovery, conflict, review };
