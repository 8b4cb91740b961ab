import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { openEvidenceBucket } from '../../src/aws/evidence-bucket.ts';
import { inProcessHandler } from '../../src/aws/in-process.ts';
import { systemClock } from '../../src/clock.ts';
import type { ObjectStore } from '../../src/evidence/object-store.ts';
import { s3Disk } from '../../src/evidence/s3-disk.ts';
import { createWorld } from '../../src/simulation/world/world.ts';
import type { StorePlace } from './conformance/evidence-store.ts';
import { REGION, smallWorld } from './world.ts';

export const BUCKET = 'case-store';

/** A way to the S3 and KMS of a simulated account in this process, with a bucket under Object Lock. */
export function worldClient(overrides: Parameters<typeof smallWorld>[0] = {}) {
  const world = createWorld(
    smallWorld({
      buckets: [
        { name: BUCKET, versioned: true, objectLock: true, objects: {} },
        { name: 'plain', versioned: false, objectLock: false, objects: {} },
      ],
      ...overrides,
    }),
    { clock: systemClock, seed: 'bucket' },
  );
  return {
    region: REGION,
    endpoint: 'http://127.0.0.1:1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'AKIACORDONWORLD00000', secretAccessKey: 'cordon-world-secret-key' },
    requestHandler: inProcessHandler(world.fetch),
  } satisfies S3ClientConfig;
}

export function openBucket(
  client: S3ClientConfig,
  more: { readonly bucket?: string; readonly lock?: 'GOVERNANCE'; readonly kmsKeyArn?: string } = {},
) {
  return openEvidenceBucket({
    client,
    clock: systemClock,
    bucket: more.bucket ?? BUCKET,
    lock: more.lock ?? 'COMPLIANCE',
    lockDays: 1,
    kmsKeyArn: more.kmsKeyArn,
  });
}

/** A store in a bucket, its unfinished files in a folder of its own. */
export async function bucketPlace(store: ObjectStore, prefix = 'evidence/'): Promise<StorePlace> {
  const root = await mkdtemp(join(tmpdir(), 'cordon-bucket-'));
  const folder = join(root, 'evidence');
  return {
    disk: s3Disk({ store, folder, prefix }),
    folder,
    keysFolder: join(root, 'keys'),
    close: () => rm(root, { recursive: true, force: true }),
  };
}
