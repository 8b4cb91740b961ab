import { z } from 'zod';
import type { FunctionConfiguration } from '../action/ports.ts';
import { checked } from './checked.ts';
import type { Operation } from './operations.ts';
import { plain } from './plain.ts';

const configuration = z.object({
  FunctionArn: z.string(),
  FunctionName: z.string(),
  Version: z.string(),
  Role: z.string(),
  RevisionId: z.string().optional(),
  CodeSha256: z.string(),
  LastModified: z.string(),
  Runtime: z.string().optional(),
  PackageType: z.string().default('Zip'),
  Timeout: z.number(),
  LoggingConfig: z.object({ LogGroup: z.string().optional() }).optional(),
  DeadLetterConfig: z.object({ TargetArn: z.string().optional() }).optional(),
  CapacityProviderConfig: z
    .object({
      LambdaManagedInstancesCapacityProviderConfig: z.object({ CapacityProviderArn: z.string() }).optional(),
    })
    .optional(),
  Environment: z.looseObject({ Variables: z.record(z.string(), z.string()).optional() }).optional(),
});

/**
 * Reads a function configuration as Lambda returns it, and parts its environment values from the rest.
 * Throws `cordon_aws_bad_response` when a field that Cordon relies on is absent.
 */
export function readConfiguration(answer: unknown, operation: Operation): FunctionConfiguration {
  const found = checked(configuration, answer, operation);
  const environment = found.Environment?.Variables ?? {};
  const instances = found.CapacityProviderConfig?.LambdaManagedInstancesCapacityProviderConfig;
  const { Environment: _secret, ...rest } = plain(answer);
  const names = Object.keys(environment);
  return {
    functionArn: found.FunctionArn,
    functionName: found.FunctionName,
    version: found.Version,
    roleArn: found.Role,
    codeSha256: found.CodeSha256,
    packageType: found.PackageType,
    timeoutSeconds: found.Timeout,
    // Without LoggingConfig (older functions, and older answers) Lambda logs to the group of its name.
    logGroup: found.LoggingConfig?.LogGroup ?? `/aws/lambda/${found.FunctionName}`,
    lastModified: found.LastModified,
    // Names are kept, since an attacker's new variable is news; values are not.
    raw: found.Environment === undefined ? rest : { ...rest, EnvironmentVariableNames: names },
    environment,
    ...(found.RevisionId === undefined ? {} : { revisionId: found.RevisionId }),
    ...(found.Runtime === undefined ? {} : { runtime: found.Runtime }),
    ...(instances === undefined ? {} : { capacityProviderArn: instances.CapacityProviderArn }),
    ...(found.DeadLetterConfig?.TargetArn === undefined
      ? {}
      : { deadLetterArn: found.DeadLetterConfig.TargetArn }),
  };
}
