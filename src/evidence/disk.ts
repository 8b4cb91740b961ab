import { link, lstat, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ObjectPlace } from './object-store.ts';

/**
 * The few file operations that evidence is made of, each durable when its promise resolves, so that a
 * test can fail or cut off every one of them in turn.
 *
 * A file comes into being whole: written and synced under a temporary name, then linked to its own
 * name, which fails when the name is taken. Rename was not used: it replaces what is there.
 */

/** A file that is being written. */
export interface Sink {
  write(chunk: Uint8Array): Promise<void>;
  /** Syncs and closes. */
  finish(): Promise<void>;
  /** Closes without syncing; call it when writing failed. */
  abandon(): Promise<void>;
}

/** What a store that is not a folder of this machine can say besides. */
export interface Remote {
  /** Every file below a folder, relative to it, sorted, from one listing. */
  tree(path: string): Promise<readonly string[]>;
  /** Where a file really is, and under which lock. */
  placeOf(path: string): Promise<ObjectPlace | null>;
  /** Puts a legal hold on a file, or takes it away. */
  hold(path: string, on: boolean): Promise<void>;
  /** Extends the lock of a file; a lock is never shortened. */
  retainUntil(path: string, until: Date): Promise<void>;
  /** Removes a file for good; false while its lock refuses. */
  erase(path: string): Promise<boolean>;
  /** What was put over the files below a folder: they are still there, and somebody wanted them hidden. */
  overlaid(path: string): Promise<readonly { readonly path: string; readonly found: string }[]>;
}

export type Disk = typeof nodeDisk & { readonly remote?: Remote };

export const nodeDisk = {
  /** Makes a folder, and those above it, for the owner alone. */
  async makeFolder(path: string): Promise<void> {
    const made = await mkdir(path, { recursive: true, mode: 0o700 });
    if (made === undefined) return;
    // Each new name is durable once the folder that holds it is synced.
    const top = dirname(resolve(made));
    let holder = dirname(resolve(path));
    while (holder !== top) {
      await syncFolder(holder);
      holder = dirname(holder);
    }
    await syncFolder(top);
  },

  /** Creates a file that does not exist yet, with the given permissions, for one writer. */
  async create(path: string, mode: number): Promise<Sink> {
    const handle = await open(path, 'wx', mode);
    return {
      async write(chunk) {
        let offset = 0;
        while (offset < chunk.length) offset += (await handle.write(chunk, offset)).bytesWritten;
      },
      async finish() {
        await handle.sync();
        await handle.close();
      },
      // Closing a closed handle does nothing, so a failed `finish` may be followed by this.
      abandon: () => handle.close(),
    };
  },

  /** Gives a complete file its own name; false when that name is taken already. */
  async publish(from: string, to: string): Promise<boolean> {
    try {
      await link(from, to);
    } catch (error) {
      if (isCode(error, 'EEXIST')) return false;
      throw error;
    }
    await syncFolder(dirname(to));
    return true;
  },

  /** Removes a file's name; no error when it is gone already. */
  async remove(path: string): Promise<void> {
    try {
      await unlink(path);
    } catch (error) {
      if (!isCode(error, 'ENOENT')) throw error;
    }
  },

  /** The bytes of a small file, or null when there is none. */
  async read(path: string): Promise<Uint8Array | null> {
    try {
      return await readFile(path);
    } catch (error) {
      if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return null;
      throw error;
    }
  },

  /** The names in a folder, sorted; none when there is no such folder. */
  async list(path: string): Promise<readonly string[]> {
    try {
      return (await readdir(path)).sort();
    } catch (error) {
      if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return [];
      throw error;
    }
  },

  /** What is at a path, without following a link; null when nothing is. */
  async kindOf(path: string): Promise<'file' | 'folder' | 'other' | null> {
    try {
      const found = await lstat(path);
      return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
    } catch (error) {
      if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return null;
      throw error;
    }
  },

  /** Streams a file of any size with constant memory. */
  async *chunks(path: string): AsyncIterable<Uint8Array> {
    const handle = await open(path, 'r');
    try {
      yield* handle.createReadStream({ highWaterMark: 1 << 20, autoClose: false });
    } finally {
      await handle.close();
    }
  },
};

/** Writes a small file whole; false, and nothing changed, when its name is taken. */
export async function publishFile(
  disk: Disk,
  temporary: string,
  path: string,
  bytes: Uint8Array,
  mode: number,
): Promise<boolean> {
  const sink = await disk.create(temporary, mode);
  try {
    await sink.write(bytes);
    await sink.finish();
  } catch (error) {
    await sink.abandon().catch(() => {}); // the first error says more
    await disk.remove(temporary).catch(() => {});
    throw error;
  }
  const published = await disk.publish(temporary, path);
  await disk.remove(temporary);
  return published;
}

/** Every file below a folder, as paths relative to it, sorted; links and devices count as files. */
export async function listTree(disk: Disk, folder: string, below = ''): Promise<readonly string[]> {
  if (disk.remote !== undefined) return disk.remote.tree(folder);
  const paths: string[] = [];
  for (const name of await disk.list(join(folder, below))) {
    const path = below === '' ? name : `${below}/${name}`;
    if ((await disk.kindOf(join(folder, path))) === 'folder') {
      paths.push(...(await listTree(disk, folder, path)));
    } else paths.push(path);
  }
  return paths;
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** True for an error of the operating system with this code; not by `instanceof`, which fails across realms. */
export function isCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
