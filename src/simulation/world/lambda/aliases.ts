import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import type { Core, Input, Operation } from '../call.ts';
import { cutPage } from '../page.ts';
import { readMembers } from '../read-members.ts';
import { AwsRefusal } from '../world-error.ts';
import { findFunction, functionNotFound, invalid, notFound, readReference, validation } from './reference.ts';
import { functionAccess } from './resource.ts';
import type { Alias, LambdaFunction } from './state.ts';
import { checkRevision } from './update.ts';

const update = z.object({
  FunctionVersion: z.string().optional(),
  Description: z.string().optional(),
  RoutingConfig: z
    .object({ AdditionalVersionWeights: z.record(z.string(), z.number()).optional() })
    .optional(),
  RevisionId: z.string().optional(),
});
const create = update.extend({ Name: z.string(), FunctionVersion: z.string() });
type Members = z.output<typeof update>;

function describe(target: LambdaFunction, alias: Alias): JsonObject {
  return {
    AliasArn: `${target.arn}:${alias.name}`,
    Name: alias.name,
    FunctionVersion: alias.version,
    Description: alias.description,
    ...(alias.weights === undefined ? {} : { RoutingConfig: { AdditionalVersionWeights: alias.weights } }),
    RevisionId: alias.revisionId,
  };
}

function refuse(message: string): Error {
  return invalid('InvalidParameterValueException', 400, message);
}

/** The weights of a request; `undefined` for none. Throws Lambda's refusals (as recorded). */
function weightsOf(
  target: LambdaFunction,
  version: string,
  routing: NonNullable<Members['RoutingConfig']>,
): Readonly<Record<string, number>> | undefined {
  const weights = Object.entries(routing.AdditionalVersionWeights ?? {});
  if (weights.length === 0) return undefined;
  if (weights.length > 1)
    throw refuse('Number of items in AdditionalVersionWeights cannot be greater than 1');
  for (const [key, weight] of weights) {
    if (!/^\d+$/.test(key)) {
      throw validation(
        `{${key}=${weight}}`,
        'routingConfig.additionalVersionWeights',
        'Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]',
      );
    }
    if (weight < 0 || weight > 1) {
      throw validation(
        `{${key}=${Number.isInteger(weight) ? weight.toFixed(1) : weight}}`,
        'routingConfig.additionalVersionWeights',
        'Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]',
      );
    }
    if (key === version) {
      throw refuse(
        `Invalid function version ${key}. Function version ${key} is already included in routing configuration.`,
      );
    }
    if (version === '$LATEST') {
      // As recorded: this one carries no Type.
      throw new AwsRefusal(
        'InvalidParameterValueException',
        400,
        '$LATEST is not supported for an alias pointing to more than 1 version',
      );
    }
    if (!target.versions.has(key)) throw functionNotFound(`${target.arn}:${key}`);
  }
  return Object.fromEntries(weights);
}

function aliasOf(
  core: Core,
  input: Input,
  message: string,
): { readonly target: LambdaFunction; readonly alias: Alias } {
  const reference = readReference(core, input);
  const name = input.path.Name ?? '';
  const target = core.state.functions.get(reference.arn);
  const alias = target?.aliases.get(name);
  if (target === undefined || alias === undefined) throw notFound(`${message}: ${reference.arn}:${name}`);
  return { target, alias };
}

/** Aliases: names for a version, with a share of the traffic for a second one. */
export const aliasOperations: Readonly<Record<string, Operation>> = {
  CreateAlias: {
    service: 'lambda',
    name: 'CreateAlias',
    write: true,
    status: 201,
    access: functionAccess('lambda:CreateAlias'),
    run(core, input) {
      const wanted = readMembers(create, input.body);
      if (/^\d+$/.test(wanted.Name)) {
        throw validation(
          wanted.Name,
          'name',
          'Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)',
        );
      }
      const reference = readReference(core, input);
      const target = findFunction(core, reference, `${reference.arn}:${wanted.FunctionVersion}`);
      if (!target.versions.has(wanted.FunctionVersion)) {
        throw functionNotFound(`${target.arn}:${wanted.FunctionVersion}`);
      }
      if (target.aliases.has(wanted.Name)) {
        throw invalid('ResourceConflictException', 409, `Alias already exists: ${target.arn}:${wanted.Name}`);
      }
      const alias: Alias = {
        name: wanted.Name,
        version: wanted.FunctionVersion,
        description: wanted.Description ?? '',
        weights: weightsOf(target, wanted.FunctionVersion, wanted.RoutingConfig ?? {}),
        revisionId: core.names.uuid(),
      };
      target.aliases.set(alias.name, alias);
      return { body: describe(target, alias) };
    },
  },
  UpdateAlias: {
    service: 'lambda',
    name: 'UpdateAlias',
    write: true,
    access: functionAccess('lambda:UpdateAlias'),
    run(core, input) {
      const wanted = readMembers(update, input.body);
      const { target, alias } = aliasOf(core, input, 'Alias not found');
      checkRevision(wanted.RevisionId, alias.revisionId);
      const version = wanted.FunctionVersion ?? alias.version;
      if (!target.versions.has(version)) throw functionNotFound(`${target.arn}:${version}`);
      const weights =
        wanted.RoutingConfig === undefined ? alias.weights : weightsOf(target, version, wanted.RoutingConfig);
      alias.version = version;
      alias.weights = weights;
      alias.description = wanted.Description ?? alias.description;
      alias.revisionId = core.names.uuid();
      return { body: describe(target, alias) };
    },
  },
  DeleteAlias: {
    service: 'lambda',
    name: 'DeleteAlias',
    write: true,
    status: 204,
    access: functionAccess('lambda:DeleteAlias'),
    run(core, input) {
      const target = findFunction(core, readReference(core, input));
      // Deleting what is not there is no error (as recorded).
      target.aliases.delete(input.path.Name ?? '');
      return {};
    },
  },
  ListAliases: {
    service: 'lambda',
    name: 'ListAliases',
    write: false,
    access: functionAccess('lambda:ListAliases'),
    run(core, input) {
      const target = findFunction(core, readReference(core, input));
      const version = input.query.get('FunctionVersion');
      const all = [...target.aliases.values()]
        .filter((alias) => version === null || alias.version === version)
        .map((alias) => describe(target, alias));
      const page = cutPage(all, input.query.get('Marker'), input.query.get('MaxItems'), 50);
      return { body: { Aliases: page.items, ...(page.next === undefined ? {} : { NextMarker: page.next }) } };
    },
  },
  GetAlias: {
    service: 'lambda',
    name: 'GetAlias',
    write: false,
    access: functionAccess('lambda:GetAlias'),
    run(core, input) {
      const { target, alias } = aliasOf(core, input, 'Cannot find alias arn');
      return { body: describe(target, alias) };
    },
  },
};
