import { join } from 'node:path';
import type { Disk } from './disk.ts';

/** Where what an attacker wrote is kept: apart from evidence, under no lock, so that it can be removed at any time. */
export interface QuarantineStore {
  /** Keeps the finished file at `from`, named by its SHA-256; returns where, for the record. */
  keep(
    incident: string,
    from: string,
    file: { readonly sha256: string; readonly bytes: number },
  ): Promise<string>;
  /** What lies there of an incident, by the name that `remove` takes; also what no record speaks of. */
  list(incident: string): Promise<readonly string[]>;
  /** Removes one of it; no error when it is gone already. */
  remove(incident: string, name: string): Promise<void>;
}

/** A folder of this machine, beside that of evidence: `<data>/quarantine/<incident>/<sha256>`. */
export function quarantineFolder(disk: Disk, folder: string): QuarantineStore {
  return {
    async keep(incident, from, { sha256 }) {
      const path = join(folder, incident, sha256);
      await disk.makeFolder(join(folder, incident));
      // Written anew, since `from` may be on another file system; the same bytes again are there already.
      if ((await disk.kindOf(path)) === null) {
        const part = `${path}.part`;
        await disk.remove(part);
        const sink = await disk.create(part, 0o600);
        try {
          for await (const chunk of disk.chunks(from)) await sink.write(chunk);
          await sink.finish();
        } catch (error) {
          await sink.abandon().catch(() => {}); // the first error says more
          throw error;
        }
        await disk.publish(part, path);
        await disk.remove(part);
      }
      return `quarantine/${incident}/${sha256}`;
    },
    list: (incident) => disk.list(join(folder, incident)),
    remove: (incident, name) => disk.remove(join(folder, incident, name)),
  };
}
