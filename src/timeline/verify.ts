import { z } from 'zod';
import { CanonicalError } from './canonical.ts';
import type { ChainHead } from './chain.ts';
import { bodyHash, CHAIN_START, entryHash } from './chain.ts';
import type { Entry, EntryBody } from './entry.ts';
import { ENTRY_KINDS } from './entry.ts';
import { recordedPurges } from './purge.ts';

/** What is wrong with a chain; the first defect, in the order of the entries. */
export type ChainDefect =
  | 'malformed'
  | 'wrong-chain'
  | 'duplicate'
  | 'gap'
  | 'out-of-order'
  | 'wrong-previous-hash'
  | 'altered-hash'
  | 'altered-body'
  | 'removed-body'
  | 'unknown-kind'
  | 'wrong-head';

export type ChainVerdict =
  | {
      readonly kind: 'intact';
      readonly entries: number;
      /** Entries whose body retention removed; their hashes still stand. */
      readonly purged: number;
      readonly head: ChainHead;
    }
  | {
      readonly kind: 'broken';
      /** The entry, by the number that it has or should have. */
      readonly seq: number;
      readonly what: ChainDefect;
      readonly expected: string;
      readonly found: string;
    };

const HASH = /^[0-9a-f]{64}$/;
const KINDS: ReadonlySet<string> = new Set(ENTRY_KINDS);

/** Values come from the database or from an export: whoever can write there controls them. */
const linkSchema = z.strictObject({
  chain: z.string(),
  seq: z.int().positive(),
  at: z.iso.datetime({ precision: 3 }),
  prevHash: z.string().regex(HASH),
  bodyHash: z.string().regex(HASH),
  hash: z.string().regex(HASH),
});
/** That `actor` and `data` are JSON is for `bodyHash` to say: a second walk of each body took half of the time. */
const bodySchema = z.strictObject({
  kind: z.string(),
  actor: z.record(z.string(), z.unknown()),
  summary: z.string(),
  data: z.unknown(),
});

/**
 * Checks one chain from its first entry: that nothing was altered, removed, added or moved. With
 * `expectedHead` (the incident's own row, a signed checkpoint) a removed tail is found too; without
 * it a chain cut at its end still looks whole.
 */
export function verifyChain(
  chain: string,
  entries: readonly Entry[],
  expectedHead?: ChainHead,
): ChainVerdict {
  let head = CHAIN_START;
  let purged = 0;
  const isRecorded = recordedPurges(entries);
  for (const entry of entries) {
    const defect = checkEntry(chain, head, entry, entries);
    if (defect !== null) return { kind: 'broken', ...defect };
    if (entry.body === null) {
      if (!isRecorded(entry.seq)) {
        const expected = 'its body, or a later entry that says that it was removed';
        return { kind: 'broken', seq: entry.seq, what: 'removed-body', expected, found: 'neither' };
      }
      purged += 1;
    }
    head = { seq: entry.seq, hash: entry.hash };
  }
  if (expectedHead !== undefined && (expectedHead.seq !== head.seq || expectedHead.hash !== head.hash)) {
    const missing = expectedHead.seq > head.seq;
    return {
      kind: 'broken',
      seq: missing ? head.seq + 1 : expectedHead.seq,
      what: missing ? 'gap' : 'wrong-head',
      expected: `entry ${expectedHead.seq} with hash ${expectedHead.hash} as the last`,
      found: `entry ${head.seq} with hash ${head.hash}`,
    };
  }
  return { kind: 'intact', entries: entries.length, purged, head };
}

type Defect = Omit<Extract<ChainVerdict, { kind: 'broken' }>, 'kind'>;

function checkEntry(chain: string, head: ChainHead, entry: Entry, all: readonly Entry[]): Defect | null {
  const seq = head.seq + 1;
  const { body, ...link } = entry;
  const shape = linkSchema.safeParse(link);
  if (!shape.success) {
    const fields = shape.error.issues.map((issue) => issue.path.join('.') || issue.message).join(', ');
    return { seq, what: 'malformed', expected: 'the fields of an entry', found: `wrong: ${fields}` };
  }
  if (entry.chain !== chain) return { seq, what: 'wrong-chain', expected: chain, found: entry.chain };
  if (entry.seq !== seq) return misplaced(seq, entry, all);
  if (entry.prevHash !== head.hash) {
    return { seq, what: 'wrong-previous-hash', expected: head.hash, found: entry.prevHash };
  }
  const hash = entryHash(entry);
  if (entry.hash !== hash) return { seq, what: 'altered-hash', expected: hash, found: entry.hash };
  return body === null ? null : checkBody(seq, entry.bodyHash, body);
}

function misplaced(seq: number, entry: Entry, all: readonly Entry[]): Defect {
  const expected = `entry ${seq}`;
  const found = `entry ${entry.seq}`;
  if (entry.seq < seq) return { seq: entry.seq, what: 'duplicate', expected, found: `${found} again` };
  const what = all.some((other) => other.seq === seq) ? 'out-of-order' : 'gap';
  return { seq, what, expected, found };
}

function checkBody(seq: number, expected: string, body: EntryBody): Defect | null {
  const shape = bodySchema.safeParse(body);
  if (!shape.success) {
    return { seq, what: 'malformed', expected: 'a body of kind, actor, summary and data', found: 'another' };
  }
  let found: string;
  try {
    found = bodyHash(body);
  } catch (error) {
    if (!(error instanceof CanonicalError)) throw error;
    return { seq, what: 'altered-body', expected, found: error.message };
  }
  if (found !== expected) return { seq, what: 'altered-body', expected, found };
  if (!KINDS.has(body.kind)) {
    return { seq, what: 'unknown-kind', expected: 'a kind that this version knows', found: body.kind };
  }
  return null;
}

/** Returns one sentence about the verdict, for people. */
export function describeVerdict(chain: string, verdict: ChainVerdict): string {
  if (verdict.kind === 'intact') {
    const purged = verdict.purged === 0 ? '' : `, ${verdict.purged} of them purged by retention`;
    return `${chain}: ${verdict.entries} entries${purged}, intact; last hash ${verdict.head.hash}`;
  }
  return `${chain}: broken at entry ${verdict.seq} (${verdict.what}): expected ${verdict.expected}, found ${verdict.found}`;
}
