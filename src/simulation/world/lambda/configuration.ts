import type { JsonObject } from '../../../json.ts';
import type { Core } from '../call.ts';
import type { FunctionVersion, LambdaFunction } from '../state.ts';

/** The digest as Lambda gives it: base64. */
export function codeSha256(hexDigest: string): string {
  return Buffer.from(hexDigest, 'hex').toString('base64');
}

/**
 * The configuration of one version as AWS returns it.
 * `arn` is the one that the caller asked for: unqualified, or with the version or alias.
 */
export function functionConfiguration(
  core: Core,
  target: LambdaFunction,
  version: FunctionVersion,
  arn: string,
  kind: 'single' | 'listed',
): JsonObject {
  const variables = version.environment;
  return {
    FunctionName: target.name,
    FunctionArn: arn,
    Runtime: version.runtime,
    Role: version.roleArn,
    Handler: version.handler,
    CodeSize: core.state.packages.get(version.codeDigest)?.byteLength ?? 0,
    Description: version.description,
    Timeout: version.timeoutSeconds,
    MemorySize: version.memoryMb,
    LastModified: version.lastModified,
    CodeSha256: codeSha256(version.codeDigest),
    Version: version.version,
    ...(version.deadLetterArn === undefined
      ? {}
      : { DeadLetterConfig: { TargetArn: version.deadLetterArn } }),
    ...(variables === undefined ? {} : { Environment: { Variables: variables } }),
    TracingConfig: { Mode: 'PassThrough' },
    RevisionId: version.revisionId,
    // Lists leave the state out (recorded responses).
    ...(kind === 'single' ? { State: 'Active', LastUpdateStatus: 'Successful' } : {}),
    PackageType: 'Zip',
    Architectures: ['x86_64'],
    EphemeralStorage: { Size: 512 },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    ...(kind === 'single'
      ? {
          RuntimeVersionConfig: {
            RuntimeVersionArn: `arn:${core.state.partition}:lambda:${target.region}::runtime:${'0'.repeat(64)}`,
          },
        }
      : {}),
    LoggingConfig: { LogFormat: 'Text', LogGroup: version.logGroup },
  };
}
