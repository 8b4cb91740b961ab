import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { cleanText } from '../alert/clean-text.ts';
import type { Json } from '../json.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { timelineMarkdown } from '../postmortem/timeline-markdown.ts';
import { canonicalJson } from '../timeline/canonical.ts';
import type { Signer } from '../timeline/dsse.ts';
import { IN_TOTO_PAYLOAD_TYPE, IN_TOTO_STATEMENT_TYPE, signEnvelope } from '../timeline/dsse.ts';
import { timelinePage } from '../timeline/page.ts';
import { type ArchivedFile, beginArchive } from './archive.ts';
import type { Disk } from './disk.ts';
import { EvidenceError } from './error.ts';
import { neededObjects } from './known.ts';
import { envelopeFile, manifestFile } from './manifest.ts';
import { type CasePlace, casePlace, objectPath, publicKeyPath } from './place.ts';
import { type ReadCase, readCase } from './read-case.ts';
import { recordFile } from './record.ts';
import type { ExportSubject } from './report.ts';
import { evidencePage } from './report.ts';
import { timestampFile } from './timestamp-seal.ts';
import type { CaseReport, Expectations } from './verify.ts';
import { verifyCase } from './verify.ts';

/**
 * One archive that an outsider can check without us: the sealed case as it lies in the store, the timeline, a
 * page for people, two verifiers, and a signed list of all files. It is a function of the case and the timeline
 * alone, so two exports of the same state are the same bytes (an ECDSA signature, of a KMS key, differs each time).
 */

export interface ExportOptions {
  readonly disk: Disk;
  /** The evidence folder. */
  readonly folder: string;
  readonly signer: Signer;
  readonly expectations: Expectations;
  readonly subject: ExportSubject;
  readonly gzip: boolean;
  readonly to: Writable;
}

export interface Exported {
  readonly files: number;
  readonly bytes: number;
  readonly items: number;
  readonly keyId: string;
  /** Digest of the last manifest in the archive. */
  readonly manifestSha256: string;
}

const LISTING = 'SHA256SUMS';
const AUTHORITY_FILE = 'evidence/timestamp-authority.pem';
const TIMESTAMPS = `
4. Seals that an authority time-stamped (RFC 3161) have a file manifest*.timestamp.dsse.json beside them: an envelope as above
   around a statement whose predicate.response is the authority's answer in base64, over the file manifest*.dsse.json. So the
   seal existed at that time, whatever the clock of the machine that made it said. verify.sh checks it with openssl, against the
   certificate in evidence/timestamp-authority.pem: compare that one with the authority's own. By hand, with the answer
   decoded to answer.tsr:

     openssl ts -verify -data manifest.dsse.json -in answer.tsr -CAfile timestamp-authority.pem
`;
const EXPORT_PREDICATE = 'urn:cordon:evidence-export:v1';

/**
 * Verifies the case, then writes its archive. Throws `cordon_evidence_not_verified`, and writes nothing, when the
 * case is not as it was sealed: what cannot be verified here could not be verified anywhere else.
 */
export async function exportCase(options: ExportOptions): Promise<Exported> {
  const { disk, folder, subject } = options;
  const place = casePlace(folder, subject.incident.id);
  const report = await verifyCase(folder, place.incident, options.expectations, disk);
  const found = report.verified ? await readCase(disk, place) : null;
  const last = found?.manifests.at(-1);
  if (found === null || last === undefined) throw notVerified(place.incident, report);

  const archive = beginArchive({
    folder: `cordon-${place.incident}`,
    modifiedAt: new Date(last.manifest.sealedAt),
    gzip: options.gzip,
    to: options.to,
  });
  const listed: ArchivedFile[] = [];
  const text = async (name: string, content: string | Uint8Array) => {
    const bytes = Buffer.from(content);
    listed.push(await archive.add({ name, bytes: bytes.length, content: bytes }));
  };
  await text('README.txt', await readme(subject, report, options.signer.keyId));
  await text('report.html', evidencePage(subject, found, report));
  for (const name of ['verify.mjs', 'verify.sh']) await text(name, await readFile(verifierFile(name)));
  await addTimeline(subject, text);
  for (const path of sealedFiles(place, found, report, options.signer.keyId)) {
    const bytes = await disk.read(join(folder, path));
    // The key that signs this archive may be newer than every seal in it.
    await text(`evidence/${path}`, bytes ?? options.signer.publicKeyPem);
  }
  const authorities = options.expectations.authorities ?? [];
  if (authorities.length > 0) await text(AUTHORITY_FILE, `${authorities.join('\n')}\n`);
  for (const [sha256, bytes] of neededObjects(found.records)) {
    const path = objectPath(sha256);
    const size = bytes ?? (await sizeOf(disk, join(folder, path)));
    const added = await archive.add({
      name: `evidence/${path}`,
      bytes: size,
      content: disk.chunks(join(folder, path)),
    });
    if (added.sha256 !== sha256) throw new RangeError(`object ${sha256} changed while it was exported`);
    listed.push(added);
  }
  const listing = Buffer.from(listed.map((file) => `${file.sha256}  ${file.name}\n`).join(''));
  await archive.add({ name: LISTING, bytes: listing.length, content: listing });
  const envelope = Buffer.from(await signListing(options.signer, listing, place.incident, last.sha256));
  await archive.add({ name: `${LISTING}.dsse.json`, bytes: envelope.length, content: envelope });
  await archive.finish();
  return {
    files: listed.length + 2,
    bytes: listed.reduce((sum, file) => sum + file.bytes, 0),
    items: report.items,
    keyId: options.signer.keyId,
    manifestSha256: last.sha256,
  };
}

function notVerified(incident: string, report: CaseReport): EvidenceError {
  const problems = report.problems.slice(0, 5).join('; ') || 'no seal';
  return new EvidenceError(
    'cordon_evidence_not_verified',
    `Expected the evidence of ${incident} to verify before it is exported, found: ${cleanText(problems, 1_000)}. ` +
      `Run \`cordon evidence verify ${incident}\`; evidence that is not sealed yet can be exported after the next seal.`,
  );
}

function verifierFile(name: string): string {
  return join(PACKAGE_ROOT, 'verifier', name);
}

async function readme(subject: ExportSubject, report: CaseReport, keyId: string): Promise<string> {
  const template = await readFile(verifierFile('README.txt'), 'utf8');
  const fills: Readonly<Record<string, string>> = {
    incident: `${subject.incident.name} (${subject.incident.id})`,
    title: cleanText(subject.incident.title, 300),
    fingerprint: report.keyIds.length === 1 ? keyId : report.keyIds.join(' and '),
    timestamps: report.timestamps.some(({ at }) => at !== null) ? TIMESTAMPS : '',
  };
  // A function, so that no text from outside is read as a replacement pattern.
  return `${template.replace(/\{\{([a-z]+)\}\}/g, (_, name: string) => fills[name] ?? '').trimEnd()}\n`;
}

async function addTimeline(
  subject: ExportSubject,
  text: (name: string, content: string) => Promise<void>,
): Promise<void> {
  const { incident, entries, head } = subject;
  // An entry is plain JSON by its type; canonical, so that the same timeline is the same bytes.
  const lines = entries.map((entry) => `${canonicalJson({ ...entry } as Record<string, Json>)}\n`);
  const of = {
    name: incident.name,
    chain: incident.id,
    title: incident.title,
    entries,
    ...(head === undefined ? {} : { head }),
  };
  await text('timeline/timeline.jsonl', lines.join(''));
  await text('timeline/timeline.html', timelinePage(of));
  await text('timeline/timeline.md', timelineMarkdown(of));
}

/** Records, manifests, envelopes and keys, as paths in the evidence folder. */
function sealedFiles(
  place: CasePlace,
  found: ReadCase,
  report: CaseReport,
  ownKeyId: string,
): readonly string[] {
  const inCase = [
    ...found.records.map(({ record }) => `records/${recordFile(record.seq)}`),
    ...found.manifests.flatMap(({ manifest: { number } }) => [
      manifestFile(number),
      envelopeFile(number),
      ...(report.timestamps.some(({ seal, at }) => seal === number && at !== null)
        ? [timestampFile(number)]
        : []),
    ]),
  ];
  const keyIds = [...new Set([...report.keyIds, ownKeyId])].sort();
  return [
    ...inCase.map((path) => `cases/${place.incident}/${path}`),
    ...keyIds.map((keyId) => publicKeyPath(keyId)),
  ];
}

async function sizeOf(disk: Disk, path: string): Promise<number> {
  let size = 0;
  for await (const chunk of disk.chunks(path)) size += chunk.length;
  return size;
}

async function signListing(
  signer: Signer,
  listing: Uint8Array,
  incident: string,
  manifestSha256: string,
): Promise<string> {
  const statement = {
    _type: IN_TOTO_STATEMENT_TYPE,
    subject: [{ name: LISTING, digest: { sha256: createHash('sha256').update(listing).digest('hex') } }],
    predicateType: EXPORT_PREDICATE,
    predicate: { incident, manifestSha256 },
  };
  const payload = Buffer.from(canonicalJson(statement), 'utf8');
  const envelope = await signEnvelope(signer, IN_TOTO_PAYLOAD_TYPE, payload);
  return canonicalJson({ ...envelope, signatures: envelope.signatures.map((each) => ({ ...each })) });
}
