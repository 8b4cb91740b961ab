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
  | 'timeline-starts-late'
  | 'containment-unverified'
  | 'notification-undecided'
  | 'review-overdue'
  | 'name-in-narrative'
  | 'interpretation'
  | 'blame';

/** Filled in beside their prompt: they have rules of their own. */
const FORMS: ReadonlySet<string> = new Set(['document', 'action-items']);

/** Sections that tell what happened: facts with their source. What is made of them belongs elsewhere. */
const FACTUAL: ReadonlySet<string> = new Set(['impact', 'exposure', 'detection']);

/** Sections that tell a story, where people are their roles. */
const NARRATIVE: ReadonlySet<string> = new Set([
  'impact',
  'exposure',
  'detection',
  'contributing-factors',
  'well-and-badly',
  'open-questions',
]);

/** Words that judge a person or an imagined past instead of saying what happened; each with what to write. */
const BLAME: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [/\bhuman error\b/i, 'say what made the act sensible at the time'],
  [/\bshould(?: not|n't)? have\b/i, 'say what was known and done, not what was not'],
  [/\bcould have\b(?![^.]*\?)/i, 'a past that did not happen explains nothing'],
  [/\bwould(?: not|n't)? have\b(?![^.]*\?)/i, 'a past that did not happen explains nothing'],
  [/\bif only\b/i, 'a past that did not happen explains nothing'],
  [/\bat fault\b|\bto blame\b/i, 'describe the conditions, not the person'],
  [/\b(?:who|whose fault)\b[^.!?]*\?/i, 'ask what and how, not who'],
  [/\bwhy did(?: not|n't)?\b[^.!?]*\?/i, 'ask what made it sensible, not why somebody did it'],
  [/\bcareless(?:ly|ness)?\b/i, 'describe the conditions, not the person'],
  [/\bnegligen(?:t|ce)\b/i, 'describe the conditions, not the person'],
  [/\b(?:failed|forgot) to\b/i, 'say what happened and what would have prompted it'],
  [/\broot cause\b/i, 'there are several contributing factors'],
];

/** Words of somebody who is not sure, or who knows what others thought. */
const GUESS =
  /\b(?:probably|presumably|apparently|supposedly|it seems|seems to|we (?:think|believe|assume|guess)|must have)\b/i;

/**
 * Checks a postmortem in Markdown. Pure: the same text gives the same findings, in the order of lines; `now`, ISO 8601,
 * only tells whether its review is overdue.
 */
export function lintPostmortem(text: string, now?: string): readonly LintFinding[] {
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
  const people = namesIn(blocks);
  return blocks
    .flatMap((block) => [
      ...unwritten(block),
      ...(block.name === 'header' ? overdue(block, now) : []),
      ...(block.name === 'document' ? document(block) : []),
      ...(block.name === 'timeline' ? [...timelineRows(block), ...beginning(block)] : []),
      ...(block.name === 'response' ? unverified(block) : []),
      ...(block.name === 'messages' ? undecided(block) : []),
      ...(block.owner === 'human' ? blame(block) : []),
      ...(NARRATIVE.has(block.name) && block.owner === 'human' ? named(block, people) : []),
      ...(FACTUAL.has(block.name) && block.owner === 'human' ? guesses(block) : []),
    ])
    .concat(actions(text, blocks))
    .sort((a, b) => a.line - b.line);
}

function unwritten(block: Block): readonly LintFinding[] {
  if (!isUnwritten(block) || FORMS.has(block.name)) return [];
  return [
    {
      rule: 'unwritten-section',
      level: 'error',
      line: block.line,
      message: `the section "${block.name}" is still the text of the form: write it, or say that there is nothing`,
    },
  ];
}

function document(block: Block): readonly LintFinding[] {
  const cellOf = (field: string) => rowsOf(block).find(({ cells }) => cells[0] === field);
  const missing = ['Owner', 'Authors', 'Privilege marking']
    .filter((field) => (cellOf(field)?.cells[1] ?? '') === '')
    .map((field) => ({
      rule: 'document-incomplete' as const,
      level: 'error' as const,
      line: block.line,
      message: `the document has no ${field.toLowerCase()}: fill in that row of its first table`,
    }));
  const owner = cellOf('Owner');
  if (owner === undefined || !/,|;|&|\band\b|\+/i.test(owner.cells[1] ?? '')) return missing;
  return [
    ...missing,
    {
      rule: 'document-incomplete',
      level: 'error',
      line: owner.line,
      message: 'the document has more than one owner: name one person, the others are authors',
    },
  ];
}

/** Responders of this incident, as the timeline names its human actors. */
function namesIn(blocks: readonly Block[]): ReadonlySet<string> {
  const timeline = blocks.find((block) => block.name === 'timeline');
  const names =
    timeline === undefined
      ? []
      : rowsOf(timeline).flatMap(({ cells }) => {
          const name = /^(\S+) \\?\((?:slack|cli)\\?\)$/.exec(cells[2] ?? '')?.[1];
          return cells[3] === 'human' && name !== undefined ? [name] : [];
        });
  return new Set(names);
}

function named(block: Block, people: ReadonlySet<string>): readonly LintFinding[] {
  if (isUnwritten(block)) return [];
  return block.content.split('\n').flatMap((row, index) => {
    const words = new Set(row.split(/[^\p{L}\p{N}_.-]+/u).map((word) => word.replace(/[.]$/, '')));
    return [...people]
      .filter((person) => words.has(person) || row.includes(`<@${person}>`))
      .map((person) => ({
        rule: 'name-in-narrative' as const,
        level: 'warning' as const,
        line: block.line + 1 + index,
        message: `"${person}" is named: tell it by roles (the responder, the commander); actions have owners, stories have not`,
      }));
  });
}

function guesses(block: Block): readonly LintFinding[] {
  if (isUnwritten(block)) return [];
  return block.content.split('\n').flatMap((row, index) => {
    const found = GUESS.exec(row);
    if (found === null) return [];
    return [
      {
        rule: 'interpretation' as const,
        level: 'warning' as const,
        line: block.line + 1 + index,
        message: `"${found[0]}" in a section of facts: name the source, or move it to the open questions`,
      },
    ];
  });
}

/** The review's day has passed; the header says which it is. */
function overdue(block: Block, now: string | undefined): readonly LintFinding[] {
  if (now === undefined) return [];
  const row = rowsOf(block).find(({ cells }) => cells[0] === 'Postmortem');
  const due = /to be reviewed by (\S+ \S+)$/.exec(row?.cells[1] ?? '')?.[1];
  if (row === undefined || due === undefined || due.replace(' ', 'T') > now) return [];
  return [
    {
      rule: 'review-overdue',
      level: 'warning',
      line: row.line,
      message: `it was to be reviewed by ${due}`,
    },
  ];
}

/** A story that begins with the alert has left out how it came to that. */
function beginning(block: Block): readonly LintFinding[] {
  const [first] = rowsOf(block);
  if (first === undefined || !/`alert[.]accepted`/.test(first.cells[1] ?? '')) return [];
  return [
    {
      rule: 'timeline-starts-late',
      level: 'warning',
      line: first.line,
      message:
        'the timeline begins with the alert: add what came before it ("cordon note INC TEXT --at TIME")',
    },
  ];
}

/** Somebody has to decide whether an authority or a customer is told; that nobody did is no decision. */
function undecided(block: Block): readonly LintFinding[] {
  return rowsOf(block)
    .filter(({ cells }) => cells[5] === '**undecided**')
    .map(({ cells, line }) => ({
      rule: 'notification-undecided' as const,
      level: 'error' as const,
      line,
      message: `nobody decided about ${cells[0] ?? 'a notification'}: "duty told" or "duty waive" records it`,
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

/** A containing action that succeeded counts for nothing until something showed that it held. */
function unverified(block: Block): readonly LintFinding[] {
  return rowsOf(block)
    .filter(
      ({ cells }) =>
        cells[6] === 'succeeded' && cells[7] === '**not shown**' && !(cells[0] ?? '').includes('(release)'),
    )
    .map(({ line }) => ({
      rule: 'containment-unverified' as const,
      level: 'error' as const,
      line,
      message:
        'this containment was accepted and nothing shows that it held: say in a note how that was verified',
    }));
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
