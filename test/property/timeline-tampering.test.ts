import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json } from '../../src/json.ts';
import { canonicalJson, digestOf } from '../../src/timeline/canonical.ts';
import { appendEntries, CHAIN_START } from '../../src/timeline/chain.ts';
import type { CheckpointRecord } from '../../src/timeline/checkpoint.ts';
import { checkpointLeaf, compareWithCheckpoint } from '../../src/timeline/checkpoint.ts';
import type { Entry, EntryBody } from '../../src/timeline/entry.ts';
import { ENTRY_KINDS } from '../../src/timeline/entry.ts';
import {
  growTree,
  inclusionProof,
  leafHash,
  merkleRoot,
  verifyInclusion,
} from '../../src/timeline/merkle.ts';
import { verifyChain } from '../../src/timeline/verify.ts';

// The generator gives `unknown`; a round trip makes it what JSON can hold (no -0, no lone surrogate of a bare unit).
const json = fc.jsonValue({ maxDepth: 3 }).map((value): Json => JSON.parse(JSON.stringify(value)));
const body: fc.Arbitrary<EntryBody> = fc.record({
  kind: fc.constantFrom(...ENTRY_KINDS),
  actor: fc.constant({ kind: 'engine' }),
  summary: fc.string({ unit: 'binary' }),
  data: json,
});
const chain = fc
  .array(body, { minLength: 2, maxLength: 12 })
  .map((bodies) => appendEntries(CHAIN_START, 'inc-1', new Date('2026-01-31T12:00:00Z'), bodies).entries);

type Tampering = (entries: readonly Entry[], at: number, other: number) => readonly Entry[];
const flip = (hash: string, at: number) => {
  const index = at % hash.length;
  const digit = ((Number.parseInt(hash[index] ?? '0', 16) + 1) % 16).toString(16);
  return hash.slice(0, index) + digit + hash.slice(index + 1);
};
const change = (entries: readonly Entry[], at: number, make: (entry: Entry) => Entry) =>
  entries.map((entry, index) => (index === at ? make(entry) : entry));
const tamperings: Readonly<Record<string, Tampering>> = {
  remove: (entries, at) => entries.filter((_, index) => index !== at),
  duplicate: (entries, at) => entries.flatMap((entry, index) => (index === at ? [entry, entry] : [entry])),
  swap: (entries, at, other) =>
    entries.map((entry, index) =>
      index === at ? (entries[other] ?? entry) : index === other ? (entries[at] ?? entry) : entry,
    ),
  summary: (entries, at) =>
    change(entries, at, (entry) => ({
      ...entry,
      body: entry.body === null ? null : { ...entry.body, summary: `${entry.body.summary}.` },
    })),
  hash: (entries, at, other) => change(entries, at, (entry) => ({ ...entry, hash: flip(entry.hash, other) })),
  prevHash: (entries, at, other) =>
    change(entries, at, (entry) => ({ ...entry, prevHash: flip(entry.prevHash, other) })),
  bodyHash: (entries, at, other) =>
    change(entries, at, (entry) => ({ ...entry, bodyHash: flip(entry.bodyHash, other) })),
  time: (entries, at) => change(entries, at, (entry) => ({ ...entry, at: '2026-01-31T12:00:00.001Z' })),
};

/** A chain whose bodies `first` to `last` a later entry says were removed, and are. */
function purge(entries: readonly Entry[], first: number, last: number): readonly Entry[] {
  const head = entries.at(-1) ?? CHAIN_START;
  const said: EntryBody = {
    kind: 'timeline.purged',
    actor: { kind: 'responder', id: 'alice', via: 'cli' },
    summary: 'Removed',
    data: { entries: [[first, last]] },
  };
  const added = appendEntries(head, 'inc-1', new Date('2026-01-31T13:00:00Z'), [said]).entries;
  return [
    ...entries.map((entry) => (entry.seq < first || entry.seq > last ? entry : { ...entry, body: null })),
    ...added,
  ];
}

test('a chain with bodies that retention removed verifies; one that lost another body does not', () => {
  fc.assert(
    fc.property(chain, fc.nat(), fc.nat(), (entries, one, two) => {
      const other = 1 + (two % entries.length);
      const gone = 1 + (one % entries.length);
      const purged = purge(entries, gone, gone);
      expect(verifyChain('inc-1', purged, purged.at(-1))).toMatchObject({ kind: 'intact', purged: 1 });
      if (other === gone) return;
      const taken = change(purged, other - 1, (entry) => ({ ...entry, body: null }));
      expect(verifyChain('inc-1', taken, taken.at(-1))).toMatchObject({
        kind: 'broken',
        seq: other,
        what: 'removed-body',
      });
    }),
  );
});

test('an untouched chain verifies, also after a round trip through JSON, and no body may be missing', () => {
  fc.assert(
    fc.property(chain, fc.nat(), (entries, purged) => {
      const stored: readonly Entry[] = JSON.parse(JSON.stringify(entries));
      const last = entries.at(-1);
      expect(verifyChain('inc-1', stored, last)).toMatchObject({ kind: 'intact', entries: entries.length });
      const holed = change(stored, purged % stored.length, (entry) => ({ ...entry, body: null }));
      expect(verifyChain('inc-1', holed, last)).toMatchObject({
        kind: 'broken',
        seq: 1 + (purged % stored.length),
        what: 'removed-body',
      });
    }),
  );
});

test('any tampering with a chain is found, and the first entry that differs is named', () => {
  fc.assert(
    fc.property(
      chain,
      fc.constantFrom(...Object.keys(tamperings)),
      fc.nat(),
      fc.nat(),
      (entries, kind, first, second) => {
        const at = first % entries.length;
        const distance = 1 + (second % (entries.length - 1));
        const other = kind === 'swap' ? (at + distance) % entries.length : second;
        const tampered = tamperings[kind]?.(entries, at, other) ?? [];
        const verdict = verifyChain('inc-1', tampered, entries.at(-1));
        expect(verdict.kind).toBe('broken');
        const differs = entries.findIndex((entry, index) => entry !== tampered[index]);
        const seq = verdict.kind === 'broken' ? verdict.seq : 0;
        // A duplicate is named by its own number, anything else by the number that should stand there;
        // a duplicated last entry leaves every original in place.
        expect(differs === -1 ? [entries.length] : [differs + 1, differs]).toContain(seq);
      },
    ),
    { numRuns: 300 },
  );
});

test('canonical JSON parses back to the value, whatever the order of its properties', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), json), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse());
      expect(canonicalJson(JSON.parse(canonicalJson(value)))).toBe(canonicalJson(value));
      expect(digestOf(reversed)).toBe(digestOf(value));
    }),
  );
});

test('a tree that grows leaf by leaf has the same root at every size', () => {
  const tree = growTree();
  const leaves: Uint8Array[] = [];
  for (let size = 0; size <= 130; size += 1) {
    expect(tree.size()).toBe(size);
    expect(Buffer.from(tree.root()).equals(merkleRoot(leaves))).toBe(true);
    const leaf = leafHash(String(size));
    leaves.push(leaf);
    tree.append(leaf);
  }
});

test('every inclusion proof verifies, and no altered one does', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), fc.nat(), (size, position, byte) => {
      const leaves = Array.from({ length: size }, (_, index) => leafHash(String(index)));
      const index = position % size;
      const proof = inclusionProof(leaves, index);
      const claim = { leafHash: leafHash(String(index)), index, size, proof, root: merkleRoot(leaves) };
      expect(verifyInclusion(claim)).toBe(true);
      expect(verifyInclusion({ ...claim, leafHash: leafHash('forged') })).toBe(false);
      expect(verifyInclusion({ ...claim, index: size })).toBe(false);
      const [first, ...rest] = proof;
      if (first === undefined) return;
      const bent = Uint8Array.from(first);
      bent[byte % 32] = (bent[byte % 32] ?? 0) ^ 1;
      expect(verifyInclusion({ ...claim, proof: [bent, ...rest] })).toBe(false);
      expect(verifyInclusion({ ...claim, proof: rest })).toBe(false);
    }),
  );
});

/** Several incidents and the log that checkpoints are made over, as the checkpointer writes it. */
const incidents = fc
  .array(fc.array(body, { minLength: 1, maxLength: 5 }), { minLength: 2, maxLength: 5 })
  .map((all) => {
    const chains = new Map(
      all.map((bodies, index) => {
        const name = `inc-${index}`;
        return [name, appendEntries(CHAIN_START, name, new Date('2026-01-31T12:00:00Z'), bodies).entries];
      }),
    );
    const log = [...chains].map(([name, entries], index): CheckpointRecord => {
      const last = entries.at(-1);
      return { index, chain: name, seq: last?.seq ?? 0, head: last?.hash ?? '' };
    });
    const root = Buffer.from(merkleRoot(log.map(checkpointLeaf))).toString('hex');
    const checkpoint = { size: log.length, root, at: '2026-01-31T12:00:01.000Z', previous: null };
    return { chains, log, checkpoint };
  });

test('a whole incident that is gone, with or without its traces, is found by a signed checkpoint', () => {
  fc.assert(
    fc.property(incidents, fc.nat(), fc.boolean(), ({ chains, log, checkpoint }, which, alsoFromTheLog) => {
      const look = (left: ReadonlyMap<string, readonly Entry[]>, records: readonly CheckpointRecord[]) =>
        compareWithCheckpoint(checkpoint, records, (name, seq) => left.get(name)?.[seq - 1]?.hash ?? null);
      expect(look(chains, log)).toEqual([]); // control
      const name = `inc-${which % chains.size}`;
      const left = new Map([...chains].filter(([each]) => each !== name));
      // Every chain that is left is intact by itself: only the checkpoint knows of the other.
      for (const [each, entries] of left) {
        expect(verifyChain(each, entries, entries.at(-1))).toMatchObject({ kind: 'intact' });
      }
      const records = alsoFromTheLog
        ? log.filter((record) => record.chain !== name).map((record, index) => ({ ...record, index }))
        : log;
      expect(look(left, records)).toEqual([
        alsoFromTheLog
          ? expect.objectContaining({ kind: 'log-altered' })
          : { kind: 'chain-removed', chain: name, seq: chains.get(name)?.length },
      ]);
    }),
  );
});
