import { join } from 'node:path';
import { type Disk, listTree } from './disk.ts';
import type { Finding } from './finding.ts';
import { heldBy, neededObjects } from './known.ts';
import { envelopeFile, manifestFile } from './manifest.ts';
import type { CasePlace } from './place.ts';
import { casePlace, objectPath, readUnfinished } from './place.ts';
import type { StoredRecord } from './record.ts';
import { readRecord, recordFile } from './record.ts';
import { timestampFile } from './timestamp-seal.ts';
import { type EvidencePlace, publicKeyProblem, readEnvelope } from './verify-seals.ts';

interface Known {
  /** Files of the case, relative to its folder. */
  readonly tree: readonly string[];
  readonly records: number;
  readonly seals: number;
}

interface Strays {
  readonly findings: readonly Finding[];
  readonly unfinished: readonly string[];
  /** Objects that a writer is at. */
  readonly marked: readonly string[];
}

/** Finds what belongs to nothing in the case's own folder. */
export async function findStrays(disk: Disk, place: CasePlace, known: Known): Promise<Strays> {
  const findings: Finding[] = [];
  const unfinished: string[] = [];
  const marked: string[] = [];
  for (const path of known.tree) {
    const file = `cases/${place.incident}/${path}`;
    const kind = await disk.kindOf(join(place.folder, path));
    const writing = path.startsWith('unfinished/') ? await unfinishedFile(disk, place, path) : null;
    if (kind === 'file' && writing !== null) {
      unfinished.push(file);
      if (writing.kind === 'mark') marked.push(writing.sha256);
    } else if (kind !== 'file' || !belongs(path, known)) findings.push(stray(file, 'no such file in a case'));
  }
  return { findings, unfinished, marked };
}

/** Finds what belongs to no case: among the objects and the keys, and beside them. */
export async function findStraysBeside(
  from: EvidencePlace,
  place: CasePlace,
  /** Objects that the case's records name or its writers are at, and keys that its seals name. */
  own: { readonly objects: ReadonlySet<string>; readonly keyIds: readonly string[] },
): Promise<readonly Finding[]> {
  const { disk, evidence } = from;
  const findings = [
    ...(await strayObjects(from, place, own.objects)),
    ...(await strayKeys(from, place, own.keyIds)),
  ];
  for (const name of await disk.list(evidence)) {
    if (!['objects', 'public-keys', 'cases'].includes(name)) {
      findings.push(stray(name, 'only objects, public-keys and cases'));
    }
  }
  for (const name of await disk.list(join(evidence, 'cases'))) {
    if ((await disk.kindOf(join(evidence, 'cases', name))) !== 'folder' || !isCaseId(evidence, name)) {
      findings.push(stray(`cases/${name}`, 'only the folders of cases'));
    }
  }
  return findings;
}

function belongs(path: string, known: Known): boolean {
  const record = /^records\/([0-9]{8})[.]json$/.exec(path)?.[1];
  if (record !== undefined) {
    const seq = Number(record);
    return seq >= 1 && seq <= known.records && path === `records/${recordFile(seq)}`;
  }
  for (let number = 1; number <= known.seals; number += 1) {
    if ([manifestFile(number), envelopeFile(number), timestampFile(number)].includes(path)) return true;
  }
  return false;
}

/** A file that a writer is at; a mark is empty, so that no byte can be hidden in one. */
async function unfinishedFile(disk: Disk, place: CasePlace, path: string) {
  const found = readUnfinished(path.slice('unfinished/'.length));
  if (found?.kind !== 'mark') return found;
  const bytes = await disk.read(join(place.folder, path));
  return bytes?.length === 0 ? found : null;
}

async function strayObjects(
  { disk, evidence }: EvidencePlace,
  place: CasePlace,
  own: ReadonlySet<string>,
): Promise<readonly Finding[]> {
  const unknown = (await listTree(disk, join(evidence, 'objects')))
    .map((path) => `objects/${path}`)
    .filter((file) => {
      const sha256 = file.slice(file.lastIndexOf('/') + 1);
      return file !== objectPath(sha256) || !own.has(sha256);
    });
  if (unknown.length === 0) return [];
  // Objects are shared by content: only now are the other cases worth reading.
  const claimed = await objectsOfOtherCases({ disk, evidence }, place.incident);
  return unknown
    .filter((file) => {
      const sha256 = file.slice(file.lastIndexOf('/') + 1);
      return file !== objectPath(sha256) || !claimed.has(sha256);
    })
    .map((file) => stray(file, 'an object that a record of some case names'));
}

/** Objects that the records of other cases need, or what their writers are at; of held cases alone where asked. */
export async function objectsOfOtherCases(
  { disk, evidence }: EvidencePlace,
  incident: string,
  only: { readonly held?: true } = {},
): Promise<ReadonlySet<string>> {
  const claimed = new Set<string>();
  for (const name of await disk.list(join(evidence, 'cases'))) {
    if (name === incident || !isCaseId(evidence, name)) continue;
    const other = casePlace(evidence, name);
    const records: StoredRecord[] = [];
    for (const file of await disk.list(other.records)) {
      const stored = readRecord((await disk.read(join(other.records, file))) ?? new Uint8Array());
      if (stored !== null) records.push(stored);
    }
    if (only.held === true && heldBy(records) === null) continue;
    for (const sha256 of neededObjects(records).keys()) claimed.add(sha256);
    for (const file of await disk.list(other.unfinished)) {
      const found = readUnfinished(file);
      if (found?.kind === 'mark') claimed.add(found.sha256);
    }
  }
  return claimed;
}

async function strayKeys(
  { disk, evidence }: EvidencePlace,
  place: CasePlace,
  own: readonly string[],
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const path of await listTree(disk, join(evidence, 'public-keys'))) {
    const file = `public-keys/${path}`;
    const keyId = /^([0-9a-f]{64})[.]pem$/.exec(path)?.[1];
    if (keyId === undefined) {
      findings.push(stray(file, 'only public keys, named by their id'));
      continue;
    }
    const problem = publicKeyProblem(keyId, (await disk.read(join(evidence, file))) ?? new Uint8Array());
    if (problem === null) {
      if (own.includes(keyId) || (await keysOfOtherCases({ disk, evidence }, place.incident)).has(keyId))
        continue;
      findings.push(stray(file, 'a key that a seal of some case names'));
      continue;
    }
    findings.push({
      kind: 'public-key-altered',
      item: file,
      file,
      expected: `the PEM of key ${keyId}`,
      found: problem,
    });
  }
  return findings;
}

async function keysOfOtherCases(
  { disk, evidence }: EvidencePlace,
  incident: string,
): Promise<ReadonlySet<string>> {
  const named = new Set<string>();
  for (const name of await disk.list(join(evidence, 'cases'))) {
    if (name === incident || !isCaseId(evidence, name)) continue;
    const { folder } = casePlace(evidence, name);
    for (let number = 1; ; number += 1) {
      const bytes = await disk.read(join(folder, envelopeFile(number)));
      const keyId = bytes === null ? null : readEnvelope(bytes)?.signatures[0]?.keyid;
      if (bytes === null) break;
      if (typeof keyId === 'string') named.add(keyId);
    }
  }
  return named;
}

function isCaseId(evidence: string, name: string): boolean {
  try {
    casePlace(evidence, name);
    return true;
  } catch {
    return false; // its only error: the name is not a case's
  }
}

function stray(file: string, expected: string): Finding {
  return { kind: 'stray-file', item: file, file, expected, found: 'a file that belongs to nothing' };
}
