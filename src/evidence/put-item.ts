import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { EvidenceItem, StoredEvidence } from '../action/ports.ts';
import { cleanText } from '../alert/clean-text.ts';
import type { CaseWriting } from './case-writing.ts';
import type { Disk } from './disk.ts';
import { EvidenceError } from './error.ts';
import { damaged } from './journal.ts';
import { heldBy, itemsNamed, sameItem } from './known.ts';
import type { ObjectPlace } from './object-store.ts';
import { objectPath } from './place.ts';
import type { ItemRecord, StoredRecord } from './record.ts';
import { encryptSecret } from './secret.ts';
import type { Staged } from './stage.ts';
import { stageContent } from './stage.ts';

async function secretWriter(writing: CaseWriting, first: StoredRecord, item: EvidenceItem, name: string) {
  const { options, place, writer } = writing;
  const { keys } = options;
  if (!item.secret || first.record.kind !== 'opened') return null;
  const caseKey = await keys.wrapper.unwrap(first.record.caseKey, place.incident);
  return encryptSecret(caseKey, { incident: place.incident, name }, writer.random(12));
}

/** Stores an item: streamed to the disk under a name of its own, then recorded. A repeated one is the same item. */
export async function putItem(writing: CaseWriting, item: EvidenceItem): Promise<StoredEvidence> {
  const { disk, open, options, inTurn, withPart } = writing;
  const { clock } = options;
  const first = await open();
  const name = cleanText(item.name, 512);
  const secret = await secretWriter(writing, first, item, name);
  return withPart(async (owner, part) => {
    const collectedAt = clock.now().toISOString();
    const staged = await stageContent(disk, part, item.content, secret);
    try {
      return await inTurn(() => keep(writing, item, { name, staged, collectedAt, owner }));
    } finally {
      await disk.remove(staged.path);
    }
  });
}

async function keep(
  writing: CaseWriting,
  item: EvidenceItem,
  put: {
    readonly name: string;
    readonly staged: Staged;
    readonly collectedAt: string;
    readonly owner: string;
  },
): Promise<StoredEvidence> {
  const { append, custody, disk, journal, options, place, stamp } = writing;
  const { name, staged, collectedAt, owner } = put;
  const path = join(options.folder, objectPath(staged.sha256));
  const known = sameItem(await journal.refresh(), name, staged, item);
  if (known !== null) return storedEvidence(known);
  const mark = join(place.unfinished, `${staged.sha256}~${owner}`);
  const marked = await placeObject(disk, path, staged, mark);
  const expected = item.expectedSha256 ?? null;
  const whole = item.whole?.() ?? true;
  if (heldBy(await journal.refresh()) !== null) await disk.remote?.hold(path, true);
  const kept = await disk.remote?.placeOf(path);
  let result: ItemRecord | null = null;
  const custodyOf = custody(collectedAt, item);
  const stored = await append((records, next) => {
    result = sameItem(records, name, staged, item);
    if (result !== null) return null;
    return {
      ...stamp(next),
      kind: 'item',
      item: {
        name,
        version: 1 + Math.max(0, ...itemsNamed(records, name).map((record) => record.item.version)),
        artifact: cleanText(item.artifact, 100),
        sourceArn: cleanText(item.sourceArn, 2_048),
        apiCall: cleanText(item.apiCall, 200),
        mediaType: cleanText(item.mediaType, 200),
        secret: item.secret,
        size: staged.size,
        sha256: staged.sha256,
        objectSize: staged.objectSize,
        contentMac: staged.contentMac,
        expectedSha256: expected === null ? null : cleanText(expected, 100),
        actualSha256: item.secret ? null : staged.contentSha256,
        matchesExpected: expected === null || expected === staged.contentSha256,
        whole,
        ...(kept == null ? {} : { store: storeOf(kept) }),
      },
      custody: custodyOf,
    };
  });
  if (marked) await disk.remove(mark);
  if (stored?.record.kind === 'item') return storedEvidence(stored.record);
  if (result === null) throw damaged(place, 'records', 'a chain with this item', 'none');
  return storedEvidence(result);
}

/** Gives the staged bytes their own name; true when a mark says that no record explains them yet. */
async function placeObject(disk: Disk, path: string, staged: Staged, mark: string): Promise<boolean> {
  if ((await disk.kindOf(path)) === null) {
    await disk.makeFolder(join(path, '..'));
    await createMark(disk, mark);
    if (await disk.publish(staged.path, path)) return true;
    await disk.remove(mark);
  }
  await refuseDamaged(disk, path, staged);
  return false;
}

/** The same bytes were stored before: they are only relied on if they still are those bytes. */
async function refuseDamaged(disk: Disk, path: string, staged: Staged): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of disk.chunks(path)) hash.update(chunk);
  const found = hash.digest('hex');
  if (found === staged.sha256) return;
  throw new EvidenceError(
    'cordon_evidence_object_damaged',
    `Expected ${objectPath(staged.sha256)} to hold the bytes that it is named for, found SHA-256 ${found}. ` +
      'Keep a copy of the folder, restore that file from its backup, and collect the item again.',
  );
}

/** An empty file: its name says all, and no byte can be hidden in it. */
async function createMark(disk: Disk, mark: string): Promise<void> {
  const sink = await disk.create(mark, 0o400);
  try {
    await sink.finish();
  } catch (error) {
    await sink.abandon().catch(() => {}); // the first error says more
    throw error;
  }
}

function storedEvidence(record: ItemRecord): StoredEvidence {
  const { name, sha256, size, matchesExpected } = record.item;
  return { name, sha256, size, matchesExpected };
}

function storeOf({ bucket, key, versionId, retentionMode, retainUntil, legalHold, kmsKeyArn }: ObjectPlace) {
  return { bucket, key, versionId, retentionMode, retainUntil, legalHold, kmsKeyArn };
}
