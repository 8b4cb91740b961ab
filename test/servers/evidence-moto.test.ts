import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, GetObjectTaggingCommand, S3Client } from '@aws-sdk/client-s3';
import { beforeAll, expect, test } from '@jest/globals';
import { openQuarantineBucket } from '../../src/aws/quarantine-bucket.ts';
import { sha256Hex } from '../../src/timeline/canonical.ts';
import { describeEvidenceStore } from '../support/conformance/evidence-store.ts';
import { bucketPlace, openBucket } from '../support/evidence-bucket.ts';
import { motoUrl } from '../support/servers.ts';
import { REGION } from '../support/world.ts';

/** The bucket of evidence against moto, which was written by others: a second opinion on the wire. */

const bucket = `cordon-evidence-${randomBytes(6).toString('hex')}`;
const client = {
  region: REGION,
  endpoint: motoUrl(),
  forcePathStyle: true,
  credentials: { accessKeyId: 'AKIACORDONMOTO000000', secretAccessKey: 'moto' },
};

beforeAll(async () => {
  await new S3Client(client).send(
    new CreateBucketCommand({
      Bucket: bucket,
      ObjectLockEnabledForBucket: true,
      CreateBucketConfiguration: { LocationConstraint: REGION },
    }),
  );
});

describeEvidenceStore('a bucket of moto', () => bucketPlace(openBucket(client, { bucket })));

describeEvidenceStore('a bucket of moto under GOVERNANCE', () =>
  bucketPlace(openBucket(client, { bucket, lock: 'GOVERNANCE' }), 'governed/'),
);

test('what an attacker wrote goes into a bucket of moto marked and without a lock, and out of it again', async () => {
  const s3 = new S3Client(client);
  const apart = `${bucket}-apart`;
  await s3.send(
    new CreateBucketCommand({
      Bucket: apart,
      CreateBucketConfiguration: { LocationConstraint: REGION },
    }),
  );
  const store = openQuarantineBucket({ client, bucket: apart, prefix: 'cordon/' });
  const folder = await mkdtemp(join(tmpdir(), 'cordon-apart-'));
  try {
    // One that is sent from memory, and one that is streamed.
    for (const content of [Buffer.from('{"card":"4111"}'), Buffer.alloc(3 << 20, 'x')]) {
      const sha256 = sha256Hex(content);
      const file = join(folder, sha256);
      await writeFile(file, content);
      const place = await store.keep('inc-1', file, { sha256, bytes: content.length });
      const key = `cordon/quarantine/inc-1/${sha256}`;
      expect(place).toBe(`s3://${apart}/${key}`);
      const kept = await s3.send(new GetObjectCommand({ Bucket: apart, Key: key }));
      expect(sha256Hex((await kept.Body?.transformToByteArray()) ?? new Uint8Array())).toBe(sha256);
      expect(kept.ObjectLockMode).toBeUndefined();
      const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket: apart, Key: key }));
      expect(TagSet).toEqual([{ Key: 'cordon', Value: 'attacker-written' }]);
    }
    const names = await store.list('inc-1');
    expect(names).toHaveLength(2);
    expect(await store.list('inc-10')).toEqual([]); // control: another incident's, though its name begins alike
    for (const name of names) await store.remove('inc-1', name);
    expect(await store.list('inc-1')).toEqual([]);
  } finally {
    store.close();
    await rm(folder, { recursive: true, force: true });
  }
});
