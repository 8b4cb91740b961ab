import { z } from 'zod';
import type { Json } from '../json.ts';
import { canonicalJson, sha256Hex } from '../timeline/canonical.ts';

/**
 * The records of a case: one file each, canonical JSON, never changed, each linked to the one before by
 * the SHA-256 of its bytes. `sha256sum` of the file is the record's digest.
 *
 * opened     the first: the case's key, wrapped
 * item       one version of one item, with its custody
 * missing    what could not be had, and why
 * abandoned  bytes that an interrupted `put` left behind; explains an object that no item names
 * quarantined  what an attacker wrote into a sink: kept apart, under no lock, and no evidence but of its arrival
 * held       the case is under legal hold from here on, until `unheld`
 * purged     the tombstone of content that retention removed: which objects, by whom, why
 */

export const RECORD_SCHEMA = 'cordon.evidence.record/v1';
export const FIRST_PREVIOUS = '0'.repeat(64);

const hex = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().nonnegative();
const instant = z.iso.datetime({ precision: 3 });
const collector = z.strictObject({ name: z.string(), version: z.string() });

/** Who collected it, as whom, when and by which clock (the reference's custody fields, 2.3). */
const custody = z.strictObject({
  account: z.string(),
  region: z.string(),
  /** ARN of the identity that made the call; null where no AWS identity was used. */
  caller: z.string().nullable(),
  /** The session's source identity, which CloudTrail has too. */
  sourceIdentity: z.string().nullable(),
  /** Version or alias; null where the item is of neither. */
  qualifier: z.string().nullable(),
  /** Of the request's canonical JSON; null where there was no request to name. */
  requestSha256: hex.nullable(),
  /** Calls that AWS answered for it, and the ids it gave them: the first and the last when there are many. */
  requests: count,
  requestIds: z.array(z.string()),
  /** Responders who approved the attempt, where policy asked. */
  approvedBy: z.array(z.string()),
  /** The attempt of the incident's timeline that collected it. */
  attempt: z.string().nullable(),
  collectedAt: instant,
  clock: z.literal('engine'),
  collector,
});

/** Where a bucket keeps an object, and under which lock, as the bucket said after it was written. */
const store = z.strictObject({
  bucket: z.string(),
  key: z.string(),
  versionId: z.string(),
  retentionMode: z.string().nullable(),
  retainUntil: z.string().nullable(),
  legalHold: z.boolean(),
  kmsKeyArn: z.string().nullable(),
});

const item = z.strictObject({
  /** Path-like, from whoever called; the AWS side of it is attacker-controlled. */
  name: z.string(),
  /** 1 for the first content under this name, 2 for the next: nothing is ever overwritten. */
  version: z.int().positive(),
  artifact: z.string(),
  sourceArn: z.string(),
  apiCall: z.string(),
  mediaType: z.string(),
  secret: z.boolean(),
  /** Bytes of the content as it was collected. */
  size: count,
  /** The stored object: for a secret item its ciphertext. */
  sha256: hex,
  objectSize: count,
  /** For a secret item: HMAC-SHA-256 of the content under the case's key. */
  contentMac: hex.nullable(),
  /** Base64, as the source gave it (Lambda's `CodeSha256`). */
  expectedSha256: z.string().nullable(),
  actualSha256: z.string().nullable(),
  matchesExpected: z.boolean(),
  /** False when reading broke off: what came before is kept, and a gap names the rest. */
  whole: z.boolean(),
  /** Absent for a local folder. */
  store: store.optional(),
});

/** A person's act on the whole case; the reason is their own words. */
const act = z.strictObject({ by: z.string(), reason: z.string() });

const base = {
  schema: z.literal(RECORD_SCHEMA),
  incident: z.string(),
  seq: z.int().positive(),
  prevHash: hex,
  at: instant,
};

const wrappedKeySchema = z.strictObject({
  keyId: z.string(),
  nonce: z.string(),
  ciphertext: z.string(),
  tag: z.string(),
});

export const recordSchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...base, kind: z.literal('opened'), collector, caseKey: wrappedKeySchema }),
  z.strictObject({ ...base, kind: z.literal('item'), item, custody }),
  z.strictObject({
    ...base,
    kind: z.literal('missing'),
    gap: z.strictObject({
      name: z.string(),
      artifact: z.string(),
      sourceArn: z.string(),
      reason: z.string(),
      code: z.string().nullable(),
      /** How often it was tried; 0 where nothing was asked. */
      tries: count,
    }),
    custody,
  }),
  z.strictObject({ ...base, kind: z.literal('abandoned'), object: hex }),
  z.strictObject({
    ...base,
    kind: z.literal('quarantined'),
    quarantine: z.strictObject({
      name: z.string(),
      artifact: z.string(),
      sourceArn: z.string(),
      apiCall: z.string(),
      events: count,
      size: count,
      sha256: hex,
      /** Where it was put: it may be removed from there at any time. */
      place: z.string(),
      writtenBy: z.literal('attacker'),
    }),
    custody,
  }),
  z.strictObject({ ...base, kind: z.literal('held'), hold: act }),
  z.strictObject({ ...base, kind: z.literal('unheld'), hold: act }),
  z.strictObject({
    ...base,
    kind: z.literal('purged'),
    purge: act.extend({
      /** Digests of the removed objects, sorted; records before this one name them. */
      objects: z.array(hex),
      /** Digests of what was removed from the quarantine, sorted; absent when nothing lay there. */
      quarantined: z.array(hex).min(1).optional(),
    }),
  }),
]);

export type EvidenceRecord = z.infer<typeof recordSchema>;
export type ItemRecord = Extract<EvidenceRecord, { kind: 'item' }>;
export type Custody = z.infer<typeof custody>;

/** A record with its file's bytes. */
export interface StoredRecord {
  readonly record: EvidenceRecord;
  readonly bytes: Uint8Array;
  /** Hex SHA-256 of the bytes. */
  readonly sha256: string;
}

/** Returns a record as it is stored. */
export function storeRecord(record: EvidenceRecord): StoredRecord {
  const bytes = Buffer.from(canonicalJson(record), 'utf8');
  return { record, bytes, sha256: sha256Hex(bytes) };
}

/**
 * Reads the bytes of a record; null when they are not exactly the canonical JSON of a record: one more
 * space is a changed file.
 */
export function readRecord(bytes: Uint8Array): StoredRecord | null {
  const parsed = recordSchema.safeParse(readCanonical(bytes));
  return parsed.success ? { record: parsed.data, bytes, sha256: sha256Hex(bytes) } : null;
}

/** Parses bytes that must be exactly canonical JSON; undefined when they are not. */
export function readCanonical(bytes: Uint8Array): Json | undefined {
  try {
    const value: Json = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return Buffer.from(canonicalJson(value), 'utf8').equals(bytes) ? value : undefined;
  } catch {
    return undefined; // not JSON, or without a canonical form: the caller names the file
  }
}

/** Returns the file name of a record: `00000001.json`. */
export function recordFile(seq: number): string {
  return `${String(seq).padStart(8, '0')}.json`;
}

/** Returns what people call a record: the item's or gap's name, else its kind. */
export function recordName(record: EvidenceRecord): string {
  switch (record.kind) {
    case 'opened':
      return 'case opened';
    case 'item':
      return record.item.version === 1
        ? record.item.name
        : `${record.item.name} (version ${record.item.version})`;
    case 'missing':
      return record.gap.name;
    case 'abandoned':
      return 'interrupted put';
    case 'quarantined':
      return `${record.quarantine.name} (written by the attacker)`;
    case 'held':
      return 'legal hold';
    case 'unheld':
      return 'end of legal hold';
    case 'purged':
      return 'purge';
  }
}
