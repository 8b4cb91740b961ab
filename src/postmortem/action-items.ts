import { stringify } from 'csv-stringify/sync';
import { blocksOf } from './blocks.ts';

/** One thing to be done after an incident, as people wrote it into the postmortem's table. */
export interface ActionItem {
  readonly action: string;
  readonly type: string;
  readonly owner: string;
  /** As written; `dueAt` is it as a day, where it is one. */
  readonly due: string;
  readonly dueAt: string | null;
  readonly priority: string;
  readonly tracker: string;
  /** How we shall know that it is done. */
  readonly verifiedBy: string;
  /** Line in the postmortem, from 1. */
  readonly line: number;
}

export const ITEM_TYPES: ReadonlySet<string> = new Set(['detect', 'prevent', 'mitigate', 'process']);

const HEAD_LINES = 2;

/** The action items of a postmortem in Markdown: the rows of the table in its human block `action-items`. */
export function actionItemsOf(text: string): readonly ActionItem[] {
  const block = blocksOf(text).find((each) => each.owner === 'human' && each.name === 'action-items');
  return block === undefined ? [] : actionItemsIn(block.content, block.line + 1);
}

/** The same of the block's content alone, whose first line is `firstLine` of the document. */
export function actionItemsIn(content: string, firstLine = 1): readonly ActionItem[] {
  const rows = content
    .split('\n')
    .map((row, index) => ({ row: row.trim(), line: firstLine + index }))
    .filter(({ row }) => row.startsWith('|'));
  return rows.slice(HEAD_LINES).flatMap(({ row, line }) => {
    const [action = '', type = '', owner = '', due = '', priority = '', tracker = '', verifiedBy = ''] =
      cellsOf(row);
    if (action === '') return [];
    return [
      {
        action,
        type: type.toLowerCase(),
        owner,
        due,
        dueAt: dayOf(due),
        priority,
        tracker,
        verifiedBy,
        line,
      },
    ];
  });
}

/** Cells of one row of a Markdown table; an escaped pipe belongs to its cell. */
function cellsOf(row: string): readonly string[] {
  return row
    .replace(/^\|/, '')
    .replace(/\|$/, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.replaceAll('\\|', '|').trim());
}

/** A calendar day `2026-12-31`, or null: a date in another form would be read differently by different people. */
function dayOf(text: string): string | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const instant = new Date(`${text}T00:00:00.000Z`);
  return Number.isNaN(instant.getTime()) || instant.toISOString().slice(0, 10) !== text ? null : text;
}

/** The items as CSV (RFC 4180), with a head line. A cell that a spreadsheet would run as a formula is made text. */
export function actionItemsAsCsv(items: readonly ActionItem[]): string {
  return stringify(
    items.map(({ action, type, owner, due, priority, tracker, verifiedBy }) => [
      action,
      type,
      owner,
      due,
      priority,
      tracker,
      verifiedBy,
    ]),
    {
      header: true,
      columns: ['action', 'type', 'owner', 'due', 'priority', 'tracker', 'verified by'],
      record_delimiter: 'windows',
      escape_formulas: true,
    },
  );
}

/** The items as a list of tasks in Markdown. */
export function actionItemsAsTasks(items: readonly ActionItem[]): string {
  return items
    .map(
      ({ action, type, owner, due, verifiedBy }) =>
        `- [ ] ${action} (${type || 'untyped'}; ${owner || 'nobody yet'}; due ${due || 'not said'}; done when ${verifiedBy || 'not said'})\n`,
    )
    .join('');
}
