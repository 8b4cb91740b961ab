import { join } from 'node:path';
import { sha256Hex } from '../timeline/canonical.ts';
import { IN_TOTO_PAYLOAD_TYPE, openEnvelope } from '../timeline/dsse.ts';
import { bytesText, type Finding, type FindingKind } from './finding.ts';
import { envelopeFile } from './manifest.ts';
import type { CasePlace } from './place.ts';
import { readTimestamp, verifyTimestamp } from './timestamp.ts';
import { readTimestampStatement, timestampFile } from './timestamp-seal.ts';
import { type EvidencePlace, readEnvelope, readPublicKey } from './verify-seals.ts';

/** When an authority saw the signature of a seal. */
export interface SealTime {
  readonly seal: number;
  /** ISO 8601, UTC; null for a seal without a time stamp. */
  readonly at: string | null;
  /** False where no certificates of the authority were given: then only our own signature over it was checked. */
  readonly trusted: boolean;
}

/** Checks the time stamp of every seal that has one; `authorities` are certificates that it must lead to, PEM. */
export async function verifyTimestamps(
  from: EvidencePlace,
  place: CasePlace,
  seals: number,
  trust: { readonly publicKeyPem: string | undefined; readonly authorities: readonly string[] },
): Promise<{ readonly findings: readonly Finding[]; readonly times: readonly SealTime[] }> {
  const findings: Finding[] = [];
  const times: SealTime[] = [];
  for (let seal = 1; seal <= seals; seal += 1) {
    const file = timestampFile(seal);
    const bytes = await from.disk.read(join(place.folder, file));
    const report = (kind: FindingKind, expected: string, found: string) => {
      findings.push({ kind, item: file, file: `cases/${place.incident}/${file}`, expected, found });
    };
    const time = bytes === null ? null : await verifyOne({ from, place, seal, bytes, trust, report });
    times.push({ seal, at: time, trusted: time !== null && trust.authorities.length > 0 });
  }
  return { findings, times };
}

async function verifyOne(request: {
  readonly from: EvidencePlace;
  readonly place: CasePlace;
  readonly seal: number;
  readonly bytes: Uint8Array;
  readonly trust: { readonly publicKeyPem: string | undefined; readonly authorities: readonly string[] };
  report(kind: FindingKind, expected: string, found: string): void;
}): Promise<string | null> {
  const { from, place, bytes, trust, report } = request;
  const envelope = readEnvelope(bytes);
  const key =
    envelope === null
      ? null
      : await readPublicKey(from, envelope.signatures[0]?.keyid ?? '', trust.publicKeyPem);
  const payload =
    envelope === null || key?.kind !== 'key' ? null : openEnvelope(envelope, IN_TOTO_PAYLOAD_TYPE, key.pem);
  if (payload === null) {
    report(
      'timestamp-altered',
      'a time stamp signed by the key of the seal',
      bytesText(bytes.length, sha256Hex(bytes)),
    );
    return null;
  }
  const name = envelopeFile(request.seal);
  const sealed = await from.disk.read(join(place.folder, name));
  const stated = readTimestampStatement(payload);
  const read = stated === null ? null : readTimestamp(stated.response);
  if (
    sealed === null ||
    stated === null ||
    stated.name !== name ||
    stated.sha256 !== sha256Hex(sealed) ||
    read?.kind !== 'granted' ||
    read.sha256 !== stated.sha256 ||
    read.at !== stated.at
  ) {
    report('timestamp-altered', `the time stamp of ${name} as it is`, 'one of something else');
    return null;
  }
  if (trust.authorities.length === 0) return stated.at;
  const wrong = await verifyTimestamp(stated.response, sealed, trust.authorities);
  if (wrong === null) return stated.at;
  report('timestamp-untrusted', 'a time stamp by the authority whose certificates were given', wrong);
  return null;
}
