import type { Core, Input } from '../call.ts';
import { AwsRefusal } from '../world-error.ts';
import type { FunctionVersion, LambdaFunction } from './state.ts';

/** A function as a request names it: by name, partial ARN or ARN, with or without a qualifier. */
export interface FunctionReference {
  readonly name: string;
  readonly qualifier: string | undefined;
  /** Unqualified ARN in the Region of the call, whether or not such a function exists. */
  readonly arn: string;
  /** The ARN with the qualifier, as the caller wrote it. */
  readonly qualifiedArn: string;
}

/** A fault of the caller, with `Type: User` and the message spelt in lower case (recorded responses). */
export function invalid(awsCode: string, status: number, message: string): AwsRefusal {
  return new AwsRefusal(awsCode, status, message, { members: { Type: 'User' } });
}

/** `ResourceNotFoundException`: the one whose member is `Message`. */
export function notFound(message: string): AwsRefusal {
  return new AwsRefusal('ResourceNotFoundException', 404, message, {
    members: { Type: 'User' },
    messageMember: 'Message',
  });
}

/** What the request model itself refuses, before the service looks. */
export function validation(value: unknown, member: string, constraint: string): AwsRefusal {
  const message = `1 validation error detected: Value '${String(value)}' at '${member}' failed to satisfy constraint: ${constraint}`;
  return new AwsRefusal('ValidationException', 400, message);
}

export function functionNotFound(arn: string): AwsRefusal {
  return notFound(`Function not found: ${arn}`);
}

const REFERENCE =
  /^(?:arn:aws[a-zA-Z-]*:lambda:([a-z0-9-]+):(\d{12}):function:|(\d{12}):function:|function:)?([a-zA-Z0-9_-]{1,64})(?::(\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9_-]+))?$/;

/** Reads the function that a request names. Throws AWS's refusals of malformed or foreign names. */
export function readReference(core: Core, input: Input, label = 'FunctionName'): FunctionReference {
  const given = input.path[label] ?? '';
  const match = REFERENCE.exec(given);
  if (match === null) {
    throw validation(
      given,
      'functionName',
      'Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:lambda',
    );
  }
  const [, region, , , name = '', fromName] = match;
  if (region !== undefined && region !== input.region) {
    throw notFound(`Functions from '${region}' are not reachable in this region ('${input.region}')`);
  }
  const asked = input.query.get('Qualifier') ?? undefined;
  if (asked !== undefined && fromName !== undefined && asked !== fromName) {
    throw invalid(
      'InvalidParameterValueException',
      400,
      'The derived qualifier from the function name does not match the specified qualifier.',
    );
  }
  const qualifier = asked ?? fromName;
  const arn = `arn:${core.state.partition}:lambda:${input.region}:${core.state.account}:function:${name}`;
  return { name, qualifier, arn, qualifiedArn: qualifier === undefined ? arn : `${arn}:${qualifier}` };
}

/** The function of a reference. Throws `ResourceNotFoundException` naming `missingArn`. */
export function findFunction(
  core: Core,
  reference: FunctionReference,
  missingArn = reference.arn,
): LambdaFunction {
  const found = core.state.functions.get(reference.arn);
  if (found === undefined) throw functionNotFound(missingArn);
  return found;
}

/** The version that a qualifier leads to, through an alias if need be; `undefined` when there is none. */
export function resolveVersion(
  target: LambdaFunction,
  qualifier: string | undefined,
): FunctionVersion | undefined {
  if (qualifier === '$LATEST.PUBLISHED') return target.versions.get(String(target.published));
  const alias = qualifier === undefined ? undefined : target.aliases.get(qualifier);
  return target.versions.get(alias?.version ?? qualifier ?? '$LATEST');
}

/** The function and version of a reference. Throws `ResourceNotFoundException` with the qualified ARN. */
export function findVersion(
  core: Core,
  reference: FunctionReference,
): { readonly target: LambdaFunction; readonly version: FunctionVersion } {
  const target = findFunction(core, reference, reference.qualifiedArn);
  const version = resolveVersion(target, reference.qualifier);
  if (version === undefined) throw functionNotFound(reference.qualifiedArn);
  return { target, version };
}

/** True when a qualifier is a version number rather than the name of an alias. */
export function isVersionNumber(qualifier: string): boolean {
  return /^\d+$/.test(qualifier);
}

/** For operations that act on the function as a whole. */
export function refuseQualifier(reference: FunctionReference): void {
  if (reference.qualifier === undefined) return;
  throw invalid(
    'InvalidParameterValueException',
    400,
    'This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.',
  );
}
