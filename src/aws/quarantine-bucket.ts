import { createReadStream } from 'node:fs';
import { PutObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { BucketError } from './evidence-bucket.ts';

/**
 * A bucket of its own for what an attacker wrote: without Object Lock, since it may have to go at once. Its objects are named
 * by their SHA-256, which S3 verifies.
 */
export function openQuarantineBucket(options: {
  readonly client: S3ClientConfig;
  readonly bucket: string;
  /** Of every key; ends in `/` or is empty. */
  readonly prefix: string;
}) {
  const { bucket, prefix } = options;
  const client = new S3Client({ maxAttempts: 3, ...options.client });
  return {
    async keep(
      incident: string,
      from: string,
      { sha256, bytes }: { readonly sha256: string; readonly bytes: number },
    ): Promise<string> {
      const key = `${prefix}quarantine/${incident}/${sha256}`;
      try {
        await client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: key,
            Body: createReadStream(from),
            ContentLength: bytes,
            ChecksumAlgorithm: 'SHA256',
            ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
            Tagging: 'cordon=attacker-written',
          }),
        );
      } catch (cause) {
        const name = cause instanceof Error ? cause.name : 'unknown';
        throw new BucketError(
          'cordon_evidence_store_refused',
          `Expected the quarantine bucket ${bucket} to take an object, found ${name}. Compare its policy with docs/evidence.md.`,
          { cause },
        );
      }
      return `s3://${bucket}/${key}`;
    },
    close: () => client.destroy(),
  };
}
