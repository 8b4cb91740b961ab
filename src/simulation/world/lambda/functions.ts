import type { JsonObject } from '../../../json.ts';
import type { Input, Operation } from '../call.ts';
import { cutPage } from '../page.ts';
import type { Alias, LambdaFunction } from '../state.ts';
import { codeLink, type LinkKey } from './code-link.ts';
import { functionConfiguration } from './configuration.ts';
import { findFunction, findVersion, notFound, readReference, validation } from './reference.ts';
import { functionAccess, regionAccess } from './resource.ts';

/** Functions of a Region, by name. */
function functionsOf(all: Iterable<LambdaFunction>, input: Input): readonly LambdaFunction[] {
  return [...all]
    .filter((one) => one.region === input.region)
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

function aliasConfiguration(target: LambdaFunction, alias: Alias): JsonObject {
  return {
    AliasArn: `${target.arn}:${alias.name}`,
    Name: alias.name,
    FunctionVersion: alias.version,
    Description: alias.description,
    ...(alias.weights === undefined ? {} : { RoutingConfig: { AdditionalVersionWeights: alias.weights } }),
    RevisionId: alias.revisionId,
  };
}

/** GetFunction, GetFunctionConfiguration, ListFunctions, ListVersionsByFunction, ListAliases, GetAlias. */
export function functionOperations(linkKey: LinkKey): Readonly<Record<string, Operation>> {
  return {
    GetFunction: {
      service: 'lambda',
      name: 'GetFunction',
      write: false,
      access: functionAccess('lambda:GetFunction'),
      run(core, input) {
        const reference = readReference(core, input);
        const { target, version } = findVersion(core, reference);
        const tags = Object.fromEntries(target.tags);
        // Concurrency belongs to the function: it is shown whatever the qualifier, and also when it is 0.
        return {
          body: {
            Configuration: functionConfiguration(core, target, version, reference.qualifiedArn, 'single'),
            Code: {
              RepositoryType: 'S3',
              Location: codeLink(core, linkKey, input.origin, version.codeDigest),
            },
            ...(Object.keys(tags).length === 0 ? {} : { Tags: tags }),
            ...(target.reserved === undefined
              ? {}
              : { Concurrency: { ReservedConcurrentExecutions: target.reserved } }),
          },
        };
      },
    },
    GetFunctionConfiguration: {
      service: 'lambda',
      name: 'GetFunctionConfiguration',
      write: false,
      access: functionAccess('lambda:GetFunctionConfiguration'),
      run(core, input) {
        const reference = readReference(core, input);
        const { target, version } = findVersion(core, reference);
        return { body: functionConfiguration(core, target, version, reference.qualifiedArn, 'single') };
      },
    },
    ListFunctions: {
      service: 'lambda',
      name: 'ListFunctions',
      write: false,
      access: regionAccess('lambda:ListFunctions'),
      run(core, input) {
        const which = input.query.get('FunctionVersion');
        if (which !== null && which !== 'ALL') {
          throw validation(which, 'functionVersion', 'Member must satisfy enum value set: [ALL]');
        }
        const all = functionsOf(core.state.functions.values(), input).flatMap((target) =>
          [...target.versions.values()]
            .filter((version) => which === 'ALL' || version.version === '$LATEST')
            .map((version) => {
              const arn = which === 'ALL' ? `${target.arn}:${version.version}` : target.arn;
              return functionConfiguration(core, target, version, arn, 'listed');
            }),
        );
        const page = cutPage(all, input.query.get('Marker'), input.query.get('MaxItems'), 50);
        return {
          body: { Functions: page.items, ...(page.next === undefined ? {} : { NextMarker: page.next }) },
        };
      },
    },
    ListVersionsByFunction: {
      service: 'lambda',
      name: 'ListVersionsByFunction',
      write: false,
      access: functionAccess('lambda:ListVersionsByFunction'),
      run(core, input) {
        const target = findFunction(core, readReference(core, input));
        const all = [...target.versions.values()].map((version) =>
          functionConfiguration(core, target, version, `${target.arn}:${version.version}`, 'listed'),
        );
        const page = cutPage(all, input.query.get('Marker'), input.query.get('MaxItems'), 50);
        return {
          body: { Versions: page.items, ...(page.next === undefined ? {} : { NextMarker: page.next }) },
        };
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
          .map((alias) => aliasConfiguration(target, alias));
        const page = cutPage(all, input.query.get('Marker'), input.query.get('MaxItems'), 50);
        return {
          body: { Aliases: page.items, ...(page.next === undefined ? {} : { NextMarker: page.next }) },
        };
      },
    },
    GetAlias: {
      service: 'lambda',
      name: 'GetAlias',
      write: false,
      access: functionAccess('lambda:GetAlias'),
      run(core, input) {
        const reference = readReference(core, input);
        const alias = core.state.functions.get(reference.arn)?.aliases.get(input.path.Name ?? '');
        const target = core.state.functions.get(reference.arn);
        if (target === undefined || alias === undefined) {
          throw notFound(`Cannot find alias arn: ${reference.arn}:${input.path.Name ?? ''}`);
        }
        return { body: aliasConfiguration(target, alias) };
      },
    },
  };
}
