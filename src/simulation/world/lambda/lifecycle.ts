import { z } from 'zod';
import type { Access, Core, Input, Operation } from '../call.ts';
import { readMembers } from '../read-members.ts';
import type { Role } from '../state.ts';
import { lambdaInstant } from './build.ts';
import { functionConfiguration } from './configuration.ts';
import { checkLayers } from './layers.ts';
import { codeMembers, readPackage } from './package.ts';
import { publish } from './publish.ts';
import {
  findFunction,
  functionNotFound,
  invalid,
  readReference,
  refuseQualifier,
  resolveVersion,
} from './reference.ts';
import { functionAccess } from './resource.ts';
import type { FunctionVersion, LambdaFunction } from './state.ts';
import { beginUpdate, checkRevision, refuseWhileUpdating } from './update.ts';

const configuration = z.object({
  Role: z.string().optional(),
  Handler: z.string().optional(),
  Runtime: z.string().optional(),
  Description: z.string().optional(),
  Timeout: z.number().int().min(1).max(900).optional(),
  MemorySize: z.number().int().min(128).max(10_240).optional(),
  Environment: z.object({ Variables: z.record(z.string(), z.string()).optional() }).optional(),
  Layers: z.array(z.string()).optional(),
  DeadLetterConfig: z.object({ TargetArn: z.string().optional() }).optional(),
  VpcConfig: z
    .object({ SubnetIds: z.array(z.string()).optional(), SecurityGroupIds: z.array(z.string()).optional() })
    .optional(),
  LoggingConfig: z.object({ LogGroup: z.string().optional() }).optional(),
  RevisionId: z.string().optional(),
});
const create = configuration.extend({
  FunctionName: z.string(),
  Role: z.string(),
  Code: codeMembers,
  Publish: z.boolean().optional(),
  Tags: z.record(z.string(), z.string()).optional(),
});
type Configuration = z.output<typeof configuration>;

/** Handing a role to Lambda needs `iam:PassRole` on it. */
function passRole(core: Core, input: Input): readonly Access[] {
  const role = input.body.Role;
  if (typeof role !== 'string') return [];
  const context = { 'iam:PassedToService': 'lambda.amazonaws.com' };
  const known = [...core.state.roles.values()].some((one) => one.arn === role);
  return known ? [{ action: 'iam:PassRole', resource: role, context }] : [];
}

/** The role of that ARN, if Lambda may assume it. Throws Lambda's refusal. */
function assumableRole(core: Core, arn: string): Role {
  const role = [...core.state.roles.values()].find((one) => one.arn === arn);
  const trusts = role?.policies
    .effective()
    .trust.parsed.statements.some(
      ({ effect, principal }) =>
        effect === 'Allow' &&
        principal?.kind === 'listed' &&
        principal.service.includes('lambda.amazonaws.com'),
    );
  if (role === undefined || trusts !== true) {
    throw invalid(
      'InvalidParameterValueException',
      400,
      'The role defined for the function cannot be assumed by Lambda.',
    );
  }
  return role;
}

/** Applies what a request names, and leaves the rest as it is. */
function configure(core: Core, input: Input, version: FunctionVersion, wanted: Configuration): void {
  if (wanted.Role !== undefined) version.roleArn = assumableRole(core, wanted.Role).arn;
  if (wanted.Layers !== undefined) checkLayers(core, input.region, wanted.Layers);
  version.handler = wanted.Handler ?? version.handler;
  version.runtime = wanted.Runtime ?? version.runtime;
  version.description = wanted.Description ?? version.description;
  version.timeoutSeconds = wanted.Timeout ?? version.timeoutSeconds;
  version.memoryMb = wanted.MemorySize ?? version.memoryMb;
  version.logGroup = wanted.LoggingConfig?.LogGroup ?? version.logGroup;
  if (wanted.Environment !== undefined) version.environment = wanted.Environment.Variables ?? {};
  if (wanted.DeadLetterConfig !== undefined)
    version.deadLetterArn = wanted.DeadLetterConfig.TargetArn || undefined;
  const { vpc } = version.settings;
  const network = wanted.VpcConfig;
  version.settings = {
    ...version.settings,
    layers: wanted.Layers ?? version.settings.layers,
    vpc:
      network === undefined
        ? vpc
        : network.SubnetIds === undefined || network.SubnetIds.length === 0
          ? undefined
          : {
              id: vpc?.id ?? 'vpc-0',
              subnets: network.SubnetIds,
              securityGroups: network.SecurityGroupIds ?? [],
            },
  };
  version.lastModified = lambdaInstant(core.clock.now().toISOString());
}

function emptyVersion(core: Core, name: string, roleArn: string, codeDigest: string): FunctionVersion {
  return {
    version: '$LATEST',
    roleArn,
    description: '',
    runtime: '',
    handler: '',
    timeoutSeconds: 3,
    memoryMb: 128,
    environment: undefined,
    deadLetterArn: undefined,
    logGroup: `/aws/lambda/${name}`,
    codeDigest,
    settings: {
      layers: [],
      vpc: undefined,
      snapStart: false,
      image: undefined,
      fileSystems: [],
      environmentKey: undefined,
      durableRetentionDays: undefined,
      capacityProvider: undefined,
    },
    lastModified: '',
    revisionId: core.names.uuid(),
    update: undefined,
  };
}

function createFunction(core: Core, input: Input): LambdaFunction {
  const wanted = readMembers(create, input.body);
  const reference = readReference(core, { ...input, path: { FunctionName: wanted.FunctionName } });
  if (core.state.functions.has(reference.arn)) {
    throw invalid('ResourceConflictException', 409, `Function already exist: ${reference.name}`);
  }
  const role = assumableRole(core, wanted.Role);
  const latest = emptyVersion(core, reference.name, role.arn, readPackage(core, wanted.Code) ?? '');
  configure(core, input, latest, wanted);
  const target: LambdaFunction = {
    name: reference.name,
    arn: reference.arn,
    region: input.region,
    versions: new Map([['$LATEST', latest]]),
    aliases: new Map(),
    reserved: undefined,
    provisioned: new Map(),
    eventInvoke: new Map(),
    urls: new Map(),
    resourcePolicies: new Map(),
    tags: new Map(Object.entries(wanted.Tags ?? {})),
    codeSigningConfigArn: undefined,
    recursiveLoop: 'Terminate',
    runtimeUpdates: new Map(),
    scaling: new Map(),
    durableExecutions: [],
    published: 0,
    behaviour: { durationMs: 12, prints: [], calls: [], returns: null },
    createdAt: core.clock.now().toISOString(),
  };
  core.state.functions.set(target.arn, target);
  return target;
}

/** Functions come, change and go; event source mappings stay behind a deleted one (as recorded). */
export const lifecycleOperations: Readonly<Record<string, Operation>> = {
  CreateFunction: {
    service: 'lambda',
    name: 'CreateFunction',
    write: true,
    status: 201,
    access(core, input) {
      const name = input.body.FunctionName;
      const path = { FunctionName: typeof name === 'string' ? name : '' };
      return [...functionAccess('lambda:CreateFunction')(core, { ...input, path }), ...passRole(core, input)];
    },
    run(core, input) {
      const target = createFunction(core, input);
      const latest = resolveVersion(target, undefined);
      if (latest === undefined) throw functionNotFound(target.arn);
      beginUpdate(core, target, latest, 'creating');
      const answer = functionConfiguration(core, target, latest, target.arn, 'single');
      if (readMembers(create, input.body).Publish !== true) return { body: answer };
      return { body: { ...answer, Version: publish(core, target, latest, undefined).version } };
    },
  },
  UpdateFunctionConfiguration: {
    service: 'lambda',
    name: 'UpdateFunctionConfiguration',
    write: true,
    access: (core, input) => [
      ...functionAccess('lambda:UpdateFunctionConfiguration')(core, input),
      ...passRole(core, input),
    ],
    run(core, input) {
      const reference = readReference(core, input);
      refuseQualifier(reference);
      const target = findFunction(core, reference);
      const latest = resolveVersion(target, undefined);
      if (latest === undefined) throw functionNotFound(target.arn);
      const wanted = readMembers(configuration, input.body);
      refuseWhileUpdating(core, target, latest);
      checkRevision(wanted.RevisionId, latest.revisionId);
      configure(core, input, latest, wanted);
      beginUpdate(core, target, latest, 'updating');
      return { body: functionConfiguration(core, target, latest, target.arn, 'single') };
    },
  },
  DeleteFunction: {
    service: 'lambda',
    name: 'DeleteFunction',
    write: true,
    status: 204,
    access: functionAccess('lambda:DeleteFunction'),
    run(core, input) {
      const reference = readReference(core, input);
      const target = findFunction(core, reference);
      const { qualifier } = reference;
      if (qualifier === undefined) {
        core.state.functions.delete(target.arn);
        for (const version of target.versions.keys())
          core.state.environments.delete(`${target.arn}:${version}`);
        return {};
      }
      if (qualifier === '$LATEST') {
        throw invalid(
          'InvalidParameterValueException',
          400,
          '$LATEST version cannot be deleted without deleting the function.',
        );
      }
      const pointing = [...target.aliases.values()].find(
        (alias) => alias.version === qualifier || alias.weights?.[qualifier] !== undefined,
      );
      if (pointing !== undefined) {
        throw invalid(
          'ResourceConflictException',
          409,
          `Version ${qualifier} is referenced by alias ${pointing.name}; update or delete the alias first.`,
        );
      }
      target.versions.delete(qualifier);
      core.state.environments.delete(`${target.arn}:${qualifier}`);
      return {};
    },
  },
};
