import { createHash } from 'node:crypto';

/**
 * Merkle tree hash, inclusion proof and its check, as in RFC 6962, section 2.1 (the check is the
 * algorithm of RFC 9162, section 2.1.3.2). Hashes are bytes of length 32.
 */

/** RFC 6962: leaves and nodes are hashed with different prefixes, so that a node cannot pass as a leaf. */
const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);

/** Returns the hash of one leaf's bytes. */
export function leafHash(leaf: Uint8Array | string): Uint8Array {
  return createHash('sha256').update(LEAF_PREFIX).update(leaf).digest();
}

/** Returns the root over leaf hashes, in order; of no leaves it is the SHA-256 of nothing. */
export function merkleRoot(leafHashes: readonly Uint8Array[]): Uint8Array {
  const [first, ...rest] = leafHashes;
  if (first === undefined) return createHash('sha256').digest();
  if (rest.length === 0) return first;
  const split = largestPowerBelow(leafHashes.length);
  return nodeHash(merkleRoot(leafHashes.slice(0, split)), merkleRoot(leafHashes.slice(split)));
}

/** A tree that only grows: its root after each leaf, from a handful of hashes instead of all leaves. */
export interface GrowingTree {
  readonly size: () => number;
  append(leaf: Uint8Array): void;
  /** The same as `merkleRoot` over all leaves appended so far. */
  root(): Uint8Array;
}

/** Begins a tree without leaves. */
export function growTree(): GrowingTree {
  // Roots of perfect subtrees, largest first: the binary digits of the size.
  const peaks: { readonly leaves: number; readonly hash: Uint8Array }[] = [];
  let size = 0;
  return {
    size: () => size,
    append(leaf) {
      size += 1;
      let top = { leaves: 1, hash: leaf };
      for (let last = peaks.at(-1); last?.leaves === top.leaves; last = peaks.at(-1)) {
        peaks.pop();
        top = { leaves: 2 * top.leaves, hash: nodeHash(last.hash, top.hash) };
      }
      peaks.push(top);
    },
    root: () =>
      peaks.length === 0
        ? merkleRoot([])
        : peaks.map(({ hash }) => hash).reduceRight((right, left) => nodeHash(left, right)),
  };
}

/** Returns the hashes that, with the leaf at `index`, lead to the root; nearest to the leaf first. */
export function inclusionProof(leafHashes: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  if (!Number.isInteger(index) || index < 0 || index >= leafHashes.length) return [];
  if (leafHashes.length === 1) return [];
  const split = largestPowerBelow(leafHashes.length);
  const left = leafHashes.slice(0, split);
  const right = leafHashes.slice(split);
  return index < split
    ? [...inclusionProof(left, index), merkleRoot(right)]
    : [...inclusionProof(right, index - split), merkleRoot(left)];
}

/** True when `proof` shows that the leaf is at `index` of the tree of `size` leaves with `root`. */
export function verifyInclusion(claim: {
  readonly leafHash: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}): boolean {
  const { index, size } = claim;
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  let node = index;
  let last = size - 1;
  let hash = claim.leafHash;
  for (const sibling of claim.proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && Buffer.from(hash).equals(claim.root);
}

function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return createHash('sha256').update(NODE_PREFIX).update(left).update(right).digest();
}

/** The largest power of two that is smaller than `count` (2 or more). */
function largestPowerBelow(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}
