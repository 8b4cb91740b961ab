import { actionItemsOf, ITEM_TYPES } from './action-items.ts';
import { type Block, blocksOf, isUnwritten } from './blocks.ts';

/**
 * What keeps a postmortem from being reviewed (`error`), and what a careful reader would change (`warning`):
 * docs/postmortem.md has the rules and where they come from.
 */
export interface LintFinding {
  readonly rule: LintRule;
  readonly level: 'error' | 'warning';
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

export type LintRule =
  | 'not-a-postmortem'
  | 'unwritten-section'
  | 'document-incomplete'
  | 'action-incomplete'
  | 'action-type'
  | 'no-actions'
  | 'row-without-source'
  | 'time-backwards'
  | 'containment-unverified'
  | 'blame';

/** Sections that a review cannot do without; the others may stay empty. */
const REQUIRED: ReadonlySet<string> = new Set(['impact', 'contributing-factors', 'well-and-badly']);

const FORMS: ReadonlySet<string> = new Set(['document', 'action-items', 'notifications']);

/** Words that judge a person or an imagined past instead of saying what happened; each with what to write. */
const BLAME: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [/\bhuman error\b/i, 'say what made the act sensible at the time'],
  [/\bshould(?: not|n't)? have\b/i, 'say what was known and done, not what was not'],
  [/\bcould have\b(?![^.]*\?)/i, 'a past that did not happen explains nothing'],
  [/\bcareless(?:ly|ness)?\b/i, 'describe the conditions, not the person'],
  [/\bnegligen(?:t|ce)\b/i, 'describe the conditions, not the person'],
  [/\b(?:failed|forgot) to\b/i, 'say what happened and what would have prompted it'],
  [/\broot cause\b/i, 'there are several contributing factors'],
];

/** Checks a postmortem in Markdown. Pure: the same text gives the same findings, in the order of lines. */
export function lintPostmortem(text: string): readonly LintFinding[] {
  const blocks = blocksOf(text);
  if (
    !blocks.some((block) => block.name === 'header') ||
    !blocks.some((block) => block.name === 'timeline')
  ) {
    return [
      {
        rule: 'not-a-postmortem',
        level: 'error',
        line: 1,
        message:
          'expected a postmortem with its managed blocks, found none: write one with "cordon postmortem INC --out FILE" and keep its markers',
      },
    ];
  }
  return blocks
    .flatMap((block) => [
      ...unwritten(block),
      ...(block.name === 'document' ? document(block) : []),
      ...(block.name === 'timeline' ? timelineRows(block) : []),
      ...(block.name === 'response' ? unverified(block) : []),
      ...(block.owner === 'human' ? blame(block) : []),
    ])
    .concat(actions(text, blocks))
    .sort((a, b) => a.line - b.line);
}

function unwritten(block: Block): readonly LintFinding[] {
  // A form that is filled in beside its prompt has rules of its own.
  if (!isUnwritten(block) || FORMS.has(block.name)) return [];
  const required = REQUIRED.has(block.name);
  return [
    {
      rule: 'unwritten-section',
      level: required ? 'error' : 'warning',
      line: block.line,
      message: `the section "${block.name}" is still the text of the form: write it, or say that there is nothing`,
    },
  ];
}

function document(block: Block): readonly LintFinding[] {
  return ['Owner', 'Authors', 'Privilege marking']
    .filter((field) => !rowsOf(block).some(({ cells }) => cells[0] === field && (cells[1] ?? '') !== ''))
    .map((field) => ({
      rule: 'document-incomplete',
      level: 'error',
      line: block.line,
      message: `the document has no ${field.toLowerCase()}: fill in that row of its first table`,
    }));
}

function rowsOf(block: Block): readonly { readonly cells: readonly string[]; readonly line: number }[] {
  return block.content
    .split('\n')
    .map((row, index) => ({ row, line: block.line + 1 + index }))
    .filter(({ row }) => row.startsWith('| ') && !row.startsWith('| ---'))
    .slice(1)
    .map(({ row, line }) => ({
      cells: row
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
      line,
    }));
}

function timelineRows(block: Block): readonly LintFinding[] {
  const findings: LintFinding[] = [];
  let latest = '';
  for (const { cells, line } of rowsOf(block)) {
    const time = cells[0] ?? '';
    if (!/^(entry|item) \d+$/.test(cells.at(-1) ?? '')) {
      findings.push({
        rule: 'row-without-source',
        level: 'error',
        line,
        message: 'this row of the timeline names no source: every row says which entry it comes from',
      });
    }
    if (time < latest) {
      findings.push({
        rule: 'time-backwards',
        level: 'error',
        line,
        message: `this row is at ${time}, the row before it at ${latest}: times may not go backwards`,
      });
    }
    latest = time > latest ? time : latest;
  }
  return findings;
}

/** A containing action that succeeded counts for nothing until some level beyond "accepted" was shown. */
function unverified(block: Block): readonly LintFinding[] {
  const rows = rowsOf(block);
  const contained = rows.find(
    ({ cells }) => cells[6] === 'succeeded' && !(cells[0] ?? '').includes('(release)'),
  );
  const shown = rows.some(({ cells }) => ['effective', 'observed', 'read back'].includes(cells[1] ?? ''));
  if (contained === undefined || shown) return [];
  return [
    {
      rule: 'containment-unverified',
      level: 'error',
      line: contained.line,
      message: 'a containment was accepted and nothing shows that it held: say how that was verified',
    },
  ];
}

function blame(block: Block): readonly LintFinding[] {
  if (isUnwritten(block)) return [];
  return block.content.split('\n').flatMap((text, index) =>
    BLAME.flatMap(([pattern, advice]) => {
      const found = pattern.exec(text);
      if (found === null) return [];
      return [
        {
          rule: 'blame' as const,
          level: 'warning' as const,
          line: block.line + 1 + index,
          message: `"${found[0]}": ${advice}`,
        },
      ];
    }),
  );
}

function actions(text: string, blocks: readonly Block[]): readonly LintFinding[] {
  const block = blocks.find((each) => each.owner === 'human' && each.name === 'action-items');
  const items = actionItemsOf(text);
  if (items.length === 0) {
    const says = block !== undefined && /^no action\b/im.test(block.content);
    if (says) return [];
    return [
      {
        rule: 'no-actions',
        level: 'error',
        line: block?.line ?? 1,
        message: 'there is no action item: add a row, or a line "No action: " and why',
      },
    ];
  }
  return items.flatMap((item) => [
    ...[
      item.owner === '' ? 'an owner' : '',
      item.dueAt === null ? 'a due day such as 2026-12-31' : '',
      item.verifiedBy === '' ? 'a way to see that it is done' : '',
    ]
      .filter((missing) => missing !== '')
      .map((missing) => ({
        rule: 'action-incomplete' as const,
        level: 'error' as const,
        line: item.line,
        message: `this action item has not ${missing}`,
      })),
    ...(ITEM_TYPES.has(item.type)
      ? []
      : [
          {
            rule: 'action-type' as const,
            level: 'warning' as const,
            line: item.line,
            message: `expected the type detect, prevent, mitigate or process, found "${item.type}"`,
          },
        ]),
  ]);
}
