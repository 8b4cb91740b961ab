import { join } from 'node:path';
import type { EvidenceItem } from '../action/ports.ts';
import { cleanText } from '../alert/clean-text.ts';
import type { Clock } from '../clock.ts';
import { digestOf } from '../timeline/canonical.ts';
import type { Disk } from './disk.ts';
import { damaged, type Journal, openJournal } from './journal.ts';
import type { EvidenceKeys } from './keys.ts';
import { explains } from './known.ts';
import type { CasePlace } from './place.ts';
import { objectPath, readUnfinished } from './place.ts';
import type { QuarantineStore } from './quarantine-folder.ts';
import type { Custody, StoredRecord } from './record.ts';
import { RECORD_SCHEMA } from './record.ts';
import type { TimestampAuthority } from './timestamp-authority.ts';
import type { Writer } from './writer.ts';

/** Who collects for a case, for the custody of each item. */
export interface CaseContext {
  readonly account: string;
  readonly region: string;
  /** ARN of the identity whose calls these are; null when no AWS identity is used. */
  readonly caller: string | null;
  readonly attempt: string | null;
  readonly sourceIdentity?: string;
  /** Responders who approved the attempt. */
  readonly approvedBy?: readonly string[];
}

export interface LocalEvidenceOptions {
  /** The evidence folder: `<data>/evidence`. */
  readonly folder: string;
  readonly keys: EvidenceKeys;
  readonly clock: Clock;
  /** The name and version of this program, for custody. */
  readonly collector: { readonly name: string; readonly version: string };
  /** Random bytes for keys and nonces; by default the operating system's. */
  readonly random?: (bytes: number) => Uint8Array;
  readonly disk?: Disk;
  /** Asked for the time of every seal, where one is set up. */
  readonly authority?: TimestampAuthority;
  /** Where what an attacker wrote goes; without it, it is refused. */
  readonly quarantine?: QuarantineStore;
  /** True while a process of this host runs; by default asked of the operating system. */
  readonly isRunning?: (pid: number) => boolean;
}

/** One case that is written: what every kind of record needs. */
export interface CaseWriting {
  readonly options: LocalEvidenceOptions;
  readonly writer: Writer;
  readonly disk: Disk;
  readonly place: CasePlace;
  readonly journal: Journal;
  /** Opens the case at its first use, and clears away what writers that are gone have left. */
  open(): Promise<StoredRecord>;
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  withPart<T>(work: (owner: string, part: string) => Promise<T>): Promise<T>;
  /** Appends a record, unless `make` finds that there is nothing to say. */
  append(make: Parameters<Journal['append']>[0]): Promise<StoredRecord | null>;
  /** What every record begins with. */
  stamp(next: { readonly seq: number; readonly prevHash: string }): {
    readonly schema: typeof RECORD_SCHEMA;
    readonly incident: string;
    readonly seq: number;
    readonly prevHash: string;
    readonly at: string;
  };
  custody(collectedAt: string, item?: EvidenceItem): Custody;
}

/** Opens the writing of one case for whoever collects; nothing is written before its first use. */
export function openWriting(
  options: LocalEvidenceOptions,
  writer: Writer,
  place: CasePlace,
  context: CaseContext,
): CaseWriting {
  const { folder, keys, clock } = options;
  const { disk } = writer;
  const journal = openJournal(disk, place);
  let opened: Promise<StoredRecord> | null = null;
  let queue: Promise<unknown> = Promise.resolve();

  /** One writer of records at a time in this handle: losing a number to oneself would only cost time. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = queue.then(work, work);
    queue = turn.catch(() => {});
    return turn;
  }

  async function withPart<T>(work: (owner: string, part: string) => Promise<T>): Promise<T> {
    const { owner, part } = writer.begin(place);
    try {
      return await work(owner, part);
    } finally {
      writer.end(owner);
    }
  }

  async function append(make: Parameters<Journal['append']>[0]): Promise<StoredRecord | null> {
    return withPart((_, part) => journal.append(make, () => part));
  }

  function open(): Promise<StoredRecord> {
    opened ??= inTurn(openOnce).catch((error: unknown) => {
      opened = null; // the next call tries again
      throw error;
    });
    return opened;
  }

  async function openOnce(): Promise<StoredRecord> {
    await disk.makeFolder(place.records);
    await disk.makeFolder(place.unfinished);
    const caseKey = await keys.wrapper.wrap(writer.random(32), place.incident, writer.random(12));
    await append((records, next) =>
      records.length > 0
        ? null
        : { ...stamp(next), kind: 'opened', collector: { ...options.collector }, caseKey: { ...caseKey } },
    );
    const [first] = await journal.refresh();
    if (first === undefined) throw damaged(place, 'records', 'a chain of records', 'none');
    await clearUnfinished();
    return first;
  }

  /** Removes parts of writers that are gone, and explains by a record the objects that they left. */
  async function clearUnfinished(): Promise<void> {
    for (const name of await disk.list(place.unfinished)) {
      const found = readUnfinished(name);
      if (found === null || !writer.isGone(found.owner)) continue;
      if (found.kind === 'mark') {
        const { sha256 } = found;
        if ((await disk.kindOf(join(folder, objectPath(sha256)))) !== null) {
          await append((records, next) =>
            records.some(({ record }) => explains(record, sha256))
              ? null
              : { ...stamp(next), kind: 'abandoned', object: sha256 },
          );
        }
      }
      await disk.remove(join(place.unfinished, name));
    }
  }

  function stamp(next: { seq: number; prevHash: string }) {
    return {
      schema: RECORD_SCHEMA,
      incident: place.incident,
      ...next,
      at: clock.now().toISOString(),
    } as const;
  }

  function custody(collectedAt: string, item?: EvidenceItem): Custody {
    const { account, region, caller, attempt } = context;
    const answered = item?.answered?.() ?? { count: 0, requestIds: [] };
    return {
      account,
      region,
      caller,
      sourceIdentity: context.sourceIdentity ?? null,
      attempt,
      approvedBy: [...(context.approvedBy ?? [])],
      qualifier: item?.qualifier === undefined ? null : cleanText(item.qualifier, 200),
      requestSha256: item?.request === undefined ? null : digestOf(item.request),
      requests: answered.count,
      requestIds: answered.requestIds.map((id) => cleanText(id, 200)),
      collectedAt,
      clock: 'engine',
      collector: { ...options.collector },
    };
  }

  return { options, writer, disk, place, journal, open, inTurn, withPart, append, stamp, custody };
}
