import { createHash } from 'node:crypto';
import type { EvidenceItem } from '../action/ports.ts';
import type { Disk, Sink } from './disk.ts';
import type { SecretWriter } from './secret.ts';
import { writeBehind } from './write-behind.ts';

/** An item's bytes, complete and synced under a temporary name, with their digests. */
export interface Staged {
  readonly path: string;
  /** Of the stored bytes: for a secret item its ciphertext. */
  readonly sha256: string;
  readonly objectSize: number;
  /** Bytes of the content. */
  readonly size: number;
  /** Base64 SHA-256 of the content; it is compared, and recorded only when the item is not secret. */
  readonly contentSha256: string;
  readonly contentMac: string | null;
}

/**
 * Streams an item's content to `path` with constant memory, hashing what it writes. `secret` encrypts it
 * on the way. An error of the source passes through as it is, and the part is removed.
 */
export async function stageContent(
  disk: Disk,
  path: string,
  content: EvidenceItem['content'],
  secret: SecretWriter | null,
): Promise<Staged> {
  const stored = createHash('sha256');
  // What is not secret is stored as it is: one digest is both, and hashing is half of the work.
  const plain = secret === null ? null : createHash('sha256');
  let objectSize = 0;
  let size = 0;
  const sink = await disk.create(path, 0o400);
  const behind = writeBehind(sink);
  const emit = async (bytes: Uint8Array) => {
    if (bytes.length === 0) return;
    stored.update(bytes);
    objectSize += bytes.length;
    await behind.write(bytes);
  };
  try {
    if (secret !== null) await emit(secret.header);
    for await (const chunk of chunksOf(content)) {
      plain?.update(chunk);
      size += chunk.length;
      await emit(secret === null ? chunk : secret.update(chunk));
    }
    if (secret !== null) await emit(secret.finish());
    await behind.drain();
    await sink.finish();
  } catch (error) {
    await behind.settled();
    await discard(disk, path, sink);
    throw error;
  }
  const digest = stored.digest();
  return {
    path,
    sha256: digest.toString('hex'),
    objectSize,
    size,
    contentSha256: (plain?.digest() ?? digest).toString('base64'),
    contentMac: secret?.mac() ?? null,
  };
}

async function* chunksOf(content: EvidenceItem['content']): AsyncIterable<Uint8Array> {
  if (typeof content === 'string') yield Buffer.from(content, 'utf8');
  else if (content instanceof Uint8Array) yield content;
  else yield* content;
}

/** What failed first is what the caller is told; a part that cannot be removed is cleared at the next start. */
async function discard(disk: Disk, path: string, sink: Sink): Promise<void> {
  await sink.abandon().catch(() => {});
  await disk.remove(path).catch(() => {});
}
