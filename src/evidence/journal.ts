import { join } from 'node:path';
import type { Disk } from './disk.ts';
import { publishFile } from './disk.ts';
import { EvidenceError } from './error.ts';
import type { CasePlace } from './place.ts';
import type { EvidenceRecord, StoredRecord } from './record.ts';
import { FIRST_PREVIOUS, readRecord, recordFile, storeRecord } from './record.ts';

/** Where the next record of a case stands. */
export interface NextPlace {
  readonly seq: number;
  readonly prevHash: string;
}

/**
 * The records of one case, read and appended. Several processes may append at once: a record's file is
 * created only if its number is free, and the loser looks again at what the case holds by then.
 */
export interface Journal {
  /** All records, those of other processes included. Throws `cordon_evidence_case_damaged`. */
  refresh(): Promise<readonly StoredRecord[]>;
  /** Appends what `make` returns for the case as it stands; null from `make` appends nothing. */
  append(
    make: (records: readonly StoredRecord[], next: NextPlace) => EvidenceRecord | null,
    temporary: () => string,
  ): Promise<StoredRecord | null>;
}

/** Opens the records of a case; nothing is read until it is used. */
export function openJournal(disk: Disk, place: CasePlace): Journal {
  const known: StoredRecord[] = [];
  let listed = false;

  async function refresh(): Promise<readonly StoredRecord[]> {
    for (;;) {
      const seq = known.length + 1;
      const bytes = await disk.read(join(place.records, recordFile(seq)));
      if (bytes === null) break;
      const stored = readRecord(bytes);
      const prevHash = known.at(-1)?.sha256 ?? FIRST_PREVIOUS;
      if (
        stored === null ||
        stored.record.seq !== seq ||
        stored.record.prevHash !== prevHash ||
        stored.record.incident !== place.incident ||
        (stored.record.kind === 'opened') !== (seq === 1)
      ) {
        throw damaged(place, recordFile(seq), 'the next record of the chain', 'other bytes');
      }
      known.push(stored);
    }
    if (!listed) {
      // Once, at the start: a record after a hole would otherwise be met only when the hole is filled.
      const names = await disk.list(place.records);
      const beyond = names.find((name) => name > recordFile(known.length));
      if (
        beyond !== undefined &&
        (await disk.read(join(place.records, recordFile(known.length + 1)))) === null
      ) {
        throw damaged(place, beyond, `at most ${known.length} records`, 'a record after a missing one');
      }
      listed = true;
    }
    return known;
  }

  return {
    refresh,
    async append(make, temporary) {
      for (;;) {
        const records = await refresh();
        const next = { seq: records.length + 1, prevHash: records.at(-1)?.sha256 ?? FIRST_PREVIOUS };
        const record = make(records, next);
        if (record === null) return null;
        const stored = storeRecord(record);
        const path = join(place.records, recordFile(next.seq));
        if (await publishFile(disk, temporary(), path, stored.bytes, 0o400)) {
          known.push(stored);
          return stored;
        }
      }
    },
  };
}

/** Returns the error for a case whose files contradict each other: nothing more is written into it. */
export function damaged(place: CasePlace, file: string, expected: string, found: string): EvidenceError {
  return new EvidenceError(
    'cordon_evidence_case_damaged',
    `Expected ${file} of case ${place.incident} to be ${expected}, found ${found}. ` +
      `Run \`cordon evidence verify ${place.incident}\`, keep a copy of the folder, and restore it from its backup.`,
  );
}
