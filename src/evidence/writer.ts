import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Disk, isCode, nodeDisk } from './disk.ts';
import type { CasePlace, Owner } from './place.ts';
import { ownerName, readUnfinished } from './place.ts';

/** One store's hand on the disk: its temporary names, and what it knows of other writers. */
export interface Writer {
  readonly disk: Disk;
  readonly random: (bytes: number) => Uint8Array;
  /** A new temporary path in the case's folder for unfinished files, and the owner that it names. */
  begin(place: CasePlace): { readonly owner: string; readonly part: string };
  end(owner: string): void;
  isGone(owner: Owner): boolean;
}

/** Creates the writer of one store. */
export function createWriter(options: {
  readonly random?: (bytes: number) => Uint8Array;
  readonly disk?: Disk;
  readonly isRunning?: (pid: number) => boolean;
}): Writer {
  const random = options.random ?? ((bytes: number) => randomBytes(bytes));
  const store = Buffer.from(random(8)).toString('hex');
  const host = ownerHost();
  const isRunning = options.isRunning ?? processRuns;
  const live = new Set<string>();
  let writes = 0;
  return {
    disk: options.disk ?? nodeDisk,
    random,
    begin(place) {
      writes += 1;
      const owner = ownerName({ host, pid: process.pid, store, write: String(writes) });
      live.add(owner);
      return { owner, part: join(place.unfinished, `${owner}.part`) };
    },
    end: (owner) => void live.delete(owner),
    isGone(owner) {
      if (owner.host !== host) return false;
      if (owner.pid !== process.pid) return !isRunning(owner.pid);
      return owner.store === store && !live.has(ownerName(owner));
    },
  };
}

function ownerHost(): string {
  return (
    readUnfinished(`${ownerName({ host: hostname(), pid: 0, store: '0', write: '0' })}.part`)?.owner.host ??
    ''
  );
}

function processRuns(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isCode(error, 'ESRCH');
  }
}
