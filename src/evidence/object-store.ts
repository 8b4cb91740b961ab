/**
 * What evidence needs of a bucket with Object Lock. Nothing here overwrites: a key is created once, and everything
 * is read by the version that was created, since a newer version or a delete marker may be put over it by others.
 */
export interface ObjectStore {
  /** Creates an object under lock, and reads it back; null when the key has a version already. */
  create(key: string, file: NewObject): Promise<ObjectPlace | null>;
  /** Every version and delete marker below a prefix; those of one key oldest first. */
  versions(prefix: string): Promise<readonly ObjectVersion[]>;
  /** What the store says of one version. Null when it is not there. */
  describe(key: string, versionId: string): Promise<ObjectPlace | null>;
  content(key: string, versionId: string): AsyncIterable<Uint8Array>;
  /** Extends a lock; a lock is never shortened. */
  retainUntil(key: string, versionId: string, until: Date): Promise<void>;
  legalHold(key: string, versionId: string, on: boolean): Promise<void>;
  /** Removes one version; false while its lock refuses. */
  remove(key: string, versionId: string): Promise<boolean>;
}

export interface NewObject {
  readonly bytes: number;
  /** Hex; sent to the store, which verifies it. */
  readonly sha256: string;
  content(): AsyncIterable<Uint8Array>;
}

export interface ObjectVersion {
  readonly key: string;
  readonly versionId: string;
  readonly kind: 'object' | 'delete-marker';
}

/** Where and how an object is kept (the reference's custody fields, 2.3). */
export interface ObjectPlace {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  readonly bytes: number;
  /** Hex, as the store computed it; null when it has none. */
  readonly sha256: string | null;
  readonly retentionMode: string | null;
  /** ISO 8601, UTC. */
  readonly retainUntil: string | null;
  readonly legalHold: boolean;
  readonly kmsKeyArn: string | null;
}
