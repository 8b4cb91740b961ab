import { join } from 'node:path';
import { canonicalJson } from '../timeline/canonical.ts';
import type { Signer } from '../timeline/dsse.ts';
import { IN_TOTO_PAYLOAD_TYPE, parseEnvelope, signEnvelope } from '../timeline/dsse.ts';
import type { Disk } from './disk.ts';
import { publishFile } from './disk.ts';
import { damaged } from './journal.ts';
import type { StoredManifest } from './manifest.ts';
import { buildManifest, envelopeFile, manifestFile, manifestStatement, readManifest } from './manifest.ts';
import type { CasePlace } from './place.ts';
import { publicKeyPath } from './place.ts';
import type { StoredRecord } from './record.ts';
import { readCanonical } from './record.ts';

export interface SealRequest {
  readonly disk: Disk;
  readonly evidence: string;
  readonly place: CasePlace;
  readonly signer: Signer;
  /** All records of the case. */
  readonly records: readonly StoredRecord[];
  readonly now: Date;
  temporary(): string;
}

export interface Seal {
  readonly manifest: StoredManifest;
  readonly keyId: string;
}

/**
 * Seals all records so far: writes the next manifest, unless the last one covers them already, and its
 * signed envelope, unless it is there. So a seal that was cut off anywhere is finished by the next one.
 * Throws `cordon_evidence_case_damaged` when an earlier manifest does not fit the records.
 */
export async function sealCase(request: SealRequest): Promise<Seal> {
  for (;;) {
    const last = await lastManifest(request);
    if (last !== null) {
      const keyId = await ensureEnvelope(request, last);
      if (last.manifest.records.length >= request.records.length) return { manifest: last, keyId };
    }
    const next = buildManifest({
      incident: request.place.incident,
      number: (last?.manifest.number ?? 0) + 1,
      previous: last?.sha256 ?? null,
      sealedAt: request.now.toISOString(),
      records: request.records,
    });
    const path = join(request.place.folder, manifestFile(next.manifest.number));
    // When another process was faster, its manifest is looked at in the next round.
    await publishFile(request.disk, request.temporary(), path, next.bytes, 0o400);
  }
}

/** The newest manifest, checked against the records that it covers. */
async function lastManifest(request: SealRequest): Promise<StoredManifest | null> {
  const { disk, place, records } = request;
  let last: StoredManifest | null = null;
  for (;;) {
    const number: number = (last?.manifest.number ?? 0) + 1;
    const bytes = await disk.read(join(place.folder, manifestFile(number)));
    if (bytes === null) return last;
    const found = readManifest(bytes);
    const previous: string | null = last?.sha256 ?? null;
    const rebuilt =
      found === null
        ? null
        : buildManifest({
            incident: place.incident,
            number,
            previous,
            sealedAt: found.manifest.sealedAt,
            // Another process may have sealed a record that came after `records` was read.
            records: records.slice(0, found.manifest.records.length),
          });
    const newer = found !== null && found.manifest.records.length > records.length;
    if (found === null || (!newer && rebuilt?.sha256 !== found.sha256)) {
      throw damaged(place, manifestFile(number), 'the manifest of the records before it', 'other bytes');
    }
    last = found;
  }
}

async function ensureEnvelope(request: SealRequest, stored: StoredManifest): Promise<string> {
  const { disk, place, evidence, signer } = request;
  const file = envelopeFile(stored.manifest.number);
  const path = join(place.folder, file);
  const found = await disk.read(path);
  if (found === null) {
    const payload = Buffer.from(canonicalJson(manifestStatement(stored)), 'utf8');
    const envelope = await signEnvelope(signer, IN_TOTO_PAYLOAD_TYPE, payload);
    // Only now: a key that refused to sign has no place among those that seals name.
    await ensurePublicKey(request);
    const bytes = Buffer.from(
      canonicalJson({ ...envelope, signatures: envelope.signatures.map((s) => ({ ...s })) }),
    );
    if (await publishFile(disk, request.temporary(), path, bytes, 0o400)) return signer.keyId;
  }
  const bytes = found ?? (await disk.read(path));
  const value = bytes === null ? undefined : readCanonical(bytes);
  if (value === undefined) throw damaged(place, file, 'a signed envelope', 'other bytes');
  const keyId = parseEnvelope(value).signatures[0]?.keyid ?? '';
  if ((await disk.read(join(evidence, publicKeyPath(keyId)))) === null && keyId === signer.keyId) {
    await ensurePublicKey(request);
  }
  return keyId;
}

async function ensurePublicKey(request: SealRequest): Promise<void> {
  const { disk, evidence, signer } = request;
  await disk.makeFolder(join(evidence, 'public-keys'));
  const path = join(evidence, publicKeyPath(signer.keyId));
  if ((await disk.read(path)) !== null) return;
  await publishFile(disk, request.temporary(), path, Buffer.from(signer.publicKeyPem), 0o444);
}
