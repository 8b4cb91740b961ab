import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { CodedError } from '../error.ts';
import { BucketError } from './evidence-bucket.ts';

const MAX_IN_MEMORY = 1 << 20;

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
  const folderOf = (incident: string) => `${prefix}quarantine/${incident}/`;

  async function asked<Answer>(to: string, call: () => Promise<Answer>): Promise<Answer> {
    try {
      return await call();
    } catch (cause) {
      if (cause instanceof CodedError) throw cause;
      const name = cause instanceof Error ? cause.name : 'unknown';
      throw new BucketError(
        'cordon_evidence_store_refused',
        `Expected the quarantine bucket ${bucket} to ${to}, found ${name}. Compare its policy with docs/evidence.md.`,
        { cause },
      );
    }
  }

  return {
    async keep(
      incident: string,
      from: string,
      { sha256, bytes }: { readonly sha256: string; readonly bytes: number },
    ): Promise<string> {
      const key = `${folderOf(incident)}${sha256}`;
      // What fits is sent from memory, so that the SDK can send it again.
      const body = bytes > MAX_IN_MEMORY ? createReadStream(from) : await readFile(from);
      await asked('take an object', () =>
        client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: key,
            Body: body,
            ContentLength: bytes,
            ChecksumAlgorithm: 'SHA256',
            ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
            Tagging: 'cordon=attacker-written',
          }),
        ),
      );
      return `s3://${bucket}/${key}`;
    },

    async list(incident: string): Promise<readonly string[]> {
      const names: string[] = [];
      for (let next: string | undefined = ''; next !== undefined; ) {
        const from: { ContinuationToken?: string } = next === '' ? {} : { ContinuationToken: next };
        const page = await asked('list its objects', () =>
          client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: folderOf(incident), ...from })),
        );
        for (const { Key } of page.Contents ?? []) {
          if (Key !== undefined) names.push(Key.slice(folderOf(incident).length));
        }
        next = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      }
      return names;
    },

    async remove(incident: string, name: string): Promise<void> {
      await asked('remove an object', () =>
        client.send(new DeleteObjectCommand({ Bucket: bucket, Key: `${folderOf(incident)}${name}` })),
      );
    },

    close: () => client.destroy(),
  };
}
