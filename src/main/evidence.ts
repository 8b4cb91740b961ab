import { open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemWord } from '../error.ts';
import { nodeDisk } from '../evidence/disk.ts';
import { EvidenceError } from '../evidence/error.ts';
import { expectationsOf } from '../evidence/expectations.ts';
import type { Exported } from '../evidence/export.ts';
import { exportCase } from '../evidence/export.ts';
import { casePlace, objectPath } from '../evidence/place.ts';
import { readCase } from '../evidence/read-case.ts';
import type { ItemRecord } from '../evidence/record.ts';
import type { ExportSubject } from '../evidence/report.ts';
import type { CaseReport } from '../evidence/verify.ts';
import { verifyCase } from '../evidence/verify.ts';
import type { Entry } from '../timeline/entry.ts';
import type { Custody } from './custody.ts';

/**
 * Verifies an incident's evidence where it is kept: the files alone, and against the last seal that the
 * incident's timeline names, when it is given. Throws as `verifyCase` does.
 */
export function verifyEvidence(options: {
  readonly custody: Custody;
  readonly incident: string;
  readonly entries: readonly Entry[];
  readonly publicKeyPem?: string;
}): Promise<CaseReport> {
  const { folder, disk, authority } = options.custody;
  const expected = {
    ...expectationsOf(options.publicKeyPem, options.entries),
    authorities: authority?.certificates ?? [],
  };
  return verifyCase(folder, options.incident, expected, disk);
}

/** The newest item of that name or digest, with its record's digest. Throws `cordon_evidence_case_damaged`. */
export async function findItem(options: {
  readonly custody: Custody;
  readonly incident: string;
  readonly wanted: string;
}): Promise<{ readonly record: ItemRecord; readonly recordSha256: string } | undefined> {
  const { wanted, custody } = options;
  const { records } = await readCase(custody.disk, casePlace(custody.folder, options.incident));
  return records
    .flatMap(({ record, sha256 }) => (record.kind === 'item' ? [{ record, recordSha256: sha256 }] : []))
    .findLast(({ record }) => record.item.name === wanted || record.item.sha256 === wanted);
}

/** Copies the stored bytes of one object to a new file. Throws `cordon_evidence_file_unwritable`. */
export async function copyObject(options: {
  readonly custody: Custody;
  readonly sha256: string;
  readonly file: string;
}): Promise<void> {
  const { custody } = options;
  const path = join(custody.folder, objectPath(options.sha256));
  await written(options.file, async (part) => {
    const sink = await nodeDisk.create(part, 0o600);
    try {
      for await (const chunk of custody.disk.chunks(path)) await sink.write(chunk);
      await sink.finish();
    } catch (error) {
      await sink.abandon().catch(() => {}); // the first error says more
      throw error;
    }
  });
}

/** Writes the archive of a case to `file`, whole or not at all. Throws as `exportCase`, `cordon_evidence_file_unwritable`. */
export async function exportEvidence(options: {
  readonly custody: Custody;
  readonly subject: ExportSubject;
  readonly file: string;
}): Promise<Exported> {
  const { custody, subject, file } = options;
  let exported: Exported | undefined;
  await written(file, async (part) => {
    exported = await exportCase({
      disk: custody.disk,
      folder: custody.folder,
      signer: custody.keys.signer,
      expectations: {
        ...expectationsOf(undefined, subject.entries),
        authorities: custody.authority?.certificates ?? [],
      },
      subject,
      gzip: /[.](?:tar[.]gz|tgz)$/.test(file),
      // Opened first: a stream that opens itself fails before anybody listens.
      to: (await open(part, 'wx', 0o600)).createWriteStream(),
    });
  });
  if (exported === undefined) throw new TypeError('an export that did not fail has a result');
  return exported;
}

/** Lets `work` write beside `file`, then gives it that name; an empty file of that name (of mktemp) is replaced. */
async function written(file: string, work: (part: string) => Promise<void>): Promise<void> {
  const part = `${file}.part`;
  const there = await stat(file).catch(() => null); // not there, or not readable: writing says which
  if (there !== null && (there.size > 0 || !there.isFile())) {
    throw unwritable('expected --out to name a new file; there is one already');
  }
  try {
    await work(part);
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {}); // the first error says more
    if (error instanceof EvidenceError || systemWord(error) === '') throw error;
    throw unwritable(
      `expected --out to be a file that can be written; it could not be${systemWord(error)}`,
      error,
    );
  }
}

function unwritable(message: string, cause?: unknown): EvidenceError {
  return new EvidenceError(
    'cordon_evidence_file_unwritable',
    `${message}. Name another file, in a folder with space.`,
    { cause },
  );
}
