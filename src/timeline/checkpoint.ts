import type { JsonObject } from '../json.ts';
import { canonicalJson } from './canonical.ts';
import type { ChainHead } from './chain.ts';
import { IN_TOTO_STATEMENT_TYPE } from './dsse.ts';
import { leafHash, merkleRoot } from './merkle.ts';

/**
 * Checkpoints over all chains. A chain proves itself, but not that it still exists: so what changed is
 * also written to one global log, whose Merkle root is signed and kept outside the database. Removing
 * a whole incident, or the end of one, then contradicts a signature.
 */

/** One line of the global log: the chain had this head. */
export interface CheckpointRecord {
  /** Position in the log: 0, 1, 2 … without gaps. */
  readonly index: number;
  readonly chain: string;
  readonly seq: number;
  readonly head: string;
}

/** What is signed: the log had `size` records and this root at that time. */
export interface Checkpoint {
  readonly size: number;
  /** Hex SHA-256, RFC 6962. */
  readonly root: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Hex digest of the previous signed statement; `null` for the first. */
  readonly previous: string | null;
}

const CHECKPOINT_PREDICATE = 'urn:cordon:timeline-checkpoint:v1';

/** Returns the records that bring the log up to date: one for each chain whose head is not its last one there. */
export function recordsToAppend(
  log: readonly CheckpointRecord[],
  heads: ReadonlyMap<string, ChainHead>,
): readonly CheckpointRecord[] {
  const known = latestHeads(log);
  return [...heads]
    .filter(([chain, head]) => known.get(chain)?.head !== head.hash)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([chain, head], offset) => ({ index: log.length + offset, chain, seq: head.seq, head: head.hash }));
}

/** Returns the hex Merkle root over the first `size` records of the log. */
function checkpointRoot(log: readonly CheckpointRecord[], size = log.length): string {
  const leaves = log
    .slice(0, size)
    .map((record) =>
      leafHash(
        canonicalJson({ index: record.index, chain: record.chain, seq: record.seq, head: record.head }),
      ),
    );
  return Buffer.from(merkleRoot(leaves)).toString('hex');
}

/** Returns the checkpoint of the log as it stands. */
export function checkpointOf(
  log: readonly CheckpointRecord[],
  at: Date,
  previous: string | null,
): Checkpoint {
  return { size: log.length, root: checkpointRoot(log), at: at.toISOString(), previous };
}

/** Returns the in-toto statement to sign; its canonical JSON is the payload of the envelope. */
export function checkpointStatement(checkpoint: Checkpoint): JsonObject {
  return {
    _type: IN_TOTO_STATEMENT_TYPE,
    subject: [{ name: 'timeline-log', digest: { sha256: checkpoint.root } }],
    predicateType: CHECKPOINT_PREDICATE,
    predicate: {
      size: checkpoint.size,
      root: checkpoint.root,
      at: checkpoint.at,
      previous: checkpoint.previous,
    },
  };
}

export type CheckpointFinding =
  /** The log is shorter than the checkpoint, or its records are not those that were signed. */
  | { readonly kind: 'log-altered'; readonly expected: string; readonly found: string }
  | { readonly kind: 'chain-removed'; readonly chain: string; readonly seq: number }
  | {
      readonly kind: 'chain-altered';
      readonly chain: string;
      readonly seq: number;
      readonly expected: string;
      readonly found: string;
    };

/**
 * Compares a signed checkpoint with the log and with the chains as they are now. `hashAt` gives the hash
 * of one entry, or null when there is none. An empty answer means that nothing was removed or altered.
 */
export function compareWithCheckpoint(
  checkpoint: Checkpoint,
  log: readonly CheckpointRecord[],
  hashAt: (chain: string, seq: number) => string | null,
): readonly CheckpointFinding[] {
  const root = checkpointRoot(log, checkpoint.size);
  if (log.length < checkpoint.size || root !== checkpoint.root) {
    const expected = `${checkpoint.size} records with root ${checkpoint.root}`;
    return [{ kind: 'log-altered', expected, found: `${log.length} records with root ${root}` }];
  }
  return log.flatMap((record): CheckpointFinding[] => {
    const { chain, seq } = record;
    const found = hashAt(chain, seq);
    if (found === record.head) return [];
    if (found !== null) return [{ kind: 'chain-altered', chain, seq, expected: record.head, found }];
    return [{ kind: 'chain-removed', chain, seq }];
  });
}

function latestHeads(log: readonly CheckpointRecord[]): ReadonlyMap<string, CheckpointRecord> {
  return new Map(log.map((record) => [record.chain, record]));
}
