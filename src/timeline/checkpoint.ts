import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { canonicalJson } from './canonical.ts';
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

/** Returns the Merkle leaf of one record. */
export function checkpointLeaf(record: CheckpointRecord): Uint8Array {
  const { index, chain, seq, head } = record;
  return leafHash(canonicalJson({ index, chain, seq, head }));
}

/** Returns the hex Merkle root over the first `size` records of the log. */
function checkpointRoot(log: readonly CheckpointRecord[], size: number): string {
  return Buffer.from(merkleRoot(log.slice(0, size).map(checkpointLeaf))).toString('hex');
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

const statementSchema = z.strictObject({
  _type: z.literal(IN_TOTO_STATEMENT_TYPE),
  subject: z.tuple([
    z.strictObject({ name: z.literal('timeline-log'), digest: z.strictObject({ sha256: z.string() }) }),
  ]),
  predicateType: z.literal(CHECKPOINT_PREDICATE),
  predicate: z.strictObject({
    size: z.int().positive(),
    root: z.string().regex(/^[0-9a-f]{64}$/),
    at: z.iso.datetime({ precision: 3 }),
    previous: z.string().nullable(),
  }),
});

/** Reads the payload of an envelope whose signature has been verified; null when it is no checkpoint. */
export function readCheckpoint(payload: Uint8Array): Checkpoint | null {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return null;
  }
  const statement = statementSchema.safeParse(value);
  if (!statement.success) return null;
  const { predicate, subject } = statement.data;
  return subject[0].digest.sha256 === predicate.root ? predicate : null;
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
