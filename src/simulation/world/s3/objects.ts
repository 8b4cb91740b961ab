import type { Core, Input, Operation } from '../call.ts';
import { AwsRefusal } from '../world-error.ts';
import { bucketOf, encryptionAccess, objectAccess } from './access.ts';
import { decodeBody } from './body.ts';
import { verifyChecksums } from './checksum.ts';
import { currentVersion, isLocked, type ObjectVersion, type Retention } from './state.ts';
import { putVersion } from './store.ts';

/** Headers of a request that come back with the object. */
const KEPT = /^(content-(type|language|disposition)|cache-control|expires|x-amz-meta-.*)$/;

function refuse(code: string, status: number, message: string): AwsRefusal {
  return new AwsRefusal(code, status, message);
}

export function protectedByLock(): AwsRefusal {
  return refuse('AccessDenied', 403, 'Access Denied because object protected by object lock.');
}

function keyOf(core: Core, input: Input): string | undefined {
  const asked = input.headers.get('x-amz-server-side-encryption-aws-kms-key-id');
  return asked ?? core.state.buckets.get(input.path.Bucket ?? '')?.keyArn;
}

/** The version that a request names, or the current one. Throws `NoSuchKey`, `NoSuchVersion`, `MethodNotAllowed`. */
export function versionOf(core: Core, input: Input): ObjectVersion {
  const bucket = bucketOf(core, input);
  const key = input.path.Key ?? '';
  const id = input.query.get('versionId');
  if (id === null) {
    const current = currentVersion(bucket, key);
    if (current !== undefined) return current;
    const marked = bucket.objects.get(key)?.at(-1);
    throw new AwsRefusal('NoSuchKey', 404, 'The specified key does not exist.', {
      headers:
        marked === undefined ? {} : { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marked.versionId },
    });
  }
  const version = bucket.objects.get(key)?.find((one) => one.versionId === id);
  if (version === undefined) throw refuse('NoSuchVersion', 404, 'The specified version does not exist.');
  if (version.deleteMarker) {
    throw refuse('MethodNotAllowed', 405, 'The specified method is not allowed against this resource.');
  }
  return version;
}

function precondition(): AwsRefusal {
  return refuse('PreconditionFailed', 412, 'At least one of the pre-conditions you specified did not hold');
}

function checkConditions(input: Input, current: ObjectVersion | undefined): void {
  const noneMatch = input.headers.get('if-none-match');
  const match = input.headers.get('if-match');
  if (noneMatch === '*' && current !== undefined) throw precondition();
  if (match !== null && match !== '*' && match !== current?.etag) throw precondition();
}

function retentionOf(input: Input, lockable: boolean): Retention | undefined {
  const mode = input.headers.get('x-amz-object-lock-mode');
  const until = input.headers.get('x-amz-object-lock-retain-until-date');
  const hold = input.headers.get('x-amz-object-lock-legal-hold');
  if (mode === null && until === null && hold === null) return undefined;
  if (!lockable) throw refuse('InvalidRequest', 400, 'Bucket is missing Object Lock Configuration');
  if (mode === null && until === null) return undefined;
  const untilMs = Date.parse(until ?? '');
  if ((mode !== 'COMPLIANCE' && mode !== 'GOVERNANCE') || Number.isNaN(untilMs)) {
    throw refuse(
      'InvalidArgument',
      400,
      'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
    );
  }
  return { mode, untilMs };
}

function headersOf(version: ObjectVersion): Record<string, string> {
  return {
    ...version.headers,
    etag: version.etag,
    'last-modified': new Date(version.modifiedMs).toUTCString(),
    'accept-ranges': 'bytes',
    ...(version.versionId === 'null' ? {} : { 'x-amz-version-id': version.versionId }),
    ...(version.retention === undefined
      ? {}
      : {
          'x-amz-object-lock-mode': version.retention.mode,
          'x-amz-object-lock-retain-until-date': new Date(version.retention.untilMs).toISOString(),
        }),
    ...(version.legalHold ? { 'x-amz-object-lock-legal-hold': 'ON' } : {}),
  };
}

/** Checksums come back only when they are asked for, and for the whole object. */
function shown(version: ObjectVersion, input: Input): Record<string, string> {
  const all = headersOf(version);
  const wanted = input.headers.get('x-amz-checksum-mode') === 'ENABLED' && !input.headers.has('range');
  if (wanted) return all;
  return Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith('x-amz-checksum-')));
}

function operation(
  name: string,
  write: boolean,
  rest: Pick<Operation, 'access' | 'run' | 'status'>,
): Operation {
  return { service: 's3', name, write, ...rest };
}

function readAccess(core: Core, input: Input) {
  const bucket = core.state.buckets.get(input.path.Bucket ?? '');
  const versions = bucket?.objects.get(input.path.Key ?? '');
  const id = input.query.get('versionId');
  const version = id === null ? versions?.at(-1) : versions?.find((one) => one.versionId === id);
  const key = version?.headers['x-amz-server-side-encryption-aws-kms-key-id'];
  return [
    ...objectAccess('s3:GetObject', 's3:GetObjectVersion')(core, input),
    ...encryptionAccess(core, input.region, key, 'kms:Decrypt'),
  ];
}

/** Objects: put, got, looked at, deleted. */
export const objectOperations: Readonly<Record<string, Operation>> = {
  PutObject: operation('PutObject', true, {
    access: (core, input) => [
      ...objectAccess('s3:PutObject')(core, input),
      ...encryptionAccess(core, input.region, keyOf(core, input), 'kms:GenerateDataKey'),
    ],
    run(core, input) {
      const bucket = bucketOf(core, input);
      const key = input.path.Key ?? '';
      checkConditions(input, currentVersion(bucket, key));
      const { body, trailers } = decodeBody(input.headers, input.raw);
      const given = new Headers(input.headers);
      for (const [name, value] of Object.entries(trailers)) given.set(name, value);
      const checksums = verifyChecksums(given, body);
      const retention = retentionOf(input, bucket.objectLock);
      const keyArn = keyOf(core, input);
      const encryption: Record<string, string> =
        keyArn === undefined
          ? { 'x-amz-server-side-encryption': 'AES256' }
          : {
              'x-amz-server-side-encryption': 'aws:kms',
              'x-amz-server-side-encryption-aws-kms-key-id': keyArn,
            };
      const version = putVersion(core, bucket, key, {
        body,
        headers: {
          ...Object.fromEntries([...input.headers].filter(([name]) => KEPT.test(name))),
          ...encryption,
          ...checksums,
        },
        retention,
        legalHold: input.headers.get('x-amz-object-lock-legal-hold') === 'ON',
      });
      return {
        headers: {
          etag: version.etag,
          ...encryption,
          ...checksums,
          ...(Object.keys(checksums).length === 0 ? {} : { 'x-amz-checksum-type': 'FULL_OBJECT' }),
          ...(bucket.versioned ? { 'x-amz-version-id': version.versionId } : {}),
        },
      };
    },
  }),
  GetObject: operation('GetObject', false, {
    access: readAccess,
    run(core, input) {
      const version = versionOf(core, input);
      checkConditions(input, version);
      const headers = shown(version, input);
      const range = /^bytes=(\d+)-(\d*)$/.exec(input.headers.get('range') ?? '');
      if (range === null) return { raw: version.body, headers };
      const from = Number(range[1]);
      const to = Math.min(
        range[2] === '' ? Number.MAX_SAFE_INTEGER : Number(range[2]),
        version.body.byteLength - 1,
      );
      if (from > to) throw refuse('InvalidRange', 416, 'The requested range is not satisfiable');
      return {
        status: 206,
        raw: version.body.subarray(from, to + 1),
        headers: { ...headers, 'content-range': `bytes ${from}-${to}/${version.body.byteLength}` },
      };
    },
  }),
  HeadObject: operation('HeadObject', false, {
    access: readAccess,
    run(core, input) {
      const version = versionOf(core, input);
      return { headers: { ...shown(version, input), 'content-length': String(version.body.byteLength) } };
    },
  }),
  DeleteObject: operation('DeleteObject', true, {
    status: 204,
    access: (core, input) => [
      ...objectAccess('s3:DeleteObject', 's3:DeleteObjectVersion')(core, input),
      ...(bypasses(input) ? objectAccess('s3:BypassGovernanceRetention')(core, input) : []),
    ],
    run(core, input) {
      const bucket = bucketOf(core, input);
      const key = input.path.Key ?? '';
      const id = input.query.get('versionId');
      const versions = bucket.objects.get(key) ?? [];
      if (id === null && bucket.versioned) {
        // A marker can be put over a locked object: the version stays (reference, section 2.2).
        const marker = putVersion(core, bucket, key, { body: new Uint8Array(), deleteMarker: true });
        return { headers: { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker.versionId } };
      }
      const gone = id === null ? versions : versions.filter((one) => one.versionId === id);
      const nowMs = core.clock.now().getTime();
      if (gone.some((one) => isLocked(one, nowMs, bypasses(input)))) throw protectedByLock();
      const left = versions.filter((one) => !gone.includes(one));
      if (left.length === 0) bucket.objects.delete(key);
      else bucket.objects.set(key, left);
      return { headers: id === null ? {} : { 'x-amz-version-id': id } };
    },
  }),
};

/** Whether a request asks to lift GOVERNANCE, which needs a right of its own. */
export function bypasses(input: Input): boolean {
  return input.headers.get('x-amz-bypass-governance-retention') === 'true';
}
