import type { Json, JsonObject } from '../../json.ts';
import { asObject } from './state.ts';

/**
 * What Slack accepts as Block Kit (docs.slack.dev/reference/block-kit), checked as the service would.
 * Written apart from the app's own limits on purpose: one mistake may not hide in both.
 * Each function returns the complaints that Slack would send in `response_metadata.messages`.
 */
export function checkBlocks(blocks: Json | undefined, surface: 'message' | 'view'): string[] {
  if (!Array.isArray(blocks)) return ['[ERROR] must be an array [json-pointer:/blocks]'];
  const found: string[] = [];
  const max = surface === 'message' ? 50 : 100;
  if (blocks.length > max) found.push(`[ERROR] no more than ${max} items allowed [json-pointer:/blocks]`);
  const blockIds = new Set<string>();
  for (const [index, item] of blocks.entries()) {
    const at = `/blocks/${index}`;
    const block = asObject(item);
    if (block === undefined) {
      found.push(complaint('must be an object', at));
      continue;
    }
    checkId(found, block.block_id, `${at}/block_id`);
    if (typeof block.block_id === 'string') {
      if (blockIds.has(block.block_id)) found.push(complaint('block_id already exists', at));
      blockIds.add(block.block_id);
    }
    checkBlock(found, block, at, surface);
  }
  return found;
}

function complaint(what: string, at: string): string {
  return `[ERROR] ${what} [json-pointer:${at}]`;
}

function checkBlock(found: string[], block: JsonObject, at: string, surface: 'message' | 'view'): void {
  switch (block.type) {
    case 'divider':
      return;
    case 'header':
      checkText(found, block.text, `${at}/text`, { max: 150, types: ['plain_text'] });
      return;
    case 'section':
      checkSection(found, block, at);
      return;
    case 'context':
      checkContext(found, block, at);
      return;
    case 'actions':
      checkActions(found, block, at);
      return;
    case 'input':
      checkInput(found, block, at, surface);
      return;
    case 'image':
      if (typeof block.alt_text !== 'string') found.push(complaint('missing required field: alt_text', at));
      return;
    default:
      found.push(complaint(`unsupported type: ${String(block.type)}`, `${at}/type`));
  }
}

function checkSection(found: string[], block: JsonObject, at: string): void {
  if (block.text === undefined && block.fields === undefined) {
    found.push(complaint('missing required field: text or fields', at));
  }
  if (block.text !== undefined) checkText(found, block.text, `${at}/text`, { max: 3000 });
  if (Array.isArray(block.fields)) {
    if (block.fields.length > 10) found.push(complaint('no more than 10 items allowed', `${at}/fields`));
    for (const [index, field] of block.fields.entries()) {
      checkText(found, field, `${at}/fields/${index}`, { max: 2000 });
    }
  }
}

function checkContext(found: string[], block: JsonObject, at: string): void {
  if (!Array.isArray(block.elements) || block.elements.length === 0 || block.elements.length > 10) {
    found.push(complaint('must have 1 to 10 items', `${at}/elements`));
    return;
  }
  for (const [index, element] of block.elements.entries()) {
    if (asObject(element)?.type === 'image') continue;
    checkText(found, element, `${at}/elements/${index}`, { max: 3000 });
  }
}

function checkActions(found: string[], block: JsonObject, at: string): void {
  if (!Array.isArray(block.elements) || block.elements.length === 0 || block.elements.length > 25) {
    found.push(complaint('must have 1 to 25 items', `${at}/elements`));
    return;
  }
  const ids = new Set<string>();
  for (const [index, item] of block.elements.entries()) {
    const here = `${at}/elements/${index}`;
    const element = asObject(item);
    if (element?.type !== 'button') {
      found.push(complaint(`unsupported type: ${String(element?.type)}`, here));
      continue;
    }
    checkText(found, element.text, `${here}/text`, { max: 75, types: ['plain_text'] });
    checkId(found, element.action_id, `${here}/action_id`);
    if (typeof element.value === 'string' && element.value.length > 2000) {
      found.push(complaint('must be less than 2001 characters', `${here}/value`));
    }
    if (element.style !== undefined && element.style !== 'primary' && element.style !== 'danger') {
      found.push(complaint('must be one of: primary, danger', `${here}/style`));
    }
    if (element.confirm !== undefined) checkConfirm(found, element.confirm, `${here}/confirm`);
    if (typeof element.action_id === 'string') {
      if (ids.has(element.action_id)) found.push(complaint('action_id already exists', here));
      ids.add(element.action_id);
    }
  }
}

function checkConfirm(found: string[], value: Json, at: string): void {
  const confirm = asObject(value);
  checkText(found, confirm?.title, `${at}/title`, { max: 100, types: ['plain_text'] });
  checkText(found, confirm?.text, `${at}/text`, { max: 300 });
  checkText(found, confirm?.confirm, `${at}/confirm`, { max: 30, types: ['plain_text'] });
  checkText(found, confirm?.deny, `${at}/deny`, { max: 30, types: ['plain_text'] });
}

function checkInput(found: string[], block: JsonObject, at: string, surface: 'message' | 'view'): void {
  if (surface === 'message') found.push(complaint('input blocks are for views', at));
  checkText(found, block.label, `${at}/label`, { max: 2000, types: ['plain_text'] });
  const element = asObject(block.element);
  checkId(found, element?.action_id, `${at}/element/action_id`);
  switch (element?.type) {
    case 'plain_text_input':
      if (typeof element.max_length === 'number' && element.max_length > 3000) {
        found.push(complaint('must be at most 3000', `${at}/element/max_length`));
      }
      if (
        typeof element.initial_value === 'string' &&
        element.initial_value.length > (typeof element.max_length === 'number' ? element.max_length : 3000)
      ) {
        found.push(complaint('longer than max_length', `${at}/element/initial_value`));
      }
      return;
    case 'static_select': {
      const options = Array.isArray(element.options) ? element.options : [];
      if (options.length === 0 || options.length > 100) {
        found.push(complaint('must have 1 to 100 items', `${at}/element/options`));
      }
      for (const [index, option] of options.entries()) {
        const here = `${at}/element/options/${index}`;
        checkText(found, asObject(option)?.text, `${here}/text`, { max: 75 });
        const value = asObject(option)?.value;
        if (typeof value !== 'string' || value.length > 150) found.push(complaint('bad value', here));
      }
      return;
    }
    default:
      found.push(complaint(`unsupported type: ${String(element?.type)}`, `${at}/element`));
  }
}

function checkText(
  found: string[],
  value: Json | undefined,
  at: string,
  rule: { readonly max: number; readonly types?: readonly string[] },
): void {
  const text = asObject(value);
  if (text === undefined || typeof text.text !== 'string') {
    found.push(complaint('missing required field: text', at));
    return;
  }
  const types = rule.types ?? ['plain_text', 'mrkdwn'];
  if (typeof text.type !== 'string' || !types.includes(text.type)) {
    found.push(complaint(`must be one of: ${types.join(', ')}`, `${at}/type`));
  }
  if (text.text.length === 0) found.push(complaint('must be more than 0 characters', `${at}/text`));
  if (text.text.length > rule.max) {
    found.push(complaint(`must be less than ${rule.max + 1} characters`, `${at}/text`));
  }
}

function checkId(found: string[], value: Json | undefined, at: string): void {
  if (typeof value === 'string' && value.length > 255) {
    found.push(complaint('must be less than 256 characters', at));
  }
}

/** Complaints about a modal or a home view. */
export function checkView(view: JsonObject): string[] {
  const found = checkBlocks(view.blocks, 'view');
  if (view.type !== 'modal' && view.type !== 'home') found.push(complaint('must be modal or home', '/type'));
  if (view.type === 'modal') {
    checkText(found, view.title, '/title', { max: 24, types: ['plain_text'] });
    if (view.submit !== undefined) {
      checkText(found, view.submit, '/submit', { max: 24, types: ['plain_text'] });
    }
    if (view.close !== undefined) checkText(found, view.close, '/close', { max: 24, types: ['plain_text'] });
    const inputs =
      Array.isArray(view.blocks) && view.blocks.some((block) => asObject(block)?.type === 'input');
    if (inputs && view.submit === undefined)
      found.push(complaint('missing required field: submit', '/submit'));
  }
  if (typeof view.private_metadata === 'string' && view.private_metadata.length > 3000) {
    found.push(complaint('must be less than 3001 characters', '/private_metadata'));
  }
  checkId(found, view.callback_id, '/callback_id');
  if (JSON.stringify(view).length > 250_000) found.push(complaint('view is larger than 250 KB', ''));
  return found;
}

/** Blocks as Slack keeps them: each with an id, as in the payload of a later press. */
export function withBlockIds(blocks: Json | undefined, nextId: () => string): JsonObject[] {
  if (!Array.isArray(blocks)) return [];
  return blocks.flatMap((item) => {
    const block = asObject(item);
    return block === undefined ? [] : [{ ...block, block_id: block.block_id ?? nextId() }];
  });
}
