import { join } from 'node:path';
import type { EvidenceLine } from '../postmortem/evidence-summary.ts';
import { sha256Hex } from '../timeline/canonical.ts';
import type { Disk } from './disk.ts';
import { bytesText, type Finding } from './finding.ts';
import type { ManifestLine, StoredManifest } from './manifest.ts';
import { recordsRoot } from './manifest.ts';
import type { CasePlace } from './place.ts';
import type { StoredRecord } from './record.ts';
import { FIRST_PREVIOUS, readRecord, recordFile, recordName } from './record.ts';

/** The records of a case: each held to the manifest that lists it, or to the chain, and what they say should be there. */

/** What an attacker wrote, by the record of it. */
export interface QuarantineLine {
  readonly name: string;
  readonly events: number;
  readonly place: string;
  /** Removed since, as a sealed tombstone says. */
  readonly purged: boolean;
}

/** An object that a record names. */
export interface ExpectedObject {
  readonly name: string;
  readonly sha256: string;
  /** Null for bytes left by an interrupted write, whose size no record has. */
  readonly bytes: number | null;
  /** A later record says that it was removed. */
  readonly purged: boolean;
}

interface RecordCheck {
  readonly findings: readonly Finding[];
  readonly objects: readonly ExpectedObject[];
  readonly contents: readonly EvidenceLine[];
  readonly quarantined: readonly QuarantineLine[];
  readonly items: number;
  readonly missing: number;
  /** Records that there are or should be: files with a higher number are strays. */
  readonly count: number;
}

/** Records that a trusted manifest lists are held to it; later ones to their chain, and said to be unsealed. */
export async function verifyRecords(
  disk: Disk,
  place: CasePlace,
  tree: readonly string[],
  trusted: StoredManifest | null,
): Promise<RecordCheck> {
  const findings: Finding[] = [];
  const objects: ExpectedObject[] = [];
  const contents: EvidenceLine[] = [];
  const quarantined = new Map<string, QuarantineLine>();
  const lines = trusted?.manifest.records ?? [];
  const present = new Set(tree);
  const bytesOf: Uint8Array[] = [];
  let items = 0;
  let missing = 0;
  let prevHash = FIRST_PREVIOUS;
  let seq = 1;
  for (; seq <= lines.length || present.has(`records/${recordFile(seq)}`); seq += 1) {
    const line = lines[seq - 1];
    const bytes = await disk.read(join(place.records, recordFile(seq)));
    const stored = bytes === null ? null : readRecord(bytes);
    const problem = recordProblem(place, seq, { line, bytes, stored, prevHash });
    if (problem !== null) findings.push(problem);
    else if (line === undefined && stored !== null) findings.push(notSealed(place, seq, stored));
    if (bytes !== null) bytesOf.push(bytes);
    prevHash = line?.sha256 ?? (bytes === null ? prevHash : sha256Hex(bytes));
    const kind = line?.kind ?? stored?.record.kind;
    if (kind === 'item') items += 1;
    if (kind === 'missing') missing += 1;
    const content = problem === null && stored !== null ? contentLine(stored) : null;
    if (content !== null) contents.push(content);
    const object = expectedObject(line, stored, problem === null);
    if (object !== null) objects.push({ ...object, purged: false });
    if (problem === null && stored?.record.kind === 'quarantined') {
      const { name, events, place: where, sha256 } = stored.record.quarantine;
      quarantined.set(`${sha256} ${name}`, { name, events, place: where, purged: false });
    }
    if (problem === null && stored?.record.kind === 'purged') {
      const gone = new Set(stored.record.purge.objects);
      objects.forEach((each, index) => {
        if (gone.has(each.sha256)) objects[index] = { ...each, purged: true };
      });
      const apart = new Set(stored.record.purge.quarantined ?? []);
      for (const [key, each] of quarantined) {
        if (apart.has(key.slice(0, 64))) quarantined.set(key, { ...each, purged: true });
      }
    }
  }
  const whole = findings.every((finding) => finding.kind === 'not-sealed');
  if (
    trusted !== null &&
    whole &&
    recordsRoot(bytesOf.slice(0, lines.length)) !== trusted.manifest.merkleRoot
  ) {
    const file = `cases/${place.incident}/records`;
    const expected = `Merkle root ${trusted.manifest.merkleRoot}`;
    findings.push({ kind: 'manifest-altered', item: file, file, expected, found: 'another root' });
  }
  const apart = [...quarantined.values()];
  return { findings, objects, contents, quarantined: apart, items, missing, count: seq - 1 };
}

function recordProblem(
  place: CasePlace,
  seq: number,
  at: {
    readonly line: ManifestLine | undefined;
    readonly bytes: Uint8Array | null;
    readonly stored: StoredRecord | null;
    readonly prevHash: string;
  },
): Finding | null {
  const file = `cases/${place.incident}/records/${recordFile(seq)}`;
  const { line, bytes, stored, prevHash } = at;
  const item = line?.name ?? (stored === null ? file : recordName(stored.record));
  const expected = line === undefined ? `record ${seq} of the chain` : bytesText(line.bytes, line.sha256);
  if (bytes === null) return { kind: 'record-missing', item, file, expected, found: 'no file' };
  const found = bytesText(bytes.length, sha256Hex(bytes));
  if (line !== undefined) {
    return sha256Hex(bytes) === line.sha256 ? null : { kind: 'record-altered', item, file, expected, found };
  }
  const fits =
    stored !== null &&
    stored.record.seq === seq &&
    stored.record.incident === place.incident &&
    stored.record.prevHash === prevHash;
  return fits ? null : { kind: 'record-altered', item, file, expected, found };
}

function notSealed(place: CasePlace, seq: number, stored: StoredRecord): Finding {
  return {
    kind: 'not-sealed',
    item: recordName(stored.record),
    file: `cases/${place.incident}/records/${recordFile(seq)}`,
    expected: 'a seal over this record',
    found: 'none yet: seal the case again',
  };
}

function contentLine(stored: StoredRecord): EvidenceLine | null {
  const { record } = stored;
  if (record.kind === 'missing') {
    const { name, artifact, reason } = record.gap;
    return { kind: 'missing', name, artifact, reason };
  }
  if (record.kind !== 'item') return null;
  const { name, version, artifact, size, sha256, secret, matchesExpected, apiCall } = record.item;
  const { collectedAt } = record.custody;
  return {
    kind: 'item',
    name,
    version,
    artifact,
    size,
    sha256,
    secret,
    matchesExpected,
    apiCall,
    collectedAt,
  };
}

/** The manifest's word first: an altered record must not decide which object is looked at. */
function expectedObject(
  line: ManifestLine | undefined,
  stored: StoredRecord | null,
  sound: boolean,
): Omit<ExpectedObject, 'purged'> | null {
  if (line?.object) return { name: line.name, ...line.object };
  if (!sound || stored === null) return null;
  const { record } = stored;
  if (record.kind === 'item') {
    return { name: recordName(record), sha256: record.item.sha256, bytes: record.item.objectSize };
  }
  return record.kind === 'abandoned'
    ? { name: recordName(record), sha256: record.object, bytes: null }
    : null;
}
