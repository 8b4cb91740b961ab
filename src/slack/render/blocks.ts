import type { Button, ConfirmationDialog, KnownBlock } from '@slack/types';
import { LIMITS, type SlackMessage } from '../limits.ts';
import { cut, EXERCISE_MARK, incidentName } from '../text.ts';
import type { IncidentView } from '../view/incident.ts';

/**
 * Builders of the few blocks that Cordon uses. Each cuts to Slack's limit and says so. What they are
 * given is already escaped (`text.ts`), so a cut may not fall inside an entity or a control sequence.
 */

export function header(text: string): KnownBlock {
  // `emoji: false`: a name like `:fire:` stays the name that it is.
  return { type: 'header', text: { type: 'plain_text', text: cut(text, LIMITS.header), emoji: false } };
}

/** A section of mrkdwn lines; lines that do not fit are left out as a whole and counted. */
export function section(lines: readonly string[]): KnownBlock {
  // `verbatim`: Slack links nothing by itself, no address, no channel name, no mention.
  return {
    type: 'section',
    text: { type: 'mrkdwn', text: joinWithin(lines, LIMITS.sectionText), verbatim: true },
  };
}

export function context(lines: readonly string[]): KnownBlock {
  return {
    type: 'context',
    elements: [{ type: 'mrkdwn', text: joinWithin(lines, LIMITS.contextText), verbatim: true }],
  };
}

export const divider: KnownBlock = { type: 'divider' };

export function buttons(elements: readonly Button[]): KnownBlock {
  return { type: 'actions', elements: elements.slice(0, LIMITS.actionElements) };
}

export function button(options: {
  readonly label: string;
  readonly actionId: string;
  readonly value: string;
  readonly style?: 'primary' | 'danger';
  readonly confirm?: { readonly title: string; readonly text: string; readonly yes: string };
}): Button {
  return {
    type: 'button',
    text: { type: 'plain_text', text: cut(options.label, LIMITS.buttonText), emoji: true },
    action_id: options.actionId,
    value: options.value,
    ...(options.style === undefined ? {} : { style: options.style }),
    ...(options.confirm === undefined ? {} : { confirm: confirmation(options.confirm) }),
  };
}

function confirmation(confirm: {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
}): ConfirmationDialog {
  return {
    title: { type: 'plain_text', text: cut(confirm.title, LIMITS.confirmTitle) },
    text: { type: 'plain_text', text: cut(confirm.text, LIMITS.confirmText) },
    confirm: { type: 'plain_text', text: cut(confirm.yes, LIMITS.confirmButton) },
    deny: { type: 'plain_text', text: 'Cancel' },
  };
}

/** The first `max` items, each shown by `show`, and a line that counts the rest. */
export function listed<T>(
  items: readonly T[],
  max: number,
  show: (item: T) => string,
  more: string,
): string[] {
  const shown = items.slice(0, max).map(show);
  const rest = items.length - shown.length;
  return rest > 0 ? [...shown, `… and ${rest} more: ${more}`] : shown;
}

function joinWithin(lines: readonly string[], max: number): string {
  const kept: string[] = [];
  let size = 0;
  for (const [index, line] of lines.entries()) {
    const rest = `… ${lines.length - index} lines left out`;
    if (size + line.length + 1 + rest.length > max) {
      kept.push(rest);
      break;
    }
    kept.push(line);
    size += line.length + 1;
  }
  return kept.join('\n') || '-';
}

/** Stands above everything that is shown in an exercise. */
export const EXERCISE_BANNER = '🧪 *EXERCISE* · a simulated account; nothing here is real.';

/** The message with the exercise banner on both of its faces, and the incident's name in the text. */
export function message(
  incident: Pick<IncidentView, 'number' | 'exercise'>,
  text: string,
  blocks: readonly KnownBlock[],
  name = incidentName(incident),
): SlackMessage {
  if (incident.exercise) return exerciseMessage(`${name}: ${text}`, blocks);
  return { text: cut(`${name}: ${text}`, LIMITS.messageText), blocks };
}

/** A message of an exercise, about none of its incidents. */
export function exerciseMessage(text: string, blocks: readonly KnownBlock[]): SlackMessage {
  return {
    text: cut(`${EXERCISE_MARK}${text}`, LIMITS.messageText),
    blocks: [context([EXERCISE_BANNER]), ...blocks],
  };
}
