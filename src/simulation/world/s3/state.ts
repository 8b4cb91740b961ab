import type { WrittenPolicy } from '../policy/written.ts';

/** How a version is kept from deletion, and until when. */
export interface Retention {
  readonly mode: 'COMPLIANCE' | 'GOVERNANCE';
  readonly untilMs: number;
}

/** One version of an object, or the marker of its deletion. */
export interface ObjectVersion {
  /** `null` in a bucket without versions. */
  readonly versionId: string;
  readonly body: Uint8Array;
  readonly etag: string;
  readonly modifiedMs: number;
  readonly deleteMarker: boolean;
  /** Lower-case headers that are given back as they came: content type, metadata, checksums, encryption. */
  readonly headers: Readonly<Record<string, string>>;
  retention: Retention | undefined;
  legalHold: boolean;
}

export interface Bucket {
  readonly name: string;
  readonly region: string;
  readonly createdMs: number;
  versioned: boolean;
  readonly objectLock: boolean;
  /** What a new object gets that names no retention. */
  defaultRetention: { readonly mode: Retention['mode']; readonly days: number } | undefined;
  policy: WrittenPolicy | undefined;
  /** Key that encrypts what is put here. */
  readonly keyArn: string | undefined;
  /** Versions by key, oldest first. */
  readonly objects: Map<string, ObjectVersion[]>;
}

/** The version that a read without a version id finds; `undefined` when there is none or it was deleted. */
export function currentVersion(bucket: Bucket | undefined, key: string): ObjectVersion | undefined {
  const current = bucket?.objects.get(key)?.at(-1);
  return current?.deleteMarker === true ? undefined : current;
}

/** Whether a version may not be deleted now. Only a bypass lifts GOVERNANCE; nothing lifts COMPLIANCE or a hold. */
export function isLocked(version: ObjectVersion, nowMs: number, bypassGovernance: boolean): boolean {
  if (version.legalHold) return true;
  const { retention } = version;
  if (retention === undefined || retention.untilMs <= nowMs) return false;
  return retention.mode === 'COMPLIANCE' || !bypassGovernance;
}
