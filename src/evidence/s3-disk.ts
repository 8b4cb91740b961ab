import { createHash } from 'node:crypto';
import { join, relative, sep } from 'node:path';
import { type Disk, listTree, nodeDisk } from './disk.ts';
import type { ObjectStore, ObjectVersion } from './object-store.ts';

/**
 * An evidence folder that lies in a bucket. What is being written stays on this machine, in the case's folder
 * for unfinished files; a finished file becomes an object of the same path. So the store, the seals and the
 * verifier are the same code as on a local folder, and pass the same tests.
 */
export function s3Disk(options: {
  readonly store: ObjectStore;
  /** The evidence folder's path on this machine; only unfinished files lie there. */
  readonly folder: string;
  /** Of every key, ending in `/` or empty. */
  readonly prefix: string;
  readonly local?: Disk;
}): Disk {
  const { store, folder, prefix } = options;
  const local = options.local ?? nodeDisk;

  function placeOf(path: string): string {
    return relative(folder, path).split(sep).join('/');
  }
  function isLocal(path: string): boolean {
    return /^cases\/[^/]+\/unfinished(?:\/|$)/.test(placeOf(path));
  }
  const keyOf = (path: string) => prefix + placeOf(path);

  /** The version that was created: later ones were put over it by somebody else. */
  async function first(path: string): Promise<ObjectVersion | undefined> {
    const key = keyOf(path);
    return (await store.versions(key)).find((version) => version.key === key && version.kind === 'object');
  }

  /** Objects below a folder, each key once. */
  async function below(path: string): Promise<readonly string[]> {
    const place = placeOf(path);
    const start = place === '' ? prefix : `${prefix}${place}/`;
    const keys = (await store.versions(start)).filter(({ kind }) => kind === 'object').map(({ key }) => key);
    return [...new Set(keys)].map((key) => key.slice(start.length));
  }

  return {
    async makeFolder(path) {
      if (isLocal(path)) await local.makeFolder(path); // a bucket has no folders
    },
    create: (path, mode) => local.create(path, mode),

    async publish(from, to) {
      const { bytes, sha256 } = await digestOf(local, from);
      const key = keyOf(to);
      let failure: unknown;
      try {
        if ((await store.create(key, { bytes, sha256, content: () => local.chunks(from) })) !== null)
          return true;
      } catch (error) {
        failure = error; // the answer may be lost and the object there: that is looked at below
      }
      const taken = await first(to);
      const there = taken === undefined ? null : await store.describe(key, taken.versionId);
      if (there === null) throw failure ?? new RangeError(`${key} is taken, and not there`);
      // The answer to our own write was lost: the bytes under the key are ours. Others' bytes are not.
      return failure !== undefined && there.sha256 === sha256;
    },

    remove: (path) => local.remove(path),

    async read(path) {
      if (isLocal(path)) return local.read(path);
      const version = await first(path);
      if (version === undefined) return null;
      const chunks: Uint8Array[] = [];
      for await (const chunk of store.content(version.key, version.versionId)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },

    async list(path) {
      if (isLocal(path)) return local.list(path);
      const names = (await below(path)).map((name) => name.split('/')[0] ?? '');
      return [...new Set(names)].sort();
    },

    async kindOf(path) {
      if (isLocal(path)) return local.kindOf(path);
      const key = keyOf(path);
      const versions = (await store.versions(key)).filter(({ kind }) => kind === 'object');
      if (versions.some((version) => version.key === key)) return 'file';
      return versions.some((version) => version.key.startsWith(`${key}/`)) ? 'folder' : null;
    },

    async *chunks(path) {
      if (isLocal(path)) {
        yield* local.chunks(path);
        return;
      }
      const version = await first(path);
      if (version === undefined)
        throw Object.assign(new Error(`no object ${keyOf(path)}`), { code: 'ENOENT' });
      yield* store.content(version.key, version.versionId);
    },

    remote: {
      async tree(path) {
        const unfinished = (await listTree(local, path)).filter((name) => isLocal(join(path, name)));
        return [...(await below(path)), ...unfinished].sort();
      },

      async placeOf(path) {
        const version = await first(path);
        return version === undefined ? null : store.describe(version.key, version.versionId);
      },

      async hold(path, on) {
        const version = await first(path);
        if (version !== undefined) await store.legalHold(version.key, version.versionId, on);
      },
      async retainUntil(path, until) {
        const version = await first(path);
        if (version !== undefined) await store.retainUntil(version.key, version.versionId, until);
      },
      async erase(path) {
        const version = await first(path);
        return version === undefined || (await store.remove(version.key, version.versionId));
      },

      async overlaid(path) {
        const start = `${keyOf(path)}/`;
        const seen = new Set<string>();
        return (await store.versions(start)).flatMap(({ key, kind, versionId }) => {
          if (kind === 'object' && !seen.has(key)) {
            seen.add(key);
            return [];
          }
          const what = kind === 'object' ? 'a later version' : 'a delete marker';
          return [{ path: key.slice(start.length), found: `${what}, ${versionId}, over it` }];
        });
      },
    },
  };
}

async function digestOf(disk: Disk, path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of disk.chunks(path)) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}
