import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { beforeAll } from '@jest/globals';
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
