import { decodeLabel } from '../wire/label.ts';

/** Which operation a query flag makes of a method, where the bucket alone is named and where an object is. */
const BUCKET_FLAGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  GET: {
    versioning: 'GetBucketVersioning',
    versions: 'ListObjectVersions',
    policy: 'GetBucketPolicy',
    location: 'GetBucketLocation',
    encryption: 'GetBucketEncryption',
    'object-lock': 'GetObjectLockConfiguration',
  },
  PUT: {
    versioning: 'PutBucketVersioning',
    policy: 'PutBucketPolicy',
    'object-lock': 'PutObjectLockConfiguration',
  },
};
const OBJECT_FLAGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  GET: {
    retention: 'GetObjectRetention',
    'legal-hold': 'GetObjectLegalHold',
    attributes: 'GetObjectAttributes',
  },
  PUT: { retention: 'PutObjectRetention', 'legal-hold': 'PutObjectLegalHold' },
};
const BUCKET_METHODS: Readonly<Record<string, string>> = {
  GET: 'ListObjectsV2',
  PUT: 'CreateBucket',
  HEAD: 'HeadBucket',
};
const OBJECT_METHODS: Readonly<Record<string, string>> = {
  GET: 'GetObject',
  PUT: 'PutObject',
  HEAD: 'HeadObject',
  DELETE: 'DeleteObject',
};

/** Query flags that change the meaning of a request; any that is not known must not pass for a plain one. */
const PLAIN =
  /^(x-id|list-type|prefix|delimiter|max-keys|continuation-token|start-after|encoding-type|fetch-owner|versionId|key-marker|version-id-marker|response-.*|partNumber)$/;

/** A request to S3: its operation, bucket and key. The bucket is in the path, or the host begins with it. */
export function matchS3(
  method: string,
  url: URL,
): { readonly name: string | undefined; readonly bucket: string; readonly key: string } {
  const fromHost = /^(.+)\.(?:s3[.-]|world\.)/.exec(url.hostname)?.[1];
  const segments = url.pathname.split('/').slice(1).map(decodeLabel);
  const bucket = fromHost ?? segments.shift() ?? '';
  const key = segments.join('/');
  if (bucket === '') return { name: method === 'GET' ? 'ListBuckets' : undefined, bucket, key };
  const flags = (key === '' ? BUCKET_FLAGS : OBJECT_FLAGS)[method] ?? {};
  const asked = [...url.searchParams.keys()].filter((name) => !PLAIN.test(name));
  const [flag] = asked;
  if (flag !== undefined) {
    return { name: asked.length === 1 && Object.hasOwn(flags, flag) ? flags[flag] : undefined, bucket, key };
  }
  return { name: (key === '' ? BUCKET_METHODS : OBJECT_METHODS)[method], bucket, key };
}
