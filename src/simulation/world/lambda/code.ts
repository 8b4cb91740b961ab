import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Operation } from '../call.ts';
import { readMembers } from '../read-members.ts';
import { lambdaInstant } from './build.ts';
import { functionConfiguration } from './configuration.ts';
import { findVersion, invalid, readReference, refuseQualifier } from './reference.ts';
import { functionAccess } from './resource.ts';

// Only what an exercise needs: a package in the request. From S3 and as an image is for another day.
const updateCode = z.object({ ZipFile: z.base64() });

/** UpdateFunctionCode: `$LATEST` runs other code from the next invocation on; published versions keep theirs. */
export const codeOperations: Readonly<Record<string, Operation>> = {
  UpdateFunctionCode: {
    service: 'lambda',
    name: 'UpdateFunctionCode',
    write: true,
    access: functionAccess('lambda:UpdateFunctionCode'),
    run(core, input) {
      const reference = readReference(core, input);
      refuseQualifier(reference);
      const { target, version } = findVersion(core, reference);
      const zip = Buffer.from(readMembers(updateCode, input.body).ZipFile, 'base64');
      if (zip.subarray(0, 2).toString('latin1') !== 'PK') {
        throw invalid(
          'InvalidParameterValueException',
          400,
          'Could not unzip uploaded file. Please check your file, then try to upload again.',
        );
      }
      const digest = createHash('sha256').update(zip).digest('hex');
      core.state.packages.set(digest, zip);
      version.codeDigest = digest;
      version.lastModified = lambdaInstant(core.clock.now().toISOString());
      version.revisionId = core.names.uuid();
      core.state.environments.delete(`${target.arn}:${version.version}`);
      // What the old code did is gone with it; the specification says nothing of the new.
      target.behaviour = { ...target.behaviour, prints: [], calls: [] };
      return { body: functionConfiguration(core, target, version, reference.qualifiedArn, 'single') };
    },
  },
};
