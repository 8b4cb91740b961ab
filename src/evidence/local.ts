import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { EvidenceItem, EvidencePort, StoredEvidence } from '../action/ports.ts';
import { cleanText } from '../alert/clean-text.ts';
import type { Clock } from '../clock.ts';
import { digestOf } from '../timeline/canonical.ts';
import type { Disk } from './disk.ts';
import { EvidenceError } from './error.ts';
import { damaged, openJournal } from './journal.ts';
import type { EvidenceKeys } from './keys.ts';
import { explains, heldBy, itemsNamed, sameItem, storedWhole } from './known.ts';
import type { ObjectPlace } from './object-store.ts';
import type { CasePlace } from './place.ts';
import { casePlace, objectPath, readUnfinished } from './place.ts';
import type { QuarantineStore } from './quarantine-folder.ts';
import type { Custody, ItemRecord, StoredRecord } from './record.ts';
import { RECORD_SCHEMA } from './record.ts';
import { sealCase } from './seal.ts';
import { encryptSecret } from './secret.ts';
import type { Staged } from './stage.ts';
import { stageContent } from './stage.ts';
import type { TimestampAuthority } from './timestamp-authority.ts';
import { stampSeals } from './timestamp-seal.ts';
import { createWriter, type Writer } from './writer.ts';

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

/** Evidence of many incidents in one local folder. */
export interface EvidenceStore {
  /** Opens the case of an incident, made at its first use. Throws `cordon_evidence_bad_case_id`. */
  openCase(incidentId: string, context: CaseContext): EvidencePort;
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

/** Creates the store. Every call is safe to interrupt: a new process goes on from what is on the disk. */
export function createLocalEvidence(options: LocalEvidenceOptions): EvidenceStore {
  const writer = createWriter(options);
  return {
    openCase(incidentId, context) {
      const place = casePlace(options.folder, incidentId);
      return createCase(options, writer, place, context);
    },
  };
}

function createCase(
  options: LocalEvidenceOptions,
  writer: Writer,
  place: CasePlace,
  context: CaseContext,
): EvidencePort {
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

  async function append(make: Parameters<typeof journal.append>[0]): Promise<StoredRecord | null> {
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

  async function secretWriter(first: StoredRecord, item: EvidenceItem, name: string) {
    if (!item.secret || first.record.kind !== 'opened') return null;
    const caseKey = await keys.wrapper.unwrap(first.record.caseKey, place.incident);
    return encryptSecret(caseKey, { incident: place.incident, name }, writer.random(12));
  }

  async function put(item: EvidenceItem): Promise<StoredEvidence> {
    const first = await open();
    const name = cleanText(item.name, 512);
    const secret = await secretWriter(first, item, name);
    return withPart(async (owner, part) => {
      const collectedAt = clock.now().toISOString();
      const staged = await stageContent(disk, part, item.content, secret);
      try {
        return await inTurn(() => keep(item, name, staged, collectedAt, owner));
      } finally {
        await disk.remove(staged.path);
      }
    });
  }

  async function keep(
    item: EvidenceItem,
    name: string,
    staged: Staged,
    collectedAt: string,
    owner: string,
  ): Promise<StoredEvidence> {
    const known = sameItem(await journal.refresh(), name, staged, item);
    if (known !== null) return storedEvidence(known);
    const mark = join(place.unfinished, `${staged.sha256}~${owner}`);
    const marked = await placeObject(staged, mark);
    const expected = item.expectedSha256 ?? null;
    const whole = item.whole?.() ?? true;
    if (heldBy(await journal.refresh()) !== null)
      await disk.remote?.hold(join(folder, objectPath(staged.sha256)), true);
    const kept = await disk.remote?.placeOf(join(folder, objectPath(staged.sha256)));
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
  async function placeObject(staged: Staged, mark: string): Promise<boolean> {
    const path = join(folder, objectPath(staged.sha256));
    if ((await disk.kindOf(path)) === null) {
      await disk.makeFolder(join(path, '..'));
      await createMark(disk, mark);
      if (await disk.publish(staged.path, path)) return true;
      await disk.remove(mark);
    }
    await refuseDamaged(path, staged);
    return false;
  }

  /** The same bytes were stored before: they are only relied on if they still are those bytes. */
  async function refuseDamaged(path: string, staged: Staged): Promise<void> {
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

  return {
    put,

    async missing(gap) {
      await open();
      const name = cleanText(gap.name, 512);
      const reason = cleanText(gap.reason, 1_000);
      const code = gap.code === undefined ? null : cleanText(gap.code, 100);
      await inTurn(() =>
        append((records, next) => {
          const last = records.findLast(
            ({ record }) =>
              (record.kind === 'missing' && record.gap.name === name) ||
              (record.kind === 'item' && record.item.name === name),
          )?.record;
          if (last?.kind === 'missing' && last.gap.reason === reason) return null;
          return {
            ...stamp(next),
            kind: 'missing',
            gap: {
              name,
              artifact: cleanText(gap.artifact, 100),
              sourceArn: cleanText(gap.sourceArn, 2_048),
              reason,
              code,
              tries: gap.tries ?? 0,
            },
            custody: custody(clock.now().toISOString()),
          };
        }),
      );
    },

    async quarantine(item) {
      await open();
      const { quarantine } = options;
      if (quarantine === undefined) {
        throw new EvidenceError(
          'cordon_evidence_no_quarantine',
          'Expected a place for what an attacker wrote, found none configured. Nothing was kept; it is still in the sink.',
        );
      }
      const collectedAt = clock.now().toISOString();
      await withPart(async (_, part) => {
        const { path, sha256, size } = await stageContent(disk, part, item.content, null);
        try {
          const where = await quarantine.keep(place.incident, path, { sha256, bytes: size });
          await inTurn(() =>
            append((records, next) =>
              records.some(
                ({ record }) =>
                  record.kind === 'quarantined' &&
                  record.quarantine.sha256 === sha256 &&
                  record.quarantine.name === cleanText(item.name, 512),
              )
                ? null
                : {
                    ...stamp(next),
                    kind: 'quarantined',
                    quarantine: {
                      name: cleanText(item.name, 512),
                      artifact: cleanText(item.artifact, 100),
                      sourceArn: cleanText(item.sourceArn, 2_048),
                      apiCall: cleanText(item.apiCall, 200),
                      events: item.events(),
                      size,
                      sha256,
                      place: where,
                      writtenBy: 'attacker',
                    },
                    custody: custody(collectedAt),
                  },
            ),
          );
        } finally {
          await disk.remove(path);
        }
      });
    },

    async stored() {
      await open();
      return storedWhole(await inTurn(() => journal.refresh()));
    },

    async seal() {
      await open();
      return inTurn(() =>
        withPart(async (_, part) => {
          const { manifest, keyId } = await sealCase({
            disk,
            evidence: folder,
            place,
            signer: keys.signer,
            records: await journal.refresh(),
            now: clock.now(),
            temporary: () => part,
          });
          const sealed = { manifestSha256: manifest.sha256, items: manifest.manifest.items, keyId };
          const { authority } = options;
          if (authority === undefined) return sealed;
          const seals = manifest.manifest.number;
          const timestamp = await stampSeals({
            disk,
            place,
            signer: keys.signer,
            authority,
            seals,
            temporary: () => part,
          });
          return { ...sealed, timestamp };
        }),
      );
    },
  };
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
