import { createHash } from 'node:crypto';
import type { Entry } from '../timeline/entry.ts';

/** The sections that people write, in the order of the document; each is one managed block. */
export const SECTIONS = [
  'document',
  'impact',
  'exposure',
  'detection',
  'contributing-factors',
  'well-and-badly',
  'action-items',
  'open-questions',
] as const;

/** One saved text of a section. The words are a person's. */
export interface SavedText {
  /** 1, 2, 3 … within the section. */
  readonly version: number;
  readonly text: string;
  readonly by: string;
  readonly at: string;
  /** The entry that holds it. */
  readonly seq: number;
}

/** Every saved text of every section, oldest first. One whose body retention purged keeps its number. */
export function savedSections(entries: readonly Entry[]): ReadonlyMap<string, readonly SavedText[]> {
  const saved = new Map<string, SavedText[]>();
  for (const { body, at, seq } of entries) {
    if (body?.kind !== 'postmortem.written') continue;
    const { data, actor } = body;
    if (typeof data !== 'object' || data === null || !('section' in data)) continue;
    const { section, version, text } = data;
    if (typeof section !== 'string' || typeof version !== 'number' || typeof text !== 'string') continue;
    const by = typeof actor.id === 'string' ? actor.id : 'unknown';
    saved.set(section, [...(saved.get(section) ?? []), { version, text, by, at, seq }]);
  }
  return saved;
}

/** What a document was rendered from, section by section, so that a later render knows what people changed in it since. */
export interface SectionBase {
  readonly version: number;
  /** The beginning of the SHA-256 of the text that the section had then. */
  readonly digest: string;
}

const MARK = /<!-- cordon:base ([^>]*?) -->/;
const ITEM = /^([a-z-]+)=(\d+):([0-9a-f]{12})$/;

/** The first 12 hex digits of a text's SHA-256: enough to tell an edit from none. */
export function textDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** The line at the end of a document that says what it was rendered from. */
export function baseMark(bases: ReadonlyMap<string, SectionBase>): string {
  const items = [...bases].map(([name, { version, digest }]) => `${name}=${version}:${digest}`);
  return `<!-- cordon:base ${items.join(' ')} -->`;
}

/** What that line says; `undefined` for a document that has none. */
export function baseOf(text: string): ReadonlyMap<string, SectionBase> | undefined {
  const found = MARK.exec(text);
  if (found === null) return undefined;
  return new Map(
    (found[1] ?? '').split(' ').flatMap((word) => {
      const item = ITEM.exec(word);
      if (item === null) return [];
      const [, name = '', version = '0', digest = ''] = item;
      return [[name, { version: Number(version), digest }] as const];
    }),
  );
}
