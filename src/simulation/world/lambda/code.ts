import { z } from 'zod';
import type { Operation } from '../call.ts';
import { readMembers } from '../read-members.ts';
import { lambdaInstant } from './build.ts';
import { functionConfiguration } from './configuration.ts';
import { codeMembers, readPackage, refuseUnsigned } from './package.ts';
import { publish } from './publish.ts';
import { findVersion, readReference, refuseQualifier } from './reference.ts';
import { functionAccess } from './resource.ts';
import { beginUpdate, checkRevision, refuseWhileUpdating } from './update.ts';

const updateCode = codeMembers.extend({
  Publish: z.boolean().optional(),
  DryRun: z.boolean().optional(),
  RevisionId: z.string().optional(),
});

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
      const wanted = readMembers(updateCode, input.body);
      refuseWhileUpdating(core, target, version);
      checkRevision(wanted.RevisionId, version.revisionId);
      refuseUnsigned(core, target.codeSigningConfigArn);
      const digest = readPackage(core, wanted);
      if (wanted.DryRun !== true) {
        if (digest !== undefined) version.codeDigest = digest;
        if (wanted.ImageUri !== undefined) {
          const { image } = version.settings;
          version.settings = {
            ...version.settings,
            image: { uri: wanted.ImageUri, digest: image?.digest ?? `sha256:${core.names.hex(64)}` },
          };
        }
        version.lastModified = lambdaInstant(core.clock.now().toISOString());
        beginUpdate(core, target, version, 'updating');
        // What the old code did is gone with it; the specification says nothing of the new.
        target.behaviour = { ...target.behaviour, prints: [], calls: [] };
      }
      if (wanted.Publish === true && wanted.DryRun !== true) {
        const published = publish(core, target, version, undefined);
        const arn = `${target.arn}:${published.version}`;
        return { body: functionConfiguration(core, target, published, arn, 'single') };
      }
      return { body: functionConfiguration(core, target, version, reference.qualifiedArn, 'single') };
    },
  },
};
