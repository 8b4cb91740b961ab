/**
 * The human acts on an incident as people type them, for the terminal and for Slack alike: one table, so that an
 * act that can be done in one place can be done in the other, with the same words. Acts that need more than words (answers to
 * a form, approvals of a plan that was shown) have verbs of their own in both places.
 */
export interface Act {
  /** What is typed: one word, or a group and a word. */
  readonly words: readonly [string] | readonly [string, string];
  /** Shorter forms of the whole. */
  readonly aliases: readonly string[];
  /** Id of the command in this folder. */
  readonly command: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly ActParameter[];
}

export interface ActParameter {
  /** The command's own field. */
  readonly name: string;
  readonly label: string;
  readonly help: string;
  readonly required: boolean;
  readonly kind:
    | { readonly is: 'text' }
    | { readonly is: 'choice'; readonly options: readonly string[]; readonly number?: true }
    | { readonly is: 'instant'; readonly direction: 'past' | 'future' };
  /** In the terminal: an argument in its turn, or an option. */
  readonly terminal: 'argument' | { readonly flags: string };
  /** In Slack: the next word, all that is left, or what follows this word at the end. */
  readonly slack: 'word' | 'rest' | { readonly after: string };
}

export const reason: ActParameter = {
  name: 'reason',
  label: 'REASON',
  help: 'why, for the timeline',
  required: true,
  kind: { is: 'text' },
  terminal: { flags: '-r, --reason <text>' },
  slack: 'rest',
};

export const person: ActParameter = {
  name: 'to',
  label: 'PERSON',
  help: 'a responder’s id, or "me"',
  required: true,
  kind: { is: 'text' },
  terminal: 'argument',
  slack: 'word',
};

export const task: ActParameter = {
  name: 'task',
  label: 'TASK',
  help: 'T1, T2 …',
  required: true,
  kind: { is: 'text' },
  terminal: 'argument',
  slack: 'word',
};

export const duty: ActParameter = {
  name: 'duty',
  label: 'DUTY',
  help: 'its id, as "show" has it: gdpr-72h, postmortem, A1 …',
  required: true,
  kind: { is: 'text' },
  terminal: 'argument',
  slack: 'word',
};

export const words = (name: string, label: string, help: string): ActParameter => ({
  name,
  label,
  help,
  required: true,
  kind: { is: 'text' },
  terminal: 'argument',
  slack: 'rest',
});
