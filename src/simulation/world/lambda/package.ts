import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Core } from '../call.ts';
import { currentVersion } from '../s3/state.ts';
import { invalid } from './reference.ts';

/** Where code comes from: a package in the request or in a bucket. An image is named, not read. */
export const codeMembers = z.object({
  ZipFile: z.base64().optional(),
  S3Bucket: z.string().optional(),
  S3Key: z.string().optional(),
  ImageUri: z.string().optional(),
});

/** Keeps a package under its digest; returns the digest, hexadecimal. */
function keepPackage(core: Core, zip: Uint8Array): string {
  if (Buffer.from(zip.subarray(0, 2)).toString('latin1') !== 'PK') {
    throw invalid(
      'InvalidParameterValueException',
      400,
      'Could not unzip uploaded file. Please check your file, then try to upload again.',
    );
  }
  const digest = createHash('sha256').update(zip).digest('hex');
  core.state.packages.set(digest, zip);
  return digest;
}

function s3Error(code: string, message: string): Error {
  return invalid(
    'InvalidParameterValueException',
    400,
    `Error occurred while GetObject. S3 Error Code: ${code}. S3 Error Message: ${message}`,
  );
}

/** Reads the package that a request names; `undefined` for an image. Throws Lambda's refusals. */
export function readPackage(core: Core, wanted: z.output<typeof codeMembers>): string | undefined {
  if (wanted.ImageUri !== undefined) return undefined;
  if (wanted.ZipFile !== undefined) return keepPackage(core, Buffer.from(wanted.ZipFile, 'base64'));
  const bucket = core.state.buckets.get(wanted.S3Bucket ?? '');
  if (bucket === undefined) {
    throw s3Error('NoSuchBucket', 'The specified bucket does not exist');
  }
  const version = currentVersion(bucket, wanted.S3Key ?? '');
  if (version === undefined) throw s3Error('NoSuchKey', 'The specified key does not exist.');
  return keepPackage(core, version.body);
}

/** Nothing in the world is signed: a function that enforces code signing takes no other code. */
export function refuseUnsigned(core: Core, configArn: string | undefined): void {
  const config = configArn === undefined ? undefined : core.state.codeSigningConfigs.get(configArn);
  if (config?.policy !== 'Enforce') return;
  throw invalid(
    'CodeVerificationFailedException',
    400,
    'The code signature failed one or more of the validation checks for signature mismatch or expiry, and the code signing policy is set to ENFORCE. Lambda blocks the deployment.',
  );
}
