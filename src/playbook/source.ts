import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml';
import type { Position, Report } from './diagnostic.ts';

/** A key path into the document: `['states', 'triage', 'invoke']`. */
export type DocumentPath = readonly (string | number)[];

/** A parsed document that still knows where each key and value stands. */
export interface Source {
  readonly value: unknown;
  /** Where the key at `path` stands; for an item of a list, where the item begins. */
  keyAt(path: DocumentPath): Position;
  /** Where the value at `path` begins. */
  valueAt(path: DocumentPath): Position;
  /** Where `fragment` begins inside the scalar at `path`, moved on by `offset` characters. */
  insideAt(path: DocumentPath, fragment: string, offset: number): Position;
}

/** A playbook is read by people: more than this is a mistake or an attack. Characters. */
const MAX_SOURCE_LENGTH = 262_144;

/**
 * Parses YAML 1.2, reporting syntax errors, duplicate keys, anchors, aliases and tags. Aliases are
 * refused because a document of a few lines can expand to gigabytes through them. Returns `undefined`
 * when nothing useful could be read.
 */
export function parseSource(text: string, report: Report): Source | undefined {
  const start = { line: 1, column: 1 };
  if (text.length > MAX_SOURCE_LENGTH) {
    report(
      start,
      'cordon_playbook_too_large',
      `expected at most ${MAX_SOURCE_LENGTH} characters, found ${text.length}: split the playbook`,
    );
    return undefined;
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    version: '1.2',
    merge: false,
  });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  let broken = false;
  const refuse = (offset: number, message: string) => {
    broken = true;
    report(at(offset), 'cordon_playbook_syntax', message);
  };
  for (const error of [...document.errors, ...document.warnings]) {
    const [first = ''] = error.message.split('\n');
    refuse(error.pos[0], first.replace(/ at line \d+, column \d+:?$/, ''));
  }
  visit(document, {
    Node: (_key, node) => {
      const offset = node.range?.[0] ?? 0;
      if (isAlias(node)) refuse(offset, 'expected a value, found an alias: write the value out');
      else if (node.anchor !== undefined)
        refuse(offset, 'expected no anchor: write the value out where it is used');
      else if (node.tag !== undefined) refuse(offset, `expected no tag, found ${node.tag}: remove it`);
    },
  });
  if (broken) return undefined;

  const locate = (path: DocumentPath): { key: Node | undefined; value: Node | undefined } => {
    let key: Node | undefined;
    let value: Node | undefined = document.contents ?? undefined;
    for (const part of path) {
      if (isMap(value)) {
        const pair: Pair | undefined = value.items.find(
          (item) => isScalar(item.key) && String(item.key.value) === String(part),
        );
        if (pair === undefined) break;
        // The parser makes nodes of all keys and values; `null` stands for an absent value.
        key = pair.key as Node;
        value = (pair.value as Node | null) ?? key;
      } else if (isSeq(value)) {
        const item = value.items[Number(part)] as Node | undefined; // a list holds nodes, as above
        if (item === undefined) break;
        key = item;
        value = item;
      } else break;
    }
    return { key, value };
  };
  return {
    value: document.toJS(),
    keyAt: (path) => at(locate(path).key?.range?.[0] ?? 0),
    valueAt: (path) => at(locate(path).value?.range?.[0] ?? 0),
    insideAt: (path, fragment, offset) => {
      const range = locate(path).value?.range;
      if (range === null || range === undefined) return start;
      const found = text.slice(range[0], range[1]).indexOf(fragment);
      return at(range[0] + (found < 0 ? 0 : found + offset));
    },
  };
}
