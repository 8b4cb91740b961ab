import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { EvidenceSummary } from '../postmortem/evidence-summary.ts';
import { publicKeyId } from '../timeline/dsse.ts';
import { type Disk, listTree, nodeDisk } from './disk.ts';
import { EvidenceError } from './error.ts';
import { bytesText, describeFinding, type Finding } from './finding.ts';
import type { StoredManifest } from './manifest.ts';
import { NOT_OBTAINABLE } from './manifest.ts';
import type { CasePlace } from './place.ts';
import { casePlace, objectPath } from './place.ts';
import { type ExpectedObject, type QuarantineLine, verifyRecords } from './verify-records.ts';
import { verifySeals } from './verify-seals.ts';
import { findStrays, findStraysBeside } from './verify-strays.ts';
import { type SealTime, verifyTimestamps } from './verify-timestamps.ts';

/** What the verifier trusts besides the folder itself. */
export interface Expectations {
  /** The deployment's public key: without it, the folder's own key is used, and its id is reported to compare. */
  readonly publicKeyPem?: string;
  /** The last manifest's digest as the incident's timeline has it: finds a folder put back to an earlier seal. */
  readonly manifestSha256?: string;
  /** Certificates that time stamps must lead to, PEM; without them only our own signature over them is checked. */
  readonly authorities?: readonly string[];
  /**
   * Looks at the case alone, not for what belongs to no case at all: that question reads the records of every other
   * case of the folder, which an engine that closes one incident after the other cannot pay each time.
   */
  readonly alone?: true;
}

/** A report is also what a postmortem says about evidence (`EvidenceSummary`). */
export interface CaseReport extends EvidenceSummary {
  readonly incident: string;
  readonly items: number;
  readonly missing: number;
  /** Items whose content retention removed, and left a sealed tombstone of. */
  readonly purged: readonly string[];
  /** What an attacker wrote into a sink, and where it was put apart. */
  readonly quarantined: readonly QuarantineLine[];
  /** Bytes of stored objects that were hashed. */
  readonly bytes: number;
  readonly findings: readonly Finding[];
  /** When an authority saw each seal. */
  readonly timestamps: readonly SealTime[];
  /** Not evidence and not a fault: what a writer is at, or left behind when it was cut off. */
  readonly unfinished: readonly string[];
}

/**
 * Checks one case with the evidence folder alone: every byte of its records, objects, manifests, signatures
 * and keys, and that nothing else lies there (`alone`: in the case). Writes nothing. Throws `cordon_evidence_bad_case_id`,
 * `cordon_evidence_key_invalid` when the given public key is none.
 */
export async function verifyCase(
  evidence: string,
  incident: string,
  expectations: Expectations = {},
  disk: Disk = nodeDisk,
): Promise<CaseReport> {
  const place = casePlace(evidence, incident);
  if (expectations.publicKeyPem !== undefined) refuseBadKey(expectations.publicKeyPem);
  for (let look = 1; ; look += 1) {
    const tree = await listTree(disk, place.folder);
    const report = await verifyAsListed(evidence, incident, expectations, disk, tree);
    // What a writer finished while this read looks like a file of nobody's; a case that stood still has no such excuse.
    const excused = look < MAX_LOOKS && report.findings.some(({ kind }) => kind === 'stray-file');
    if (!excused || same(tree, await listTree(disk, place.folder))) return report;
  }
}

const MAX_LOOKS = 5;

function same(one: readonly string[], other: readonly string[]): boolean {
  return JSON.stringify([...one].sort()) === JSON.stringify([...other].sort());
}

async function verifyAsListed(
  evidence: string,
  incident: string,
  expectations: Expectations,
  disk: Disk,
  tree: readonly string[],
): Promise<CaseReport> {
  const place = casePlace(evidence, incident);
  const findings: Finding[] = [];
  if (tree.length === 0) {
    const file = `cases/${incident}`;
    findings.push({ kind: 'case-missing', item: incident, file, expected: 'a case', found: 'no files' });
  }
  const seals = await verifySeals({ disk, evidence }, place, sealCount(tree), expectations.publicKeyPem);
  findings.push(...seals.findings, ...rollback(place, seals.trusted, expectations.manifestSha256));

  const stamps = await verifyTimestamps({ disk, evidence }, place, seals.seals, {
    publicKeyPem: expectations.publicKeyPem,
    authorities: expectations.authorities ?? [],
  });
  findings.push(...stamps.findings);

  const records = await verifyRecords(disk, place, tree, seals.trusted);
  findings.push(...records.findings);
  const objects = await verifyObjects(disk, evidence, records.objects);
  findings.push(...objects.findings);
  const strays = await findStrays(disk, place, { tree, records: records.count, seals: seals.seals });
  findings.push(...strays.findings);
  if (expectations.alone !== true) {
    const objects = new Set([...records.objects.map(({ sha256 }) => sha256), ...strays.marked]);
    findings.push(...(await findStraysBeside({ disk, evidence }, place, { objects, keyIds: seals.keyIds })));
  }
  findings.push(...(await overlaid(disk, evidence, place, records.objects)));
  return {
    incident,
    verified: findings.length === 0,
    items: records.items,
    missing: records.missing,
    purged: objects.purged,
    quarantined: records.quarantined,
    seals: seals.seals,
    // Compare with the fingerprint that was given out: a folder alone vouches for its own key.
    keyIds: seals.keyIds,
    manifestSha256: seals.trusted?.sha256 ?? null,
    contents: records.contents,
    problems: findings.map(describeFinding),
    notObtainable: NOT_OBTAINABLE,
    bytes: objects.bytes,
    findings,
    timestamps: stamps.times,
    unfinished: strays.unfinished,
  };
}

function refuseBadKey(pem: string): void {
  try {
    publicKeyId(pem);
  } catch (cause) {
    throw new EvidenceError(
      'cordon_evidence_key_invalid',
      'Expected a public key in PEM to verify with, found something else. Give the file evidence-signing.pub.pem.',
      { cause },
    );
  }
}

/** Seals there should be: the largest number of any manifest or envelope that is there. */
function sealCount(tree: readonly string[]): number {
  const numbers = tree.map((path) => {
    const match = /^manifest(?:-([1-9][0-9]{0,6}))?(?:[.]dsse)?[.]json$/.exec(path);
    return match === null ? 0 : Number(match[1] ?? 1);
  });
  // A file far beyond the others is a stray, not thousands of missing seals.
  const present = new Set(numbers);
  let count = 0;
  while (present.has(count + 1) || present.has(count + 2)) count += present.has(count + 1) ? 1 : 2;
  return count;
}

function rollback(
  place: CasePlace,
  trusted: StoredManifest | null,
  expected: string | undefined,
): readonly Finding[] {
  if (expected === undefined || trusted?.sha256 === expected) return [];
  const file = `cases/${place.incident}`;
  const found = trusted === null ? 'no valid seal' : trusted.sha256;
  return [
    { kind: 'rolled-back', item: place.incident, file, expected: `manifest ${expected} as the last`, found },
  ];
}

async function verifyObjects(
  disk: Disk,
  evidence: string,
  objects: readonly ExpectedObject[],
): Promise<{
  readonly findings: readonly Finding[];
  readonly bytes: number;
  readonly purged: readonly string[];
}> {
  const findings: Finding[] = [];
  const purged: string[] = [];
  // The same bytes again after a purge are needed again.
  const needed = new Set(objects.filter((object) => !object.purged).map(({ sha256 }) => sha256));
  const seen = new Map<string, { readonly sha256: string; readonly bytes: number } | null>();
  let total = 0;
  for (const object of objects) {
    const file = objectPath(object.sha256);
    let found = seen.get(object.sha256);
    if (found === undefined) {
      found = await hashFile(disk, join(evidence, file));
      seen.set(object.sha256, found);
      total += found?.bytes ?? 0;
    }
    const expected =
      object.bytes === null ? `SHA-256 ${object.sha256}` : bytesText(object.bytes, object.sha256);
    if (found === null && object.purged && !needed.has(object.sha256)) {
      purged.push(object.name);
    } else if (found === null) {
      findings.push({ kind: 'object-missing', item: object.name, file, expected, found: 'no file' });
    } else if (found.sha256 !== object.sha256 || (object.bytes !== null && found.bytes !== object.bytes)) {
      const text = bytesText(found.bytes, found.sha256);
      findings.push({ kind: 'object-altered', item: object.name, file, expected, found: text });
    }
  }
  return { findings, bytes: total, purged };
}

/** In a bucket a version or a delete marker can be put over what is locked: it hides nothing from us, and is named. */
async function overlaid(
  disk: Disk,
  evidence: string,
  place: CasePlace,
  objects: readonly ExpectedObject[],
): Promise<readonly Finding[]> {
  if (disk.remote === undefined) return [];
  const own = new Map(objects.map((object) => [objectPath(object.sha256), object.name]));
  const inCase = (await disk.remote.overlaid(place.folder)).map((each) => ({
    ...each,
    path: `cases/${place.incident}/${each.path}`,
  }));
  const among = (await disk.remote.overlaid(join(evidence, 'objects'))).map((each) => ({
    ...each,
    path: `objects/${each.path}`,
  }));
  return [...inCase, ...among.filter(({ path }) => own.has(path))].map(({ path, found }) => ({
    kind: 'overlaid' as const,
    item: own.get(path) ?? path,
    file: path,
    expected: 'the one version that was written',
    found,
  }));
}

async function hashFile(
  disk: Disk,
  path: string,
): Promise<{ readonly sha256: string; readonly bytes: number } | null> {
  // A link would be followed to bytes that are not in the folder.
  if ((await disk.kindOf(path)) !== 'file') return null;
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of disk.chunks(path)) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}
