import type { Json, JsonObject } from '../../json.ts';
import type { SlackMessageState } from '../slack-double/state.ts';
import { asObject } from '../slack-double/state.ts';

/** A button that a person can press. */
export interface SeenButton {
  readonly label: string;
  readonly actionId: string;
}

/** A message as readable lines, as a Slack client would show it. `nameOf` knows people by user id. */
export function messageLines(
  message: Pick<SlackMessageState, 'text' | 'blocks'>,
  nameOf: (user: string) => string | undefined,
): readonly string[] {
  const lines = message.blocks.flatMap((block) => blockLines(block));
  return (lines.length === 0 ? message.text.split('\n') : lines).map((line) => readable(line, nameOf));
}

/** The buttons of a message, in order. */
export function buttonsOf(message: Pick<SlackMessageState, 'blocks'>): readonly SeenButton[] {
  return message.blocks.flatMap((block) => {
    if (block.type !== 'actions') return [];
    return list(block.elements).flatMap((item) => {
      const element = asObject(item);
      if (element?.type !== 'button' || typeof element.action_id !== 'string') return [];
      return [{ label: textOf(element.text), actionId: element.action_id }];
    });
  });
}

export function buttonLabels(message: Pick<SlackMessageState, 'blocks'>): readonly string[] {
  return buttonsOf(message).map((button) => button.label);
}

function blockLines(block: JsonObject): readonly string[] {
  switch (block.type) {
    case 'header':
    case 'section':
      return [...textOf(block.text).split('\n'), ...list(block.fields).map((field) => textOf(field))].filter(
        (line) => line !== '',
      );
    case 'context':
      return list(block.elements).flatMap((element) => textOf(element).split('\n'));
    default:
      return []; // dividers say nothing; buttons are listed by themselves
  }
}

function textOf(value: Json | undefined): string {
  const text = asObject(value)?.text;
  return typeof text === 'string' ? text : '';
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** Slack's own markup as plain words: mentions, dates, links, emphasis, entities. */
function readable(line: string, nameOf: (user: string) => string | undefined): string {
  return line
    .replace(/<@([UW][A-Z0-9]+)>/g, (_, user: string) => `@${nameOf(user) ?? user}`)
    .replace(/<!date\^[^|>]*\|([^>]*)>/g, '$1')
    .replace(/<!([a-z]+)(?:\^[^>]*)?>/g, '@$1')
    .replace(/<[^|>]*\|([^>]*)>/g, '$1')
    .replace(/<([^>]*)>/g, '$1')
    .replace(/(^|[\s(·])\*([^*]+)\*(?=$|[\s.,:;)·])/g, '$1$2')
    .replaceAll('`', '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
