import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Disk } from './disk.ts';
import { EvidenceError } from './error.ts';
import { type Journal, openJournal } from './journal.ts';
import type { EvidenceKeys } from './keys.ts';
import { heldBy, neededObjects } from './known.ts';
import { type CasePlace, casePlace, objectPath } from './place.ts';
import type { QuarantineStore } from './quarantine-folder.ts';
import type { EvidenceRecord, StoredRecord } from './record.ts';
import { RECORD_SCHEMA } from './record.ts';
import { sealCase } from './seal.ts';
import { objectsOfOtherCases } from './verify-strays.ts';
import { createWriter } from './writer.ts';

/**
 * What becomes of a case in the end. A legal hold keeps everything; a purge removes the content that the lock lets go and
 * leaves a record of exactly what, by whom and why: a sealed tombstone, so that what is gone without one is found.
 */
export interface CaseRetention {
  /** Who holds the case, and why; null when nobody does. */
  held(): Promise<{ readonly by: string; readonly reason: string; readonly at: string } | null>;
  /** Puts the case under legal hold; in a bucket every object of it. Doing it again completes it. */
  hold(act: RetentionAct): Promise<Sealed>;
  /** Ends the legal hold; an object that another held case needs stays under its own. */
  releaseHold(act: RetentionAct): Promise<Sealed>;
  /** Locks every object of the case until then, in a bucket. Throws `cordon_evidence_no_lock` for a folder. */
  extend(until: Date): Promise<{ readonly objects: number }>;
  /** What a purge would remove and what it would leave, and why. Changes nothing. */
  plan(): Promise<PurgePlan>;
  /**
   * Records and seals the purge, then removes what `plan` says. Removed once it is sealed: a purge that was cut off is
   * completed by the next. Throws `cordon_evidence_held`.
   */
  purge(act: RetentionAct & { readonly sealed: (seal: Sealed) => Promise<void> }): Promise<PurgePlan>;
}

export interface RetentionAct {
  readonly by: string;
  readonly reason: string;
}

export interface Sealed {
  readonly manifestSha256: string;
  readonly items: number;
  readonly keyId: string;
}

export interface PurgePlan {
  readonly removable: readonly { readonly sha256: string; readonly bytes: number | null }[];
  readonly kept: readonly { readonly sha256: string; readonly why: string }[];
  /** What lies in the quarantine of the case: nothing locks it, so all of it goes. */
  readonly apart: readonly string[];
}

/** Opens the retention of one case, which must be there. Throws `cordon_evidence_case_damaged`, `cordon_evidence_bad_case_id`. */
export function openRetention(options: {
  readonly disk: Disk;
  /** The evidence folder. */
  readonly folder: string;
  readonly keys: EvidenceKeys;
  readonly clock: Clock;
  readonly incident: string;
  /** Where what an attacker wrote was put. */
  readonly quarantine?: QuarantineStore;
}): CaseRetention {
  const { disk, folder, keys, clock, incident, quarantine } = options;
  const place = casePlace(folder, incident);
  const writer = createWriter({ disk });
  const journal = openJournal(disk, place);

  async function withPart<Result>(work: (part: string) => Promise<Result>): Promise<Result> {
    await disk.makeFolder(place.unfinished);
    const { owner, part } = writer.begin(place);
    try {
      return await work(part);
    } finally {
      writer.end(owner);
    }
  }

  async function append(make: (records: readonly StoredRecord[]) => Body | null): Promise<void> {
    await withPart((part) =>
      journal.append(
        (records, next) => {
          const body = make(records);
          if (body === null) return null;
          return { schema: RECORD_SCHEMA, incident, ...next, at: clock.now().toISOString(), ...body };
        },
        () => part,
      ),
    );
  }

  async function seal(): Promise<Sealed> {
    const records = await opened(journal, place);
    const { manifest, keyId } = await withPart((part) =>
      sealCase({
        disk,
        evidence: folder,
        place,
        signer: keys.signer,
        records,
        now: clock.now(),
        temporary: () => part,
      }),
    );
    return { manifestSha256: manifest.sha256, items: manifest.manifest.items, keyId };
  }

  /** Every file of the case as a path: what a lock or a hold is put on. */
  async function paths(): Promise<readonly string[]> {
    const records = await opened(journal, place);
    const own = (await disk.remote?.tree(place.folder)) ?? [];
    return [
      ...own.filter((path) => !path.startsWith('unfinished/')).map((path) => join(place.folder, path)),
      ...[...neededObjects(records).keys()].map((sha256) => join(folder, objectPath(sha256))),
    ];
  }

  async function plan(): Promise<PurgePlan> {
    const records = await opened(journal, place);
    const others = await objectsOfOtherCases({ disk, evidence: folder }, incident);
    const removable: { sha256: string; bytes: number | null }[] = [];
    const kept: { sha256: string; why: string }[] = [];
    for (const [sha256, bytes] of [...neededObjects(records), ...unfinished(records)]) {
      const path = join(folder, objectPath(sha256));
      if ((await disk.kindOf(path)) === null) continue;
      const lock = (await disk.remote?.placeOf(path)) ?? null;
      if (others.has(sha256)) kept.push({ sha256, why: 'another case needs it' });
      else if (lock?.legalHold === true) kept.push({ sha256, why: 'the bucket has it under legal hold' });
      else if (lock?.retainUntil != null && Date.parse(lock.retainUntil) > clock.now().getTime()) {
        kept.push({ sha256, why: `locked (${lock.retentionMode ?? ''}) until ${lock.retainUntil}` });
      } else removable.push({ sha256, bytes });
    }
    return { removable, kept, apart: (await quarantine?.list(incident)) ?? [] };
  }

  return {
    held: async () => heldBy(await opened(journal, place)),

    async hold(act) {
      await opened(journal, place);
      await append((records) => (heldBy(records) === null ? { kind: 'held', hold: { ...act } } : null));
      for (const path of await paths()) await disk.remote?.hold(path, true);
      return seal();
    },

    async releaseHold(act) {
      await opened(journal, place);
      await append((records) => (heldBy(records) === null ? null : { kind: 'unheld', hold: { ...act } }));
      const others = await objectsOfOtherCases({ disk, evidence: folder }, incident, { held: true });
      for (const path of await paths()) {
        if (!others.has(path.slice(path.lastIndexOf('/') + 1))) await disk.remote?.hold(path, false);
      }
      return seal();
    },

    async extend(until) {
      const { remote } = disk;
      if (remote === undefined) {
        throw new EvidenceError(
          'cordon_evidence_no_lock',
          'Expected evidence in a bucket with Object Lock, found a local folder, which has no lock to extend. ' +
            'Run `cordon evidence hold` to keep the case.',
        );
      }
      const all = await paths();
      let extended = 0;
      for (const path of all) {
        const lock = await remote.placeOf(path);
        // A lock is never shortened, and S3 refuses to.
        if (lock === null || (lock.retainUntil !== null && Date.parse(lock.retainUntil) >= until.getTime()))
          continue;
        await remote.retainUntil(path, until);
        extended += 1;
      }
      return { objects: extended };
    },

    plan,

    async purge({ by, reason, sealed }) {
      const held = heldBy(await opened(journal, place));
      if (held !== null) {
        throw new EvidenceError(
          'cordon_evidence_held',
          `Expected case ${incident} to be under no legal hold, found one by ${held.by} since ${held.at}. ` +
            'Nothing was removed; end it with `cordon evidence release-hold` first.',
        );
      }
      const planned = await plan();
      const fresh = new Set(neededObjects(await journal.refresh()).keys());
      const objects = planned.removable.map(({ sha256 }) => sha256).filter((sha256) => fresh.has(sha256));
      // A part that no writer finished has no digest to record.
      const quarantined = planned.apart.filter((name) => /^[0-9a-f]{64}$/.test(name)).sort();
      if (objects.length > 0 || quarantined.length > 0) {
        const apart = quarantined.length === 0 ? {} : { quarantined };
        await append(() => ({ kind: 'purged', purge: { objects: objects.sort(), ...apart, by, reason } }));
      }
      if (planned.removable.length > 0 || planned.apart.length > 0) await sealed(await seal());
      for (const name of planned.apart) await quarantine?.remove(incident, name);
      for (const { sha256 } of planned.removable) {
        const path = join(folder, objectPath(sha256));
        if (disk.remote === undefined) await disk.remove(path);
        else await disk.remote.erase(path);
      }
      return planned;
    },
  };
}

type Body = EvidenceRecord extends infer Record
  ? Record extends { kind: 'held' | 'unheld' | 'purged' }
    ? Omit<Record, 'schema' | 'incident' | 'seq' | 'prevHash' | 'at'>
    : never
  : never;

/** The records of a case that is there: retention opens none. */
async function opened(journal: Journal, place: CasePlace): Promise<readonly StoredRecord[]> {
  const records = await journal.refresh();
  if (records.length > 0) return records;
  throw new EvidenceError(
    'cordon_evidence_no_case',
    `Expected evidence of ${place.incident}, found none. Look at \`cordon evidence list ${place.incident}\`.`,
  );
}

/** Objects of a purge that was recorded and not carried out. */
function unfinished(records: readonly StoredRecord[]): ReadonlyMap<string, null> {
  const needed = neededObjects(records);
  const purged = records.flatMap(({ record }) => (record.kind === 'purged' ? record.purge.objects : []));
  return new Map(purged.filter((sha256) => !needed.has(sha256)).map((sha256) => [sha256, null]));
}
