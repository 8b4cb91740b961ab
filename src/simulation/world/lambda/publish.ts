import { z } from 'zod';
import type { Core, Operation } from '../call.ts';
import { readMembers } from '../read-members.ts';
import { codeSha256, functionConfiguration } from './configuration.ts';
import { findVersion, invalid, readReference, refuseQualifier } from './reference.ts';
import { functionAccess } from './resource.ts';
import type { FunctionVersion, LambdaFunction } from './state.ts';
import { checkRevision, refuseWhileUpdating } from './update.ts';

const members = z.object({
  CodeSha256: z.string().optional(),
  Description: z.string().optional(),
  RevisionId: z.string().optional(),
});

/** Whether two versions would run alike: then nothing is published (API reference, PublishVersion). */
function alike(left: FunctionVersion, right: FunctionVersion): boolean {
  const what = ({
    version: _number,
    description: _words,
    lastModified,
    revisionId,
    update,
    ...rest
  }: FunctionVersion) => JSON.stringify(rest);
  return what(left) === what(right);
}

/** Publishes `$LATEST` as the next version, or returns the last one when nothing has changed since. */
export function publish(
  core: Core,
  target: LambdaFunction,
  latest: FunctionVersion,
  description: string | undefined,
): FunctionVersion {
  const last = target.versions.get(String(target.published));
  if (last !== undefined && alike(last, latest)) return last;
  target.published += 1;
  const version: FunctionVersion = {
    ...latest,
    version: String(target.published),
    description: description ?? latest.description,
    revisionId: core.names.uuid(),
    update: undefined,
  };
  target.versions.set(version.version, version);
  // As recorded: publishing gives `$LATEST` another revision, too.
  if (latest.update === undefined) latest.revisionId = core.names.uuid();
  return version;
}

export const publishOperations: Readonly<Record<string, Operation>> = {
  PublishVersion: {
    service: 'lambda',
    name: 'PublishVersion',
    write: true,
    status: 201,
    access: functionAccess('lambda:PublishVersion'),
    run(core, input) {
      const reference = readReference(core, input);
      refuseQualifier(reference);
      const { target, version: latest } = findVersion(core, reference);
      const wanted = readMembers(members, input.body);
      refuseWhileUpdating(core, target, latest);
      checkRevision(wanted.RevisionId, latest.revisionId);
      const current = codeSha256(latest.codeDigest);
      if (wanted.CodeSha256 !== undefined && wanted.CodeSha256 !== '' && wanted.CodeSha256 !== current) {
        throw invalid(
          'InvalidParameterValueException',
          400,
          `CodeSHA256 (${wanted.CodeSha256}) is different from current CodeSHA256 in $LATEST (${current}). Please try again with the CodeSHA256 in $LATEST.`,
        );
      }
      const published = publish(core, target, latest, wanted.Description);
      const arn = `${target.arn}:${published.version}`;
      return { body: functionConfiguration(core, target, published, arn, 'single') };
    },
  },
};
