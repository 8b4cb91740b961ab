import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import type { Clock } from '../clock.ts';
import { CodedError } from '../error.ts';

export type BucketErrorCode =
  | 'cordon_evidence_store_refused'
  | 'cordon_evidence_store_unreachable'
  | 'cordon_evidence_store_not_locked'
  | 'cordon_evidence_store_differs';

/** What went wrong with the evidence bucket: AWS's own word, never a content. */
export class BucketError extends CodedError<BucketErrorCode> {}

export interface EvidenceBucketOptions {
  readonly client: S3ClientConfig;
  readonly clock: Clock;
  readonly bucket: string;
  /** COMPLIANCE cannot be lifted by anybody, GOVERNANCE by who has the right to. */
  readonly lock: 'COMPLIANCE' | 'GOVERNANCE';
  /** How long a new object is locked, in days. */
  readonly lockDays: number;
  /** SSE-KMS with this key; the bucket's own default otherwise. */
  readonly kmsKeyArn: string | undefined;
}

const DAY_MS = 86_400_000;

/**
 * One bucket with Object Lock, through the real client. Each object is created once (`If-None-Match: *`) with its
 * SHA-256, which S3 verifies, and read back by its version: digest, size and lock must be those that were asked for.
 */
export function openEvidenceBucket(options: EvidenceBucketOptions) {
  const { bucket, clock } = options;
  const client = new S3Client({ maxAttempts: 3, ...options.client });

  async function describe(key: string, versionId: string) {
    const found = await asked('s3:GetObject', () =>
      client.send(
        new HeadObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId, ChecksumMode: 'ENABLED' }),
      ),
    );
    if (found === null) return null;
    const checksum = found.ChecksumSHA256;
    return {
      bucket,
      key,
      versionId,
      bytes: found.ContentLength ?? 0,
      sha256: checksum === undefined ? null : Buffer.from(checksum, 'base64').toString('hex'),
      retentionMode: found.ObjectLockMode ?? null,
      retainUntil: found.ObjectLockRetainUntilDate?.toISOString() ?? null,
      legalHold: found.ObjectLockLegalHoldStatus === 'ON',
      kmsKeyArn: found.SSEKMSKeyId ?? null,
    };
  }

  return {
    describe,

    async create(
      key: string,
      file: { readonly bytes: number; readonly sha256: string; content(): AsyncIterable<Uint8Array> },
    ) {
      const until = new Date(clock.now().getTime() + options.lockDays * DAY_MS);
      const body = await bodyOf(file);
      const put = await asked('s3:PutObject', () =>
        client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: key,
            IfNoneMatch: '*',
            Body: body,
            ContentLength: file.bytes,
            ChecksumAlgorithm: 'SHA256',
            ChecksumSHA256: Buffer.from(file.sha256, 'hex').toString('base64'),
            ObjectLockMode: options.lock,
            ObjectLockRetainUntilDate: until,
            ...(options.kmsKeyArn === undefined
              ? {}
              : { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: options.kmsKeyArn }),
          }),
        ),
      );
      if (put === null) return null;
      if (put.VersionId === undefined) throw notLocked(bucket, 'no version of what was written');
      const place = await describe(key, put.VersionId);
      if (place?.sha256 !== file.sha256 || place.bytes !== file.bytes) {
        throw new BucketError(
          'cordon_evidence_store_differs',
          `Expected ${key} in bucket ${bucket} to be read back as ${file.bytes} bytes with SHA-256 ${file.sha256}, found ` +
            `${place === null ? 'nothing' : `${place.bytes} bytes with ${place.sha256 ?? 'no checksum'}`}. Look at the bucket before anything else.`,
        );
      }
      if (place.retentionMode !== options.lock) {
        throw notLocked(bucket, `lock mode ${place.retentionMode ?? 'none'}`);
      }
      return place;
    },

    async versions(prefix: string) {
      const found: { key: string; versionId: string; kind: 'object' | 'delete-marker'; at: number }[] = [];
      let next: { KeyMarker?: string; VersionIdMarker?: string } = {};
      for (;;) {
        const page = await asked('s3:ListBucketVersions', () =>
          client.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix, ...next })),
        );
        if (page === null) throw missing(bucket);
        for (const [kind, list] of [
          ['object', page.Versions ?? []],
          ['delete-marker', page.DeleteMarkers ?? []],
        ] as const) {
          for (const each of list) {
            if (each.Key === undefined || each.VersionId === undefined) continue;
            found.push({
              key: each.Key,
              versionId: each.VersionId,
              kind,
              at: each.LastModified?.getTime() ?? 0,
            });
          }
        }
        if (page.IsTruncated !== true) break;
        next = {
          ...(page.NextKeyMarker === undefined ? {} : { KeyMarker: page.NextKeyMarker }),
          ...(page.NextVersionIdMarker === undefined ? {} : { VersionIdMarker: page.NextVersionIdMarker }),
        };
      }
      // S3 lists the newest version of a key first; the sort keeps the order of equals, hence the reversal.
      return found
        .reverse()
        .sort((one, other) => (one.key === other.key ? one.at - other.at : one.key < other.key ? -1 : 1))
        .map(({ at: _, ...version }) => version);
    },

    async *content(key: string, versionId: string): AsyncIterable<Uint8Array> {
      const got = await asked('s3:GetObject', () =>
        client.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId })),
      );
      if (got === null || !(got.Body instanceof Readable)) throw missing(bucket);
      yield* got.Body;
    },

    async retainUntil(key: string, versionId: string, until: Date) {
      await asked('s3:PutObjectRetention', () =>
        client.send(
          new PutObjectRetentionCommand({
            Bucket: bucket,
            Key: key,
            VersionId: versionId,
            Retention: { Mode: options.lock, RetainUntilDate: until },
          }),
        ),
      );
    },

    async legalHold(key: string, versionId: string, on: boolean) {
      await asked('s3:PutObjectLegalHold', () =>
        client.send(
          new PutObjectLegalHoldCommand({
            Bucket: bucket,
            Key: key,
            VersionId: versionId,
            LegalHold: { Status: on ? 'ON' : 'OFF' },
          }),
        ),
      );
    },

    async remove(key: string, versionId: string) {
      // Under lock S3 answers AccessDenied; so it is asked what the lock says instead of guessing from that.
      const place = await describe(key, versionId);
      if (place === null) return true;
      const locked = place.retainUntil !== null && Date.parse(place.retainUntil) > clock.now().getTime();
      if (locked || place.legalHold) return false;
      await asked('s3:DeleteObjectVersion', () =>
        client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId })),
      );
      return true;
    },

    close: () => client.destroy(),
  };
}

// What fits is sent from memory, so that the SDK can send it again; the rest is streamed.
const MAX_IN_MEMORY = 1 << 20;

async function bodyOf(file: { readonly bytes: number; content(): AsyncIterable<Uint8Array> }) {
  if (file.bytes > MAX_IN_MEMORY) return Readable.from(file.content(), { objectMode: false });
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.content()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const TAKEN = new Set(['PreconditionFailed', 'ConditionalRequestConflict']);
const ABSENT = new Set(['NotFound', 'NoSuchKey', 'NoSuchVersion']);

/** Makes one call. Null for what is not there, and for a key that was to be new and is taken; else an error with AWS's word. */
async function asked<Answer>(operation: string, call: () => Promise<Answer>): Promise<Answer | null> {
  try {
    return await call();
  } catch (cause) {
    // Ours already: the role of evidence, which is assumed on the way.
    if (cause instanceof CodedError) throw cause;
    const name = cause instanceof Error ? cause.name : 'unknown';
    if (TAKEN.has(name) || ABSENT.has(name)) return null;
    const status = statusOf(cause);
    if (status !== undefined && status < 500) {
      throw new BucketError(
        'cordon_evidence_store_refused',
        `Expected the evidence bucket to allow ${operation}, found ${name} (${status}). Compare the role and the policies of ` +
          'bucket and key with docs/evidence.md.',
        { cause },
      );
    }
    throw new BucketError(
      'cordon_evidence_store_unreachable',
      `Expected an answer of the evidence bucket to ${operation}, found ${name}${status === undefined ? '' : ` (${status})`}. ` +
        'It is tried again with the attempt.',
      { cause },
    );
  }
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

function notLocked(bucket: string, found: string): BucketError {
  return new BucketError(
    'cordon_evidence_store_not_locked',
    `Expected bucket ${bucket} to have versioning and Object Lock, found ${found}. Make a bucket with Object Lock enabled.`,
  );
}

function missing(bucket: string): BucketError {
  return new BucketError(
    'cordon_evidence_store_refused',
    `Expected bucket ${bucket} and what it was asked for to be there, found nothing. Check the name and the Region.`,
  );
}
