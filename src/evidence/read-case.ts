import { join } from 'node:path';
import type { Disk } from './disk.ts';
import { openJournal } from './journal.ts';
import type { StoredManifest } from './manifest.ts';
import { manifestFile, readManifest } from './manifest.ts';
import type { CasePlace } from './place.ts';
import type { StoredRecord } from './record.ts';

/** A case as it is read for people, once it has been verified. */
export interface ReadCase {
  readonly records: readonly StoredRecord[];
  /** Oldest first. */
  readonly manifests: readonly StoredManifest[];
}

/** Reads a case. Throws `cordon_evidence_case_damaged` for records that are no chain. */
export async function readCase(disk: Disk, place: CasePlace): Promise<ReadCase> {
  const records = await openJournal(disk, place).refresh();
  const manifests: StoredManifest[] = [];
  for (;;) {
    const bytes = await disk.read(join(place.folder, manifestFile(manifests.length + 1)));
    const manifest = bytes === null ? null : readManifest(bytes);
    if (manifest === null) return { records, manifests };
    manifests.push(manifest);
  }
}
