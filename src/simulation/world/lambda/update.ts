import type { Core } from '../call.ts';
import { invalid } from './reference.ts';
import type { FunctionVersion, LambdaFunction } from './state.ts';

/** How long a function takes to be made or changed. */
const UPDATE_MS = 2_000;

/** Lets a change that is over be over: its revision takes the place of the one before (as recorded). */
export function settle(core: Core, version: FunctionVersion): FunctionVersion {
  const { update } = version;
  if (update !== undefined && core.clock.now().getTime() >= update.settlesAtMs) {
    version.revisionId = update.revisionId;
    version.update = undefined;
  }
  return version;
}

/** Begins a change of `$LATEST`: another revision now, and one more when it is over. Its environments are made anew. */
export function beginUpdate(
  core: Core,
  target: LambdaFunction,
  version: FunctionVersion,
  kind: 'creating' | 'updating',
): void {
  version.revisionId = core.names.uuid();
  version.update = {
    kind,
    settlesAtMs: core.clock.now().getTime() + UPDATE_MS,
    revisionId: core.names.uuid(),
  };
  core.state.environments.delete(`${target.arn}:${version.version}`);
}

/** Throws `ResourceConflictException` while a change is being made: one at a time. */
export function refuseWhileUpdating(core: Core, target: LambdaFunction, version: FunctionVersion): void {
  if (settle(core, version).update === undefined) return;
  throw invalid(
    'ResourceConflictException',
    409,
    `The operation cannot be performed at this time. An update is in progress for resource: ${target.arn}`,
  );
}

/** Throws `PreconditionFailedException` unless a given revision is the current one. */
export function checkRevision(given: string | undefined, current: string): void {
  if (given === undefined || given === current) return;
  throw invalid(
    'PreconditionFailedException',
    412,
    'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
  );
}
