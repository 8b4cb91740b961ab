import type { Alert } from './alert.ts';

/**
 * From the call that a detector saw, named as CloudTrail and GuardDuty name it, to the IAM action that denies it. The two
 * agree for most calls and differ for some: in the service, in a version, or in one permission for several calls. A name
 * that is not known is refused with the reason: a deny of the wrong action looks like containment and is none.
 */

/** What a detector saw, out of the alert: attacker-controlled. */
export interface SeenCall {
  /** `s3.amazonaws.com`, or the first part of it. */
  readonly service: string;
  readonly api: string;
}

export type AbusedApi =
  | { readonly kind: 'action'; readonly action: string }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * The prefix in IAM of each event source, as the service authorization reference has it. Services that are not here are
 * refused, since a prefix cannot be guessed: `monitoring` is `cloudwatch`, and `email` is `ses`.
 */
const PREFIXES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      'athena',
      'bedrock',
      'cloudformation',
      'cloudtrail',
      'cognito-idp',
      'dynamodb',
      'ec2',
      'ecr',
      'ecs',
      'events',
      'firehose',
      'glue',
      'guardduty',
      'iam',
      'kinesis',
      'kms',
      'lambda',
      'logs',
      'organizations',
      'rds',
      'rds-data',
      's3',
      'secretsmanager',
      'ses',
      'sns',
      'sqs',
      'ssm',
      'states',
      'sts',
    ].map((service) => [service, service]),
  ),
  email: 'ses',
  monitoring: 'cloudwatch',
};

/** Calls whose permission has another name (service authorization reference), by event source. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  lambda: { Invoke: 'InvokeFunction', InvokeWithResponseStream: 'InvokeFunction' },
  s3: {
    CompleteMultipartUpload: 'PutObject',
    CopyObject: 'PutObject',
    CreateMultipartUpload: 'PutObject',
    DeleteBucketCors: 'PutBucketCORS',
    DeleteBucketEncryption: 'PutEncryptionConfiguration',
    DeleteBucketLifecycle: 'PutLifecycleConfiguration',
    DeleteBucketReplication: 'PutReplicationConfiguration',
    DeleteObjects: 'DeleteObject',
    GetBucketCors: 'GetBucketCORS',
    GetBucketEncryption: 'GetEncryptionConfiguration',
    GetBucketLifecycle: 'GetLifecycleConfiguration',
    GetBucketLifecycleConfiguration: 'GetLifecycleConfiguration',
    GetBucketReplication: 'GetReplicationConfiguration',
    HeadBucket: 'ListBucket',
    HeadObject: 'GetObject',
    ListBuckets: 'ListAllMyBuckets',
    ListMultipartUploads: 'ListBucketMultipartUploads',
    ListObjectVersions: 'ListBucketVersions',
    ListObjects: 'ListBucket',
    ListObjectsV2: 'ListBucket',
    ListParts: 'ListMultipartUploadParts',
    PutBucketCors: 'PutBucketCORS',
    PutBucketEncryption: 'PutEncryptionConfiguration',
    PutBucketLifecycle: 'PutLifecycleConfiguration',
    PutBucketLifecycleConfiguration: 'PutLifecycleConfiguration',
    PutBucketReplication: 'PutReplicationConfiguration',
    SelectObjectContent: 'GetObject',
    UploadPart: 'PutObject',
    UploadPartCopy: 'PutObject',
  },
  sns: { PublishBatch: 'Publish' },
  sqs: {
    ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
    DeleteMessageBatch: 'DeleteMessage',
    SendMessageBatch: 'SendMessage',
  },
  bedrock: { Converse: 'InvokeModel', ConverseStream: 'InvokeModelWithResponseStream' },
};

/** Calls that no single action denies, and why. */
const UNDENIABLE: Readonly<Record<string, string>> = {
  'sts:GetCallerIdentity': 'IAM lets nobody be denied it',
  'dynamodb:ExecuteStatement':
    'its permission depends on the statement; deny the dynamodb:PartiQL actions by hand',
  'dynamodb:BatchExecuteStatement':
    'its permission depends on the statements; deny the dynamodb:PartiQL actions by hand',
  'dynamodb:ExecuteTransaction':
    'its permission depends on the statements; deny the dynamodb:PartiQL actions by hand',
  'dynamodb:TransactGetItems':
    'it is allowed by the actions that it is made of; deny dynamodb:GetItem by hand',
  'dynamodb:TransactWriteItems': 'it is allowed by the actions that it is made of; deny those by hand',
  'sts:AssumeRoleWithSAML': 'it is called without credentials of the role',
  'sts:AssumeRoleWithWebIdentity': 'it is called without credentials of the role',
};

// As GuardDuty and CloudTrail write Lambda's calls: with the date of the API, and a version of that.
const VERSIONED = /20\d{6}(v\d{1,2})?$/;

/** The IAM action that denies a call that was seen, or why none is known to. Pure. */
export function abusedApi({ service, api }: SeenCall): AbusedApi {
  const source = service.toLowerCase().replace(/\.amazonaws\.com(\.cn)?$/, '');
  const prefix = Object.hasOwn(PREFIXES, source) ? PREFIXES[source] : undefined;
  if (prefix === undefined) return refused('the service is not one whose prefix in IAM is known');
  const plain = source === 'lambda' ? api.replace(VERSIONED, '') : api;
  if (!/^[A-Z][A-Za-z0-9]{1,126}$/.test(plain)) return refused('it is not the name of an API');
  const reason = Object.hasOwn(UNDENIABLE, `${prefix}:${plain}`)
    ? UNDENIABLE[`${prefix}:${plain}`]
    : undefined;
  if (reason !== undefined) return refused(reason);
  const renamed = RENAMED[source];
  const action = renamed !== undefined && Object.hasOwn(renamed, plain) ? renamed[plain] : plain;
  return { kind: 'action', action: `${prefix}:${action}` };
}

function refused(reason: string): AbusedApi {
  return { kind: 'refused', reason };
}

// As many as one deny takes; an attacker who fills the alert with names gains nothing by the next.
const MOST = 20;

/** What an alert's calls come to: the actions to deny, and the calls that could not be named, each with its reason. Pure. */
export function abusedApis(calls: readonly SeenCall[]): Pick<Alert, 'abusedApis' | 'unnamedApis'> {
  const actions = new Set<string>();
  const unnamed = new Set<string>();
  for (const call of calls.slice(0, MOST)) {
    const found = abusedApi(call);
    if (found.kind === 'action') actions.add(found.action);
    else unnamed.add(`${printable(call.service)} ${printable(call.api)}: ${found.reason}`);
  }
  return {
    ...(actions.size === 0 ? {} : { abusedApis: [...actions].sort() }),
    ...(unnamed.size === 0 ? {} : { unnamedApis: [...unnamed] }),
  };
}

function printable(text: string): string {
  return text.replace(/[^A-Za-z0-9.-]/g, '?').slice(0, 80);
}
