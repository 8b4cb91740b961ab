import { join } from 'node:path';
import { canonicalJson } from '../timeline/canonical.ts';
import { type Checkpoint, readCheckpoint } from '../timeline/checkpoint.ts';
import type { Envelope } from '../timeline/dsse.ts';
import { IN_TOTO_PAYLOAD_TYPE, openEnvelope } from '../timeline/dsse.ts';
import { type Disk, publishFile } from './disk.ts';
import { readEnvelope } from './verify-seals.ts';

/**
 * Signed checkpoints as files, outside the database: `<data>/checkpoints/000000000042.dsse.json` covers the
 * first 42 records of the log. The newest says all that the older ones say, so only some are kept.
 */

const KEPT = 64;

/** What one file of the folder says. */
export interface CheckpointFile {
  readonly file: string;
  /** Null when no signature of the trusted key stands behind what it says. */
  readonly checkpoint: Checkpoint | null;
}

/** Returns the name of the file of a checkpoint over `size` records. */
function checkpointFile(size: number): string {
  return `${String(size).padStart(12, '0')}.dsse.json`;
}

/** Writes a signed checkpoint, unless it is there, and removes all but the newest. */
export async function writeCheckpointFile(
  disk: Disk,
  folder: string,
  signed: { readonly size: number; readonly envelope: string; readonly owner: string },
): Promise<void> {
  await disk.makeFolder(folder);
  const path = join(folder, checkpointFile(signed.size));
  const temporary = join(folder, `.${signed.owner}.part`);
  // Left by a process that was killed while it wrote: the owner is this one, so nobody writes it now.
  await disk.remove(temporary);
  await publishFile(disk, temporary, path, Buffer.from(signed.envelope), 0o400);
  const files = (await disk.list(folder)).filter((name) => /^[0-9]{12}[.]dsse[.]json$/.test(name));
  for (const name of files.slice(0, -KEPT)) await disk.remove(join(folder, name));
}

/** Reads the signed checkpoints of a folder, oldest first, each verified with the trusted key. */
export async function readCheckpointFiles(
  disk: Disk,
  folder: string,
  publicKeyPem: string,
): Promise<readonly CheckpointFile[]> {
  const read: CheckpointFile[] = [];
  for (const file of await disk.list(folder)) {
    if (file.startsWith('.')) continue; // being written
    const bytes = (await disk.read(join(folder, file))) ?? new Uint8Array();
    const envelope = readEnvelope(bytes);
    const checkpoint = envelope === null ? null : openCheckpoint(envelope, publicKeyPem);
    read.push({
      file,
      checkpoint: checkpoint !== null && checkpointFile(checkpoint.size) === file ? checkpoint : null,
    });
  }
  return read;
}

function openCheckpoint(envelope: Envelope, publicKeyPem: string): Checkpoint | null {
  const payload = openEnvelope(envelope, IN_TOTO_PAYLOAD_TYPE, publicKeyPem);
  return payload === null ? null : readCheckpoint(payload);
}

/** Returns an envelope as it is stored. */
export function envelopeText(envelope: Envelope): string {
  return canonicalJson({ ...envelope, signatures: envelope.signatures.map((each) => ({ ...each })) });
}
