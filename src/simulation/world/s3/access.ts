import type { Access, Core, Input } from '../call.ts';
import { keyAccess } from '../kms/key.ts';
import { AwsRefusal } from '../world-error.ts';
import type { Bucket } from './state.ts';

/** The bucket that a request names. Throws `NoSuchBucket`. */
export function bucketOf(core: Core, input: Input): Bucket {
  const bucket = core.state.buckets.get(input.path.Bucket ?? '');
  if (bucket === undefined) throw new AwsRefusal('NoSuchBucket', 404, 'The specified bucket does not exist');
  return bucket;
}

/** Access to a bucket itself. */
export function bucketAccess(action: string): (core: Core, input: Input) => readonly Access[] {
  return (core, input) => {
    const name = input.path.Bucket ?? '';
    return [
      {
        action,
        resource: `arn:${core.state.partition}:s3:::${name}`,
        context: { 's3:prefix': input.query.get('prefix') ?? undefined },
        resourcePolicy: core.state.buckets.get(name)?.policy?.parsed,
      },
    ];
  };
}

/** Access to an object; a version that is named has an action of its own. */
export function objectAccess(
  action: string,
  ofVersion = action,
): (core: Core, input: Input) => readonly Access[] {
  return (core, input) => {
    const { Bucket: name = '', Key: key = '' } = input.path;
    return [
      {
        action: input.query.has('versionId') ? ofVersion : action,
        resource: `arn:${core.state.partition}:s3:::${name}/${key}`,
        context: {
          's3:object-lock-mode': input.headers.get('x-amz-object-lock-mode') ?? undefined,
          's3:x-amz-server-side-encryption': input.headers.get('x-amz-server-side-encryption') ?? undefined,
        },
        resourcePolicy: core.state.buckets.get(name)?.policy?.parsed,
      },
    ];
  };
}

/** What an encrypted object needs besides: its key, used through S3. */
export function encryptionAccess(
  core: Core,
  region: string,
  keyArn: string | undefined,
  action: 'kms:GenerateDataKey' | 'kms:Decrypt',
): readonly Access[] {
  if (keyArn === undefined) return [];
  return [keyAccess(core, keyArn, action, { 'kms:ViaService': `s3.${region}.amazonaws.com` })];
}
