import { createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson, sha256Hex } from '../timeline/canonical.ts';
import type { Envelope } from '../timeline/dsse.ts';
import {
  EnvelopeError,
  IN_TOTO_PAYLOAD_TYPE,
  openEnvelope,
  parseEnvelope,
  publicKeyId,
} from '../timeline/dsse.ts';
import type { Disk } from './disk.ts';
import { bytesText, type Finding, type FindingKind } from './finding.ts';
import type { StoredManifest } from './manifest.ts';
import { envelopeFile, manifestFile, manifestStatement, readManifest } from './manifest.ts';
import type { CasePlace } from './place.ts';
import { publicKeyPath } from './place.ts';
import { readCanonical } from './record.ts';

/** What the seals of a case say, and which of it a signature stands behind. */
export interface SealCheck {
  readonly findings: readonly Finding[];
  /** The newest manifest with a valid signature; null when there is none. */
  readonly trusted: StoredManifest | null;
  readonly seals: number;
  readonly keyIds: readonly string[];
}

/** Where evidence lies. */
export interface EvidencePlace {
  readonly disk: Disk;
  readonly evidence: string;
}

/** Checks manifests 1 to `count` with their envelopes; `publicKeyPem` is the only key trusted, if given. */
export async function verifySeals(
  from: EvidencePlace,
  place: CasePlace,
  count: number,
  publicKeyPem: string | undefined,
): Promise<SealCheck> {
  const findings: Finding[] = [];
  const keyIds = new Set<string>();
  let trusted: StoredManifest | null = null;
  let previous: string | null = null;
  for (let number = 1; number <= count; number += 1) {
    const seal = await verifySeal({ from, place, number, previous, publicKeyPem });
    findings.push(...seal.findings);
    if (seal.keyId !== null) keyIds.add(seal.keyId);
    if (seal.trusted !== null) trusted = seal.trusted;
    previous = seal.signedDigest;
  }
  return { findings, trusted, seals: count, keyIds: [...keyIds] };
}

interface OneSeal {
  readonly findings: readonly Finding[];
  readonly trusted: StoredManifest | null;
  /** The manifest's digest as signed, else as found: what the next manifest must name. */
  readonly signedDigest: string | null;
  readonly keyId: string | null;
}

async function verifySeal(request: {
  readonly from: EvidencePlace;
  readonly place: CasePlace;
  readonly number: number;
  readonly previous: string | null;
  readonly publicKeyPem: string | undefined;
}): Promise<OneSeal> {
  const { place, number } = request;
  const manifestName = manifestFile(number);
  const envelopeName = envelopeFile(number);
  const findings: Finding[] = [];
  const report = (kind: FindingKind, name: string, expected: string, found: string) => {
    findings.push({ kind, item: name, file: `cases/${place.incident}/${name}`, expected, found });
  };
  const bytes = await request.from.disk.read(join(place.folder, manifestName));
  const envelopeBytes = await request.from.disk.read(join(place.folder, envelopeName));
  if (bytes === null) report('manifest-missing', manifestName, 'the manifest of a seal', 'no file');
  if (envelopeBytes === null) report('envelope-missing', envelopeName, 'the signature of a seal', 'no file');
  const sha256 = bytes === null ? null : sha256Hex(bytes);
  const nothing: OneSeal = { findings, trusted: null, signedDigest: sha256, keyId: null };

  const envelope = envelopeBytes === null ? null : readEnvelope(envelopeBytes);
  if (envelope === null) {
    if (envelopeBytes !== null) {
      const found = bytesText(envelopeBytes.length, sha256Hex(envelopeBytes));
      report('envelope-altered', envelopeName, 'the canonical JSON of a DSSE envelope', found);
    }
    return nothing;
  }
  const keyId = envelope.signatures[0]?.keyid ?? '';
  const key = await readPublicKey(request.from, keyId, request.publicKeyPem);
  if (key.kind !== 'key') {
    findings.push({
      kind: key.kind,
      item: envelopeName,
      // An id that is none becomes no path: then the envelope that names it is what is wrong.
      file: KEY_ID.test(keyId) ? publicKeyPath(keyId) : `cases/${place.incident}/${envelopeName}`,
      expected: `the public key with id ${keyId}`,
      found: key.found,
    });
    return { ...nothing, keyId };
  }
  const payload = openEnvelope(envelope, IN_TOTO_PAYLOAD_TYPE, key.pem);
  if (payload === null) {
    const expected = `a signature by the key ${publicKeyId(key.pem)}`;
    report('signature-invalid', envelopeName, expected, `one that does not verify, under key id ${keyId}`);
    return { ...nothing, keyId };
  }
  const signed = signedManifestDigest(payload, place.incident, number);
  if (signed === null) {
    // Validly signed, but moved here: from another seal, or another case.
    const expected = `the signature of ${manifestName} of ${place.incident}`;
    report('envelope-altered', envelopeName, expected, 'a signed statement about something else');
    return { ...nothing, keyId };
  }
  if (bytes === null) return { ...nothing, signedDigest: signed, keyId };
  const stored = readManifest(bytes);
  const fits =
    stored !== null &&
    signed === sha256 &&
    stored.manifest.number === number &&
    stored.manifest.incident === place.incident &&
    stored.manifest.previous === request.previous &&
    Buffer.from(canonicalJson(manifestStatement(stored)), 'utf8').equals(payload);
  if (!fits) {
    const expected =
      signed === sha256
        ? `manifest ${number} of ${place.incident} after ${request.previous ?? 'none'}`
        : `SHA-256 ${signed}`;
    report('manifest-altered', manifestName, expected, bytesText(bytes.length, sha256 ?? ''));
  }
  return { findings, trusted: fits ? stored : null, signedDigest: signed, keyId };
}

/** Reads bytes that must be exactly the canonical JSON of an envelope; null when they are not. */
export function readEnvelope(bytes: Uint8Array): Envelope | null {
  const value = readCanonical(bytes);
  if (value === undefined) return null;
  try {
    return parseEnvelope(value);
  } catch (error) {
    if (error instanceof EnvelopeError) return null;
    throw error;
  }
}

const statementSchema = z.object({
  subject: z.tuple([z.strictObject({ name: z.string(), digest: z.strictObject({ sha256: z.string() }) })]),
  predicate: z.object({ incident: z.string(), number: z.int() }),
});

/** The digest that a verified statement gives for this manifest; null when it speaks of another one. */
function signedManifestDigest(payload: Uint8Array, incident: string, number: number): string | null {
  const statement = statementSchema.safeParse(readCanonical(payload));
  if (!statement.success) return null;
  const { predicate } = statement.data;
  const [subject] = statement.data.subject;
  const speaksOfIt =
    subject.name === manifestFile(number) && predicate.incident === incident && predicate.number === number;
  return speaksOfIt ? subject.digest.sha256 : null;
}

const KEY_ID = /^[0-9a-f]{64}$/;

type KeyAnswer =
  | { readonly kind: 'key'; readonly pem: string }
  | { readonly kind: 'public-key-missing' | 'public-key-altered'; readonly found: string };

/** The key that an envelope names, as the folder has it or as it was given. */
export async function readPublicKey(
  { disk, evidence }: EvidencePlace,
  keyId: string,
  pinned: string | undefined,
): Promise<KeyAnswer> {
  if (pinned !== undefined) return { kind: 'key', pem: pinned };
  // The id comes from the envelope: whoever can write there chose it, and it becomes a file name.
  const bytes = KEY_ID.test(keyId) ? await disk.read(join(evidence, publicKeyPath(keyId))) : null;
  if (bytes === null) return { kind: 'public-key-missing', found: 'no such key in the folder' };
  const problem = publicKeyProblem(keyId, bytes);
  return problem === null
    ? { kind: 'key', pem: Buffer.from(bytes).toString('utf8') }
    : { kind: 'public-key-altered', found: problem };
}

/** Says what is wrong with the file of a public key; null when it is exactly the PEM of the key it is named for. */
export function publicKeyProblem(keyId: string, bytes: Uint8Array): string | null {
  const pem = Buffer.from(bytes).toString('utf8');
  let canonical: string;
  try {
    canonical = createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString();
  } catch {
    return 'no public key in PEM'; // the parser's error says no more
  }
  const found = publicKeyId(canonical);
  if (found !== keyId) return `the key ${found}`;
  return canonical === pem ? null : 'the same key in another spelling';
}
