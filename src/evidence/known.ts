import type { EvidenceItem } from '../action/ports.ts';
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
  item: Pick<EvidenceItem, 'secret' | 'whole'>,
): ItemRecord | null {
  const last = itemsNamed(records, name).at(-1);
  if (last === undefined || last.item.secret !== item.secret) return null;
  // What was purged is not there: the same bytes again are a further version.
  if (!neededObjects(records).has(last.item.sha256)) return null;
  // The same bytes that are now known to be all there is are news.
  if (last.item.whole !== (item.whole?.() ?? true)) return null;
  const same = item.secret ? last.item.contentMac === staged.contentMac : last.item.sha256 === staged.sha256;
  return same ? last : null;
}

/** True for a record that says why an object is there. */
export function explains(record: EvidenceRecord, sha256: string): boolean {
  return (
    (record.kind === 'item' && record.item.sha256 === sha256) ||
    (record.kind === 'abandoned' && record.object === sha256)
  );
}

/**
 * Names whose newest version is whole: no gap was stated since under the name, nor as a part of it
 * (`name#part`).
 */
export function storedWhole(records: readonly StoredRecord[]): ReadonlySet<string> {
  const needed = neededObjects(records);
  const names = new Set<string>();
  for (const { record } of records) {
    if (record.kind === 'item' && record.item.whole && needed.has(record.item.sha256))
      names.add(record.item.name);
    if (record.kind === 'missing') names.delete(record.gap.name.split('#', 1)[0] ?? '');
  }
  return names;
}

/** Objects that must be there, with their sizes where a record has them: what was named and not purged since. */
export function neededObjects(records: readonly StoredRecord[]): ReadonlyMap<string, number | null> {
  const needed = new Map<string, number | null>();
  for (const { record } of records) {
    if (record.kind === 'item') needed.set(record.item.sha256, record.item.objectSize);
    if (record.kind === 'abandoned' && !needed.has(record.object)) needed.set(record.object, null);
    if (record.kind === 'purged') for (const sha256 of record.purge.objects) needed.delete(sha256);
  }
  return needed;
}

/** Who put the case under legal hold, and why; null while nobody holds it. */
export function heldBy(
  records: readonly StoredRecord[],
): { readonly by: string; readonly reason: string; readonly at: string } | null {
  const last = records.findLast(({ record }) => record.kind === 'held' || record.kind === 'unheld')?.record;
  return last?.kind === 'held' ? { ...last.hold, at: last.at } : null;
}
