import type { EvidenceRecord, ItemRecord, StoredRecord } from './record.ts';
import type { Staged } from './stage.ts';

/** What a case's records already say about bytes that are about to be recorded. */

/** Returns the versions of an item, oldest first. */
export function itemsNamed(records: readonly StoredRecord[], name: string): readonly ItemRecord[] {
  return records.flatMap(({ record }) =>
    record.kind === 'item' && record.item.name === name ? [record] : [],
  );
}

/** The newest version under this name, when it has the same content: a repeated `put` is the same item. */
export function sameItem(
  records: readonly StoredRecord[],
  name: string,
  staged: Staged,
  secret: boolean,
): ItemRecord | null {
  const last = itemsNamed(records, name).at(-1);
  if (last === undefined || last.item.secret !== secret) return null;
  const same = secret ? last.item.contentMac === staged.contentMac : last.item.sha256 === staged.sha256;
  return same ? last : null;
}

/** True for a record that says why an object is there. */
export function explains(record: EvidenceRecord, sha256: string): boolean {
  return (
    (record.kind === 'item' && record.item.sha256 === sha256) ||
    (record.kind === 'abandoned' && record.object === sha256)
  );
}
