/** A change of one file that an incident proposes: where, what, and why. Pure data; nobody's files are written. */
export interface Edit {
  readonly kind: 'guardrail' | 'playbook';
  /** As it lies in a repository: `guardrails/default.cedar`. */
  readonly file: string;
  readonly why: string;
  /** Entries of the timeline that it comes from. */
  readonly entries: readonly number[];
  /** From `start` to `end` (UTF-16 units of the file) stands `text` then. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const CONTEXT = 3;

/** The file with these edits, which must not overlap. */
export function edited(source: string, edits: readonly Pick<Edit, 'start' | 'end' | 'text'>[]): string {
  return [...edits]
    .sort((a, b) => b.start - a.start)
    .reduce((text, { start, end, text: by }) => text.slice(0, start) + by + text.slice(end), source);
}

/** One edit as a unified diff, which `git apply` and `patch -p1` take. */
export function unifiedDiff(
  file: string,
  source: string,
  edit: Pick<Edit, 'start' | 'end' | 'text'>,
): string {
  const before = source.split('\n');
  const after = edited(source, [edit]).split('\n');
  let from = 0;
  while (from < before.length && from < after.length && before[from] === after[from]) from += 1;
  let same = 0;
  while (
    same < Math.min(before.length, after.length) - from &&
    before[before.length - 1 - same] === after[after.length - 1 - same]
  ) {
    same += 1;
  }
  const first = Math.max(0, from - CONTEXT);
  const lastBefore = before.length - same;
  const lastAfter = after.length - same;
  const tail = before.slice(lastBefore, lastBefore + CONTEXT);
  const lines = [
    ...before.slice(first, from).map((line) => ` ${line}`),
    ...before.slice(from, lastBefore).map((line) => `-${line}`),
    ...after.slice(from, lastAfter).map((line) => `+${line}`),
    ...tail.map((line) => ` ${line}`),
  ];
  const size = (last: number) => last - first + tail.length;
  return [
    `--- a/${file}`,
    `+++ b/${file}`,
    `@@ -${first + 1},${size(lastBefore)} +${first + 1},${size(lastAfter)} @@`,
    ...lines,
    '',
  ].join('\n');
}
