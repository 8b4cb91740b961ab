import { createHash } from 'node:crypto';
import type { Core } from '../call.ts';
import type { Bucket, ObjectVersion, Retention } from './state.ts';

const DAY_MS = 86_400_000;

/** Puts a version into a bucket: the newest where there are versions, else in place of the one before. */
export function putVersion(
  core: Pick<Core, 'clock' | 'names'>,
  bucket: Bucket,
  key: string,
  wanted: {
    readonly body: Uint8Array;
    readonly headers?: Readonly<Record<string, string>>;
    readonly retention?: Retention | undefined;
    readonly legalHold?: boolean;
    readonly deleteMarker?: boolean;
  },
): ObjectVersion {
  const nowMs = core.clock.now().getTime();
  const { defaultRetention } = bucket;
  const byDefault: Retention | undefined =
    defaultRetention === undefined || wanted.deleteMarker === true
      ? undefined
      : { mode: defaultRetention.mode, untilMs: nowMs + defaultRetention.days * DAY_MS };
  const version: ObjectVersion = {
    versionId: bucket.versioned ? core.names.hex(32) : 'null',
    body: wanted.body,
    etag: `"${createHash('md5').update(wanted.body).digest('hex')}"`,
    modifiedMs: nowMs,
    deleteMarker: wanted.deleteMarker ?? false,
    headers: wanted.headers ?? {},
    retention: wanted.retention ?? byDefault,
    legalHold: wanted.legalHold ?? false,
  };
  const before = bucket.objects.get(key) ?? [];
  bucket.objects.set(key, bucket.versioned ? [...before, version] : [version]);
  return version;
}
