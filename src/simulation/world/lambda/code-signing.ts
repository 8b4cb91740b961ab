import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import type { Core, Input, Operation } from '../call.ts';
import { readMembers } from '../read-members.ts';
import { AwsRefusal } from '../world-error.ts';
import { findFunction, notFound, readReference, refuseQualifier } from './reference.ts';
import { functionAccess } from './resource.ts';
import type { CodeSigningConfig } from './state.ts';

const policies = z.object({ UntrustedArtifactOnDeployment: z.enum(['Enforce', 'Warn']) });
const publishers = z.object({ SigningProfileVersionArns: z.array(z.string()).min(1) });
const update = z.object({
  Description: z.string().optional(),
  AllowedPublishers: publishers.optional(),
  CodeSigningPolicies: policies.optional(),
});
const create = update.extend({ AllowedPublishers: publishers });
const put = z.object({ CodeSigningConfigArn: z.string() });

function describe(config: CodeSigningConfig): JsonObject {
  return {
    CodeSigningConfigId: config.id,
    CodeSigningConfigArn: config.arn,
    Description: config.description,
    AllowedPublishers: { SigningProfileVersionArns: config.publishers },
    CodeSigningPolicies: { UntrustedArtifactOnDeployment: config.policy },
    LastModified: config.lastModified,
  };
}

function find(core: Core, input: Input): CodeSigningConfig {
  const arn = input.path.CodeSigningConfigArn ?? '';
  const config = core.state.codeSigningConfigs.get(arn);
  if (config !== undefined) return config;
  // As recorded: this one carries no Type.
  const message = `The Lambda code signing configuration ${arn} can not be found.`;
  throw new AwsRefusal('ResourceNotFoundException', 404, message, { messageMember: 'Message' });
}

function configOperation(name: string, write: boolean, run: Operation['run'], status = 200): Operation {
  return {
    service: 'lambda',
    name,
    write,
    status,
    access: (_core, input) => [
      { action: `lambda:${name}`, resource: input.path.CodeSigningConfigArn ?? '*' },
    ],
    run,
  };
}

function functionOperation(name: string, write: boolean, run: Operation['run'], status = 200): Operation {
  return { service: 'lambda', name, write, status, access: functionAccess(`lambda:${name}`), run };
}

/** Code signing: checked when code is deployed, and never again (reference, section 1.2). */
export const codeSigningOperations: Readonly<Record<string, Operation>> = {
  CreateCodeSigningConfig: configOperation(
    'CreateCodeSigningConfig',
    true,
    (core, input) => {
      const wanted = readMembers(create, input.body);
      const id = `csc-${core.names.hex(17)}`;
      const config: CodeSigningConfig = {
        id,
        arn: `arn:${core.state.partition}:lambda:${input.region}:${core.state.account}:code-signing-config:${id}`,
        region: input.region,
        description: wanted.Description ?? '',
        publishers: wanted.AllowedPublishers.SigningProfileVersionArns,
        policy: wanted.CodeSigningPolicies?.UntrustedArtifactOnDeployment ?? 'Warn',
        lastModified: core.clock.now().toISOString(),
      };
      core.state.codeSigningConfigs.set(config.arn, config);
      return { body: { CodeSigningConfig: describe(config) } };
    },
    201,
  ),
  GetCodeSigningConfig: configOperation('GetCodeSigningConfig', false, (core, input) => ({
    body: { CodeSigningConfig: describe(find(core, input)) },
  })),
  UpdateCodeSigningConfig: configOperation('UpdateCodeSigningConfig', true, (core, input) => {
    const config = find(core, input);
    const wanted = readMembers(update, input.body);
    config.description = wanted.Description ?? config.description;
    config.publishers = wanted.AllowedPublishers?.SigningProfileVersionArns ?? config.publishers;
    config.policy = wanted.CodeSigningPolicies?.UntrustedArtifactOnDeployment ?? config.policy;
    config.lastModified = core.clock.now().toISOString();
    return { body: { CodeSigningConfig: describe(config) } };
  }),
  DeleteCodeSigningConfig: configOperation(
    'DeleteCodeSigningConfig',
    true,
    (core, input) => {
      core.state.codeSigningConfigs.delete(find(core, input).arn);
      return {};
    },
    204,
  ),
  ListFunctionsByCodeSigningConfig: configOperation(
    'ListFunctionsByCodeSigningConfig',
    false,
    (core, input) => {
      const { arn } = find(core, input);
      const using = [...core.state.functions.values()].filter((one) => one.codeSigningConfigArn === arn);
      return { body: { FunctionArns: using.map((one) => one.arn) } };
    },
  ),
  PutFunctionCodeSigningConfig: functionOperation('PutFunctionCodeSigningConfig', true, (core, input) => {
    const { CodeSigningConfigArn: arn } = readMembers(put, input.body);
    const reference = readReference(core, input);
    refuseQualifier(reference);
    if (!core.state.codeSigningConfigs.has(arn)) {
      throw new AwsRefusal(
        'CodeSigningConfigNotFoundException',
        404,
        `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${arn}.`,
        { members: { Type: 'User' }, messageMember: 'Message' },
      );
    }
    const target = findFunction(core, reference);
    target.codeSigningConfigArn = arn;
    return { body: { CodeSigningConfigArn: arn, FunctionName: target.name } };
  }),
  GetFunctionCodeSigningConfig: functionOperation('GetFunctionCodeSigningConfig', false, (core, input) => {
    const target = findFunction(core, readReference(core, input));
    const arn = target.codeSigningConfigArn;
    return { body: arn === undefined ? {} : { CodeSigningConfigArn: arn, FunctionName: target.name } };
  }),
  DeleteFunctionCodeSigningConfig: functionOperation(
    'DeleteFunctionCodeSigningConfig',
    true,
    (core, input) => {
      const reference = readReference(core, input);
      refuseQualifier(reference);
      const target = core.state.functions.get(reference.arn);
      if (target === undefined) throw notFound(`Function not found: ${reference.arn}`);
      target.codeSigningConfigArn = undefined;
      return {};
    },
    204,
  ),
};
