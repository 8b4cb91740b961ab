import type {
  ActionsBlock,
  ContextBlock,
  HeaderBlock,
  HomeView,
  KnownBlock,
  ModalView,
  SectionBlock,
} from '@slack/types';

/** Slack's limits (docs.slack.dev/reference/block-kit and /reference/methods), in characters unless said. */
export const LIMITS = {
  messageBlocks: 50,
  viewBlocks: 100,
  /** Slack cuts at 40,000 and recommends at most 4,000. */
  messageText: 4000,
  header: 150,
  sectionText: 3000,
  sectionFields: 10,
  fieldText: 2000,
  contextElements: 10,
  contextText: 3000,
  actionElements: 25,
  buttonText: 75,
  buttonValue: 2000,
  optionText: 75,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  blockId: 255,
  actionId: 255,
  viewTitle: 24,
  viewButton: 24,
  privateMetadata: 3000,
  inputLabel: 2000,
  channelName: 80,
  topic: 250,
  purpose: 250,
  invite: 100,
} as const;

/** A message as we send it: blocks for people, and a text for notifications and screen readers. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
}

/**
 * A modal and a home page as we send them. Slack's own types take any `{ type: string }` for a block of a view, and so
 * would prove nothing about it: ours take the blocks that Slack describes, and no others.
 */
export type SlackModal = Omit<ModalView, 'blocks'> & { readonly blocks: KnownBlock[] };
export type SlackHome = Omit<HomeView, 'blocks'> & { readonly blocks: KnownBlock[] };

/** Every limit that a message breaks, in words; empty when it may be sent. */
export function brokenLimits(message: SlackMessage): string[] {
  const found: string[] = [];
  tooMuch(found, 'text', message.text.length, LIMITS.messageText);
  if (message.text.length === 0) found.push('text is empty');
  tooMuch(found, 'blocks', message.blocks.length, LIMITS.messageBlocks);
  for (const [index, block] of message.blocks.entries()) checkBlock(found, `blocks[${index}]`, block);
  return found;
}

/** As `brokenLimits`, for a modal or a home page. */
export function brokenViewLimits(view: SlackModal | SlackHome): string[] {
  const found: string[] = [];
  if (view.type === 'modal') {
    tooMuch(found, 'title', view.title.text.length, LIMITS.viewTitle);
    tooMuch(found, 'submit', view.submit?.text.length ?? 0, LIMITS.viewButton);
    tooMuch(found, 'close', view.close?.text.length ?? 0, LIMITS.viewButton);
    tooMuch(found, 'private_metadata', view.private_metadata?.length ?? 0, LIMITS.privateMetadata);
  }
  tooMuch(found, 'blocks', view.blocks.length, LIMITS.viewBlocks);
  for (const [index, block] of view.blocks.entries()) checkBlock(found, `blocks[${index}]`, block);
  return found;
}

function tooMuch(found: string[], what: string, size: number, limit: number): void {
  if (size > limit) found.push(`${what} is ${size}, limit ${limit}`);
}

function checkBlock(found: string[], at: string, block: KnownBlock): void {
  tooMuch(found, `${at}.block_id`, block.block_id?.length ?? 0, LIMITS.blockId);
  switch (block.type) {
    case 'header':
      checkHeader(found, at, block);
      return;
    case 'section':
      checkSection(found, at, block);
      return;
    case 'context':
      checkContext(found, at, block);
      return;
    case 'actions':
      checkActions(found, at, block);
      return;
    case 'input':
      tooMuch(found, `${at}.label`, block.label.text.length, LIMITS.inputLabel);
      return;
    case 'divider':
      return;
    default:
      found.push(`${at} is of type ${block.type}, which Cordon does not build`);
  }
}

function checkHeader(found: string[], at: string, block: HeaderBlock): void {
  tooMuch(found, `${at}.text`, block.text.text.length, LIMITS.header);
  if (block.text.text.length === 0) found.push(`${at}.text is empty`);
}

function checkSection(found: string[], at: string, block: SectionBlock): void {
  const text = block.text?.text;
  if (text === undefined && block.fields === undefined) found.push(`${at} has no text and no fields`);
  if (text === '') found.push(`${at}.text is empty`);
  tooMuch(found, `${at}.text`, text?.length ?? 0, LIMITS.sectionText);
  tooMuch(found, `${at}.fields`, block.fields?.length ?? 0, LIMITS.sectionFields);
  for (const [index, field] of (block.fields ?? []).entries()) {
    tooMuch(found, `${at}.fields[${index}]`, field.text.length, LIMITS.fieldText);
  }
}

function checkContext(found: string[], at: string, block: ContextBlock): void {
  tooMuch(found, `${at}.elements`, block.elements.length, LIMITS.contextElements);
  for (const [index, element] of block.elements.entries()) {
    if (element.type === 'image') continue;
    tooMuch(found, `${at}.elements[${index}]`, element.text.length, LIMITS.contextText);
    if (element.text.length === 0) found.push(`${at}.elements[${index}] is empty`);
  }
}

function checkActions(found: string[], at: string, block: ActionsBlock): void {
  tooMuch(found, `${at}.elements`, block.elements.length, LIMITS.actionElements);
  const ids = new Set<string>();
  for (const [index, element] of block.elements.entries()) {
    const here = `${at}.elements[${index}]`;
    if (element.type !== 'button') {
      found.push(`${here} is of type ${element.type}, which Cordon does not build`);
      continue;
    }
    tooMuch(found, `${here}.text`, element.text.text.length, LIMITS.buttonText);
    tooMuch(found, `${here}.value`, element.value?.length ?? 0, LIMITS.buttonValue);
    tooMuch(found, `${here}.action_id`, element.action_id?.length ?? 0, LIMITS.actionId);
    tooMuch(found, `${here}.confirm.title`, element.confirm?.title?.text.length ?? 0, LIMITS.confirmTitle);
    tooMuch(found, `${here}.confirm.text`, element.confirm?.text.text.length ?? 0, LIMITS.confirmText);
    if (ids.has(element.action_id ?? '')) found.push(`${here}.action_id is not unique in its block`);
    ids.add(element.action_id ?? '');
  }
}
