import type { JsonObject } from '../../../json.ts';
import type { Core } from '../call.ts';
import type { FunctionVersion, LambdaFunction } from './state.ts';
import { settle } from './update.ts';

/** The digest as Lambda gives it: base64. */
export function codeSha256(hexDigest: string): string {
  return Buffer.from(hexDigest, 'hex').toString('base64');
}

/** How far a version is, as recorded: a new function is pending, a changed one active with its update in progress. */
function stateOf(version: FunctionVersion): JsonObject {
  switch (version.update?.kind) {
    case undefined:
      return { State: 'Active', LastUpdateStatus: 'Successful' };
    case 'creating':
      return { State: 'Pending', StateReason: 'The function is being created.', StateReasonCode: 'Creating' };
    case 'updating':
      return {
        State: 'Active',
        LastUpdateStatus: 'InProgress',
        LastUpdateStatusReason: 'The function is being created.',
        LastUpdateStatusReasonCode: 'Creating',
      };
  }
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
  settle(core, version);
  const variables = version.environment;
  const {
    layers,
    vpc,
    snapStart,
    image,
    fileSystems,
    environmentKey,
    durableRetentionDays,
    capacityProvider,
  } = version.settings;
  const published = version.version !== '$LATEST';
  return {
    FunctionName: target.name,
    FunctionArn: arn,
    ...(image === undefined ? { Runtime: version.runtime } : {}),
    Role: version.roleArn,
    ...(image === undefined ? { Handler: version.handler } : {}),
    CodeSize: core.state.packages.get(version.codeDigest)?.byteLength ?? 0,
    Description: version.description,
    Timeout: version.timeoutSeconds,
    MemorySize: version.memoryMb,
    LastModified: version.lastModified,
    CodeSha256: codeSha256(version.codeDigest),
    Version: version.version,
    ...(vpc === undefined
      ? {}
      : {
          VpcConfig: {
            SubnetIds: vpc.subnets,
            SecurityGroupIds: vpc.securityGroups,
            VpcId: vpc.id,
            Ipv6AllowedForDualStack: false,
          },
        }),
    ...(environmentKey === undefined ? {} : { KMSKeyArn: environmentKey }),
    ...(layers.length === 0
      ? {}
      : {
          Layers: layers.map((layer) => ({
            Arn: layer,
            CodeSize:
              core.state.packages.get(core.state.layers.get(layer)?.codeDigest ?? '')?.byteLength ?? 0,
          })),
        }),
    ...(fileSystems.length === 0
      ? {}
      : { FileSystemConfigs: fileSystems.map((one) => ({ Arn: one, LocalMountPath: '/mnt/data' })) }),
    ...(durableRetentionDays === undefined
      ? {}
      : { DurableConfig: { RetentionPeriodInDays: durableRetentionDays, ExecutionTimeout: 86_400 } }),
    ...(capacityProvider === undefined
      ? {}
      : {
          CapacityProviderConfig: {
            LambdaManagedInstancesCapacityProviderConfig: { CapacityProviderArn: capacityProvider },
          },
        }),
    ...(version.deadLetterArn === undefined
      ? {}
      : { DeadLetterConfig: { TargetArn: version.deadLetterArn } }),
    ...(variables === undefined ? {} : { Environment: { Variables: variables } }),
    TracingConfig: { Mode: 'PassThrough' },
    RevisionId: version.revisionId,
    // Lists leave the state out (recorded responses).
    ...(kind === 'single' ? stateOf(version) : {}),
    PackageType: image === undefined ? 'Zip' : 'Image',
    Architectures: ['x86_64'],
    EphemeralStorage: { Size: 512 },
    SnapStart: {
      ApplyOn: snapStart ? 'PublishedVersions' : 'None',
      OptimizationStatus: snapStart && published ? 'On' : 'Off',
    },
    ...(kind === 'single' && image === undefined
      ? {
          RuntimeVersionConfig: {
            RuntimeVersionArn: `arn:${core.state.partition}:lambda:${target.region}::runtime:${'0'.repeat(64)}`,
          },
        }
      : {}),
    LoggingConfig: { LogFormat: 'Text', LogGroup: version.logGroup },
  };
}
