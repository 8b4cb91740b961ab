import { blocksOf, humanBlock, isUnwritten, withHumanBlocks } from './blocks.ts';
import { escaped } from './markdown.ts';
import type { SavedText, SectionBase } from './sections.ts';
import { baseMark, baseOf, textDigest } from './sections.ts';

/** One section as a document has it, beside what is saved of it. */
interface Standing {
  /** What the next document says. */
  readonly content: string;
  readonly base: SectionBase;
  /** What somebody wrote in the file and did not save; absent where the file has nothing new. */
  readonly unsaved?: string;
  /** The file was changed, and so was what is saved since the file was made. */
  readonly conflict: boolean;
}

/**
 * Renders a postmortem again: `fresh` with what people wrote. That comes from two places, the file of an earlier render
 * (`previous`) and the saved sections (Slack, or an earlier file). What changed in one place wins; what changed
 * in both stands one below the other, for a person to make one of; nothing that somebody wrote is lost.
 */
export function mergePostmortem(
  fresh: string,
  from: { readonly previous?: string | undefined; readonly saved: ReadonlyMap<string, readonly SavedText[]> },
): string {
  const standings = new Map(
    blocksOf(fresh)
      .filter((block) => block.owner === 'human')
      .map((block) => [block.name, standingOf(block.name, block.content, from)]),
  );
  const merged = withHumanBlocks(fresh, (name) => standings.get(name)?.content);
  const orphans = blocksOf(from.previous ?? '')
    .filter((block) => block.owner === 'human' && !isUnwritten(block) && !standings.has(block.name))
    .map(({ name, content }) => `## Kept from an earlier form: ${name}\n\n${humanBlock(name, content)}\n`);
  const bases = new Map([...standings].map(([name, { base }]) => [name, base]));
  return `${[merged, ...orphans].join('\n')}\n${baseMark(bases)}\n`;
}

/** What a file says that is not saved yet: the sections to save, each with the version that it was written on. */
export function unsavedSections(
  file: string,
  saved: ReadonlyMap<string, readonly SavedText[]>,
): readonly {
  readonly name: string;
  readonly text: string;
  readonly base: number;
  readonly conflict: boolean;
}[] {
  const bases = baseOf(file);
  return blocksOf(file)
    .filter((block) => block.owner === 'human')
    .flatMap(({ name, content }) => {
      const { unsaved, conflict } = standingOf(name, content, { previous: file, saved });
      if (unsaved === undefined) return [];
      return [{ name, text: unsaved, base: bases?.get(name)?.version ?? 0, conflict }];
    });
}

function standingOf(
  name: string,
  form: string,
  from: { readonly previous?: string | undefined; readonly saved: ReadonlyMap<string, readonly SavedText[]> },
): Standing {
  const versions = from.saved.get(name) ?? [];
  const latest = versions.at(-1);
  const current = latest?.text ?? form;
  const base = { version: latest?.version ?? 0, digest: textDigest(current) };
  const written = from.previous === undefined ? undefined : writtenIn(from.previous, name);
  if (
    written === undefined ||
    written.trim() === current.trim() ||
    versions.some(({ text }) => text === written.trim())
  ) {
    return { content: current, base, conflict: false };
  }
  const was = from.previous === undefined ? undefined : baseOf(from.previous)?.get(name);
  if ((was?.version ?? 0) === base.version)
    return { content: written, base, unsaved: written, conflict: false };
  return { content: besides(written, latest), base, unsaved: written, conflict: true };
}

/** What people wrote in a block of a file; `undefined` where it is as it was rendered. */
function writtenIn(file: string, name: string): string | undefined {
  const block = blocksOf(file).find((each) => each.owner === 'human' && each.name === name);
  if (block === undefined) return undefined;
  const was = baseOf(file)?.get(name);
  // A form that is filled in below its prompt was written in, though the prompt still stands.
  const untouched = was === undefined ? isUnwritten(block) : was.digest === textDigest(block.content);
  return untouched ? undefined : block.content;
}

function besides(written: string, saved: SavedText | undefined): string {
  if (saved === undefined) return written;
  return `${written}\n\n_Saved meanwhile by ${escaped(saved.by)} (entry ${saved.seq}); make one text of both:_\n\n${saved.text}`;
}
