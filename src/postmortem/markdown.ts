import { cleanText } from '../alert/clean-text.ts';
import { renderInstant } from '../timeline/render.ts';
import { humanBlock } from './blocks.ts';

/**
 * Text from outside (names, titles, answers, notes) in Markdown: it stays text. It can make no link,
 * image, mention, cross-reference, HTML, emphasis, heading or table cell, and no managed-block marker.
 */

/** Punctuation that Markdown gives a meaning to inside a line. */
const MARKUP = /[\\`*_[\]{}()<>#|~!^$]/g;
const DEFAULT_LENGTH = 300;
/** Zero-width space: renderers look for mentions and references after entities are decoded, so an entity is not enough. */
const BREAK = '&#8203;';

/** Returns untrusted text as inline Markdown that renders as that text, on one line. */
export function escaped(text: string, maxLength = DEFAULT_LENGTH): string {
  return visible(text, maxLength)
    .replace(/&/g, '&amp;')
    .replace(MARKUP, (mark) => (mark === '<' ? '&lt;' : mark === '>' ? '&gt;' : `\\${mark}`))
    .replace(/@/g, `@${BREAK}`)
    .replace(/\\#(?=[0-9])/g, `\\#${BREAK}`)
    .replace(/:\/\//g, `:${BREAK}//`)
    .replace(/\b(www|mailto|xmpp|gh-)(?=[.:0-9])/gi, `$1${BREAK}`);
}

/** Returns untrusted text as a code span, or escaped where a code span could not hold it. */
export function code(text: string, maxLength = DEFAULT_LENGTH): string {
  const shown = visible(text, maxLength);
  // A backtick ends the span, a pipe ends the cell even inside one, and `<` could spell a block's marker.
  return shown === '' || /[`|\\<]/.test(shown) ? escaped(text, maxLength) : `\`${shown}\``;
}

/** Zero-width characters would hide what a name really is; runs of spaces would end a cell's padding. */
function visible(text: string, maxLength: number): string {
  return cleanText(text, maxLength)
    .replace(/[\u200b-\u200d\u2060\ufeff\u00ad]/gu, '\uFFFD')
    .replace(/\s+/gu, ' ')
    .trim();
}

/** Returns a table; cells are Markdown already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A block that the next render replaces: people's edits in it are lost. */
export function generated(name: string, content: string): string {
  return `<!-- cordon:generated ${name} -->\n${content}\n<!-- cordon:end generated-${name} -->`;
}

/** A block that belongs to people: the next render keeps what stands between the markers. `form` is a table to fill in. */
export function human(name: string, prompt: string, form = ''): string {
  return humanBlock(name, `_To be written by people. ${prompt}_${form === '' ? '' : `\n\n${form}`}`);
}

/** Returns a duration as `0.412 s`, `3 min 05 s` or `2 h 07 min`; `not reached` for null. */
export function duration(ms: number | null): string {
  if (ms === null) return 'not reached';
  if (ms < 60_000) return `${(ms / 1_000).toFixed(3)} s`;
  const seconds = Math.floor(ms / 1_000);
  const pad = (value: number) => String(value).padStart(2, '0');
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  return `${Math.floor(seconds / 3_600)} h ${pad(Math.floor((seconds % 3_600) / 60))} min`;
}

/** Returns an instant as `2026-01-31 12:00:00.000Z`; `not reached` for null. */
export function instant(at: string | null): string {
  return at === null ? 'not reached' : escaped(renderInstant(at));
}

/** A level of containment in words. */
export function levelText(level: string): string {
  return escaped(level.replaceAll('_', ' '));
}
