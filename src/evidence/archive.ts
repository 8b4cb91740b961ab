import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

/** One file of an archive. */
export interface ArchiveFile {
  /** Below the archive's folder, with `/`. */
  readonly name: string;
  readonly bytes: number;
  readonly content: Uint8Array | AsyncIterable<Uint8Array>;
}

export interface ArchivedFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** An archive that is being written. */
export interface Archive {
  /** Streams one file, with constant memory. Throws a `RangeError` when its content is not as long as it was said to be. */
  add(file: ArchiveFile): Promise<ArchivedFile>;
  /** Writes the end, and waits until everything is written. */
  finish(): Promise<void>;
}

/**
 * Begins a tar archive of one folder. The same files give the same bytes: owner, permissions and time
 * (`modifiedAt`) are the same for every file, whoever writes it and whenever.
 */
export function beginArchive(options: {
  readonly folder: string;
  readonly modifiedAt: Date;
  readonly gzip: boolean;
  readonly to: Writable;
}): Archive {
  const tar = pack();
  const written = options.gzip
    ? pipeline(tar, createGzip({ level: 9 }), options.to)
    : pipeline(tar, options.to);
  // Awaited in `finish`; a failure before that shows there and in `add`, never as an unhandled rejection.
  written.catch(() => {});

  return {
    async add({ name, bytes, content }) {
      const hash = createHash('sha256');
      async function* counted() {
        let size = 0;
        for await (const chunk of content instanceof Uint8Array ? [content] : content) {
          hash.update(chunk);
          size += chunk.length;
          if (size > bytes) break;
          yield chunk;
        }
        if (size === bytes) return;
        throw new RangeError(`expected ${bytes} bytes of ${name}, found ${size > bytes ? 'more' : size}`);
      }
      const entry = tar.entry({
        name: `${options.folder}/${name}`,
        size: bytes,
        mode: 0o644,
        uid: 0,
        gid: 0,
        uname: '',
        gname: '',
        mtime: options.modifiedAt,
      });
      // A folder that is full ends the archive, and with it the wait for its next drain.
      await Promise.race([pipeline(counted, entry), written]);
      return { name, bytes, sha256: hash.digest('hex') };
    },
    async finish() {
      tar.finalize();
      await written;
    },
  };
}
