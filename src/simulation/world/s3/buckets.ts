import type { JsonObject } from '../../../json.ts';
import type { Operation } from '../call.ts';
import { cutPage } from '../page.ts';
import { readPolicy } from '../policy/document.ts';
import { AwsRefusal, WorldError } from '../world-error.ts';
import { bucketAccess, bucketOf, objectAccess } from './access.ts';
import { versionOf } from './objects.ts';
import { type Bucket, currentVersion, type ObjectVersion } from './state.ts';
import { textOf, xmlAnswer } from './xml.ts';

const PAGE = 1_000;

function operation(
  name: string,
  write: boolean,
  access: Operation['access'],
  run: Operation['run'],
  status = 200,
): Operation {
  return { service: 's3', name, write, status, access, run };
}

function keysOf(bucket: Bucket, prefix: string): readonly string[] {
  return [...bucket.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
}

function summary(key: string, version: ObjectVersion): JsonObject {
  return {
    Key: key,
    LastModified: new Date(version.modifiedMs).toISOString(),
    ETag: version.etag,
    Size: version.body.byteLength,
    StorageClass: 'STANDARD',
  };
}

/** Buckets: what they hold, and how they are set up. */
export const bucketOperations: Readonly<Record<string, Operation>> = {
  ListBuckets: operation(
    'ListBuckets',
    false,
    () => [{ action: 's3:ListAllMyBuckets', resource: '*' }],
    (core) =>
      xmlAnswer('ListAllMyBucketsResult', {
        Buckets: {
          Bucket: [...core.state.buckets.values()].map((one) => ({
            Name: one.name,
            CreationDate: new Date(one.createdMs).toISOString(),
          })),
        },
      }),
  ),
  CreateBucket: operation('CreateBucket', true, bucketAccess('s3:CreateBucket'), (core, input) => {
    const name = input.path.Bucket ?? '';
    if (core.state.buckets.has(name)) {
      throw new AwsRefusal(
        'BucketAlreadyOwnedByYou',
        409,
        'Your previous request to create the named bucket succeeded and you already own it.',
      );
    }
    const objectLock = input.headers.get('x-amz-bucket-object-lock-enabled') === 'true';
    core.state.buckets.set(name, {
      name,
      region: input.region,
      createdMs: core.clock.now().getTime(),
      versioned: objectLock,
      objectLock,
      defaultRetention: undefined,
      policy: undefined,
      keyArn: undefined,
      objects: new Map(),
    });
    return { headers: { location: `/${name}` } };
  }),
  HeadBucket: operation('HeadBucket', false, bucketAccess('s3:ListBucket'), (core, input) => ({
    headers: { 'x-amz-bucket-region': bucketOf(core, input).region },
  })),
  GetBucketLocation: operation(
    'GetBucketLocation',
    false,
    bucketAccess('s3:GetBucketLocation'),
    (core, input) => ({
      ...xmlAnswer('LocationConstraint', {}),
      raw: Buffer.from(
        `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${bucketOf(core, input).region}</LocationConstraint>`,
      ),
    }),
  ),
  GetBucketVersioning: operation(
    'GetBucketVersioning',
    false,
    bucketAccess('s3:GetBucketVersioning'),
    (core, input) =>
      xmlAnswer('VersioningConfiguration', bucketOf(core, input).versioned ? { Status: 'Enabled' } : {}),
  ),
  PutBucketVersioning: operation(
    'PutBucketVersioning',
    true,
    bucketAccess('s3:PutBucketVersioning'),
    (core, input) => {
      const bucket = bucketOf(core, input);
      const enabled = textOf(input.raw, 'Status') === 'Enabled';
      if (bucket.objectLock && !enabled) {
        throw new AwsRefusal(
          'InvalidBucketState',
          409,
          'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
        );
      }
      bucket.versioned = enabled;
      return {};
    },
  ),
  GetBucketEncryption: operation(
    'GetBucketEncryption',
    false,
    bucketAccess('s3:GetEncryptionConfiguration'),
    (core, input) => {
      const { keyArn } = bucketOf(core, input);
      return xmlAnswer('ServerSideEncryptionConfiguration', {
        Rule: {
          ApplyServerSideEncryptionByDefault:
            keyArn === undefined
              ? { SSEAlgorithm: 'AES256' }
              : { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: keyArn },
        },
      });
    },
  ),
  GetBucketPolicy: operation('GetBucketPolicy', false, bucketAccess('s3:GetBucketPolicy'), (core, input) => {
    const { policy } = bucketOf(core, input);
    if (policy === undefined) {
      throw new AwsRefusal('NoSuchBucketPolicy', 404, 'The bucket policy does not exist');
    }
    return {
      raw: Buffer.from(JSON.stringify(policy.json)),
      headers: { 'content-type': 'application/json' },
    };
  }),
  PutBucketPolicy: operation(
    'PutBucketPolicy',
    true,
    bucketAccess('s3:PutBucketPolicy'),
    (core, input) => {
      const text = Buffer.from(input.raw).toString('utf8');
      try {
        const parsed = readPolicy(text, 'resource');
        bucketOf(core, input).policy = { json: JSON.parse(text) as JsonObject, parsed }; // readPolicy has parsed it as an object
      } catch (error) {
        if (!(error instanceof WorldError)) throw error;
        throw new AwsRefusal('MalformedPolicy', 400, error.message);
      }
      return {};
    },
    204,
  ),
  ListObjectsV2: operation('ListObjectsV2', false, bucketAccess('s3:ListBucket'), (core, input) => {
    const bucket = bucketOf(core, input);
    const prefix = input.query.get('prefix') ?? '';
    const found = keysOf(bucket, prefix).flatMap((key) => {
      const current = currentVersion(bucket, key);
      return current === undefined ? [] : [summary(key, current)];
    });
    const page = cutPage(found, input.query.get('continuation-token'), input.query.get('max-keys'), PAGE);
    return xmlAnswer('ListBucketResult', {
      Name: bucket.name,
      Prefix: prefix,
      KeyCount: page.items.length,
      MaxKeys: Number(input.query.get('max-keys') ?? PAGE),
      IsTruncated: page.next !== undefined,
      ...(page.next === undefined ? {} : { NextContinuationToken: page.next }),
      Contents: page.items,
    });
  }),
  ListObjectVersions: operation(
    'ListObjectVersions',
    false,
    bucketAccess('s3:ListBucketVersions'),
    (core, input) => {
      const bucket = bucketOf(core, input);
      const prefix = input.query.get('prefix') ?? '';
      const all = keysOf(bucket, prefix).flatMap((key) =>
        [...(bucket.objects.get(key) ?? [])]
          .reverse()
          .map((version, index) => ({ key, version, latest: index === 0 })),
      );
      const page = cutPage(all, input.query.get('key-marker'), input.query.get('max-keys'), PAGE);
      const entry = ({ key, version, latest }: (typeof all)[number]) => ({
        Key: key,
        VersionId: version.versionId,
        IsLatest: latest,
        LastModified: new Date(version.modifiedMs).toISOString(),
      });
      return xmlAnswer('ListVersionsResult', {
        Name: bucket.name,
        Prefix: prefix,
        IsTruncated: page.next !== undefined,
        ...(page.next === undefined ? {} : { NextKeyMarker: page.next }),
        Version: page.items
          .filter((one) => !one.version.deleteMarker)
          .map((one) => ({ ...summary(one.key, one.version), ...entry(one) })),
        DeleteMarker: page.items.filter((one) => one.version.deleteMarker).map(entry),
      });
    },
  ),
  GetObjectAttributes: operation(
    'GetObjectAttributes',
    false,
    objectAccess('s3:GetObjectAttributes', 's3:GetObjectVersionAttributes'),
    (core, input) => {
      const version = versionOf(core, input);
      const sha256 = version.headers['x-amz-checksum-sha256'];
      const crc = version.headers['x-amz-checksum-crc32'];
      return xmlAnswer(
        'GetObjectAttributesResponse',
        {
          ETag: version.etag.replaceAll('"', ''),
          Checksum: {
            ...(sha256 === undefined ? {} : { ChecksumSHA256: sha256 }),
            ...(crc === undefined ? {} : { ChecksumCRC32: crc }),
            ChecksumType: 'FULL_OBJECT',
          },
          ObjectSize: version.body.byteLength,
          StorageClass: 'STANDARD',
        },
        version.versionId === 'null' ? {} : { 'x-amz-version-id': version.versionId },
      );
    },
  ),
};
