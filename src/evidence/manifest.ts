import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { canonicalJson, sha256Hex } from '../timeline/canonical.ts';
import { IN_TOTO_STATEMENT_TYPE } from '../timeline/dsse.ts';
import { leafHash, merkleRoot } from '../timeline/merkle.ts';
import type { EvidenceRecord, StoredRecord } from './record.ts';
import { FIRST_PREVIOUS, readCanonical, recordName } from './record.ts';

/**
 * The manifest says what a case held when it was sealed. Each seal after the first is an addendum: a
 * new manifest over all records so far, chained to the one before by digest. Nothing is rewritten.
 */

const MANIFEST_SCHEMA = 'cordon.evidence.manifest/v1';
const MANIFEST_PREDICATE = 'urn:cordon:evidence-manifest:v1';

/** What no API of AWS gives, for a function that runs as usual (reference, 2.1): said, not left out. */
export const NOT_OBTAINABLE = [
  { artifact: 'memory', reason: 'No AWS API reads the memory of an execution environment.' },
  { artifact: 'temporary-storage', reason: 'No AWS API reads /tmp of an execution environment.' },
  { artifact: 'process-list', reason: 'No AWS API lists the processes of an execution environment.' },
  { artifact: 'snapstart-image', reason: 'No AWS API reads the snapshot that SnapStart restores from.' },
] as const;

const hex = z.string().regex(/^[0-9a-f]{64}$/);
const line = z.strictObject({
  seq: z.int().positive(),
  kind: z.enum(['opened', 'item', 'missing', 'abandoned', 'quarantined', 'held', 'unheld', 'purged']),
  /** Attacker-controlled where it repeats a name from the account. */
  name: z.string(),
  /** Of the record's file. */
  sha256: hex,
  bytes: z.int().nonnegative(),
  /** Of an item's stored object; null for other records. */
  object: z.strictObject({ sha256: hex, bytes: z.int().nonnegative() }).nullable(),
});
const manifestSchema = z.strictObject({
  schema: z.literal(MANIFEST_SCHEMA),
  incident: z.string(),
  number: z.int().positive(),
  /** SHA-256 of the previous manifest's file; null for the first. */
  previous: hex.nullable(),
  sealedAt: z.iso.datetime({ precision: 3 }),
  records: z.array(line),
  /** SHA-256 of the last record's file; each record names the one before it. */
  head: hex,
  /** RFC 6962 over the bytes of the records' files. */
  merkleRoot: hex,
  items: z.int().nonnegative(),
  missing: z.int().nonnegative(),
  notObtainable: z.array(z.strictObject({ artifact: z.string(), reason: z.string() })),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestLine = z.infer<typeof line>;

export interface StoredManifest {
  readonly manifest: Manifest;
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

/** Returns the manifest over `records`, which is a function of its arguments alone. */
export function buildManifest(request: {
  readonly incident: string;
  readonly number: number;
  readonly previous: string | null;
  readonly sealedAt: string;
  readonly records: readonly StoredRecord[];
}): StoredManifest {
  const { records, ...rest } = request;
  const manifest: Manifest = {
    schema: MANIFEST_SCHEMA,
    ...rest,
    records: records.map(lineOf),
    head: records.at(-1)?.sha256 ?? FIRST_PREVIOUS,
    merkleRoot: recordsRoot(records.map((stored) => stored.bytes)),
    items: countOf(records, 'item'),
    missing: countOf(records, 'missing'),
    notObtainable: NOT_OBTAINABLE.map((entry) => ({ ...entry })),
  };
  const bytes = Buffer.from(canonicalJson(manifest), 'utf8');
  return { manifest, bytes, sha256: sha256Hex(bytes) };
}

/** Reads the bytes of a manifest; null when they are not exactly the canonical JSON of one. */
export function readManifest(bytes: Uint8Array): StoredManifest | null {
  const parsed = manifestSchema.safeParse(readCanonical(bytes));
  return parsed.success ? { manifest: parsed.data, bytes, sha256: sha256Hex(bytes) } : null;
}

/** Returns the hex Merkle root over the bytes of records. */
export function recordsRoot(records: readonly Uint8Array[]): string {
  return Buffer.from(merkleRoot(records.map((bytes) => leafHash(bytes)))).toString('hex');
}

/** Returns the in-toto statement about a manifest; its canonical JSON is what is signed. */
export function manifestStatement(stored: StoredManifest): JsonObject {
  const { manifest, sha256 } = stored;
  return {
    _type: IN_TOTO_STATEMENT_TYPE,
    subject: [{ name: manifestFile(manifest.number), digest: { sha256 } }],
    predicateType: MANIFEST_PREDICATE,
    predicate: {
      incident: manifest.incident,
      number: manifest.number,
      previous: manifest.previous,
      sealedAt: manifest.sealedAt,
      records: manifest.records.length,
      items: manifest.items,
      missing: manifest.missing,
      head: manifest.head,
      merkleRoot: manifest.merkleRoot,
    },
  };
}

/** `manifest.json`, then `manifest-2.json` … for addenda. */
export function manifestFile(number: number): string {
  return number === 1 ? 'manifest.json' : `manifest-${number}.json`;
}

/** `manifest.dsse.json`, then `manifest-2.dsse.json` …: the signed envelope beside each manifest. */
export function envelopeFile(number: number): string {
  return manifestFile(number).replace(/json$/, 'dsse.json');
}

function lineOf(stored: StoredRecord): ManifestLine {
  const { record, bytes, sha256 } = stored;
  return {
    seq: record.seq,
    kind: record.kind,
    name: recordName(record),
    sha256,
    bytes: bytes.length,
    object: record.kind === 'item' ? { sha256: record.item.sha256, bytes: record.item.objectSize } : null,
  };
}

function countOf(records: readonly StoredRecord[], kind: EvidenceRecord['kind']): number {
  return records.filter((stored) => stored.record.kind === kind).length;
}
