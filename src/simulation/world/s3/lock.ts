import type { Core, Input, Operation } from '../call.ts';
import { AwsRefusal } from '../world-error.ts';
import { bucketAccess, bucketOf, objectAccess } from './access.ts';
import { bypasses, protectedByLock, versionOf } from './objects.ts';
import type { Bucket, Retention } from './state.ts';
import { textOf, xmlAnswer } from './xml.ts';

function operation(
  name: string,
  write: boolean,
  access: Operation['access'],
  run: Operation['run'],
): Operation {
  return { service: 's3', name, write, access, run };
}

function lockable(core: Core, input: Input): Bucket {
  const bucket = bucketOf(core, input);
  if (bucket.objectLock) return bucket;
  throw new AwsRefusal('InvalidRequest', 400, 'Bucket is missing Object Lock Configuration');
}

function malformed(): AwsRefusal {
  return new AwsRefusal(
    'MalformedXML',
    400,
    'The XML you provided was not well-formed or did not validate against our published schema',
  );
}

function readRetention(input: Input): Retention {
  const mode = textOf(input.raw, 'Mode');
  const untilMs = Date.parse(textOf(input.raw, 'RetainUntilDate') ?? '');
  if ((mode !== 'COMPLIANCE' && mode !== 'GOVERNANCE') || Number.isNaN(untilMs)) throw malformed();
  return { mode, untilMs };
}

/** Whether a change weakens a retention that is still running. */
function weakens(before: Retention, after: Retention): boolean {
  return after.untilMs < before.untilMs || (before.mode === 'COMPLIANCE' && after.mode !== 'COMPLIANCE');
}

/** Object Lock: retention that ends by itself, holds that a person ends, and the bucket's own default. */
export const lockOperations: Readonly<Record<string, Operation>> = {
  GetObjectRetention: operation(
    'GetObjectRetention',
    false,
    objectAccess('s3:GetObjectRetention'),
    (core, input) => {
      lockable(core, input);
      const { retention } = versionOf(core, input);
      if (retention === undefined) {
        throw new AwsRefusal(
          'NoSuchObjectLockConfiguration',
          404,
          'The specified object does not have a ObjectLock configuration',
        );
      }
      return xmlAnswer('Retention', {
        Mode: retention.mode,
        RetainUntilDate: new Date(retention.untilMs).toISOString(),
      });
    },
  ),
  PutObjectRetention: operation(
    'PutObjectRetention',
    true,
    (core, input) => [
      ...objectAccess('s3:PutObjectRetention')(core, input),
      ...(bypasses(input) ? objectAccess('s3:BypassGovernanceRetention')(core, input) : []),
    ],
    (core, input) => {
      lockable(core, input);
      const version = versionOf(core, input);
      const wanted = readRetention(input);
      const { retention: before } = version;
      const running = before !== undefined && before.untilMs > core.clock.now().getTime();
      if (running && weakens(before, wanted) && (before.mode === 'COMPLIANCE' || !bypasses(input))) {
        throw protectedByLock();
      }
      version.retention = wanted;
      return {};
    },
  ),
  GetObjectLegalHold: operation(
    'GetObjectLegalHold',
    false,
    objectAccess('s3:GetObjectLegalHold'),
    (core, input) => {
      lockable(core, input);
      return xmlAnswer('LegalHold', { Status: versionOf(core, input).legalHold ? 'ON' : 'OFF' });
    },
  ),
  PutObjectLegalHold: operation(
    'PutObjectLegalHold',
    true,
    objectAccess('s3:PutObjectLegalHold'),
    (core, input) => {
      lockable(core, input);
      const status = textOf(input.raw, 'Status');
      if (status !== 'ON' && status !== 'OFF') throw malformed();
      versionOf(core, input).legalHold = status === 'ON';
      return {};
    },
  ),
  GetObjectLockConfiguration: operation(
    'GetObjectLockConfiguration',
    false,
    bucketAccess('s3:GetBucketObjectLockConfiguration'),
    (core, input) => {
      const bucket = bucketOf(core, input);
      if (!bucket.objectLock) {
        throw new AwsRefusal(
          'ObjectLockConfigurationNotFoundError',
          404,
          'Object Lock configuration does not exist for this bucket',
        );
      }
      const { defaultRetention: rule } = bucket;
      return xmlAnswer('ObjectLockConfiguration', {
        ObjectLockEnabled: 'Enabled',
        ...(rule === undefined ? {} : { Rule: { DefaultRetention: { Mode: rule.mode, Days: rule.days } } }),
      });
    },
  ),
  PutObjectLockConfiguration: operation(
    'PutObjectLockConfiguration',
    true,
    bucketAccess('s3:PutBucketObjectLockConfiguration'),
    (core, input) => {
      const bucket = lockable(core, input);
      const mode = textOf(input.raw, 'Mode');
      if (mode === undefined) {
        bucket.defaultRetention = undefined;
        return {};
      }
      const days = Number(textOf(input.raw, 'Days'));
      if ((mode !== 'COMPLIANCE' && mode !== 'GOVERNANCE') || !Number.isInteger(days) || days < 1)
        throw malformed();
      bucket.defaultRetention = { mode, days };
      return {};
    },
  ),
};
