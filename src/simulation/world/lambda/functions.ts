import type { JsonObject } from '../../../json.ts';
import type { Core, Input, Operation } from '../call.ts';
import { cutPage } from '../page.ts';
import { codeLink, type LinkKey } from './code-link.ts';
import { functionConfiguration } from './configuration.ts';
import { findFunction, findVersion, readReference, validation } from './reference.ts';
import { functionAccess, regionAccess } from './resource.ts';
import type { FunctionVersion, LambdaFunction } from './state.ts';

/** Functions of a Region, by name. */
function functionsOf(all: Iterable<LambdaFunction>, input: Input): readonly LambdaFunction[] {
  return [...all]
    .filter((one) => one.region === input.region)
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** Where the code is: a link that lives ten minutes, or the image that the tag meant. */
function codeLocation(core: Core, linkKey: LinkKey, origin: string, version: FunctionVersion): JsonObject {
  const { image } = version.settings;
  if (image === undefined) {
    return { RepositoryType: 'S3', Location: codeLink(core, linkKey, origin, version.codeDigest) };
  }
  const [repository = ''] = image.uri.split(/:(?=[^/]*$)/);
  return { RepositoryType: 'ECR', ImageUri: image.uri, ResolvedImageUri: `${repository}@${image.digest}` };
}

/** GetFunction, GetFunctionConfiguration, ListFunctions, ListVersionsByFunction. */
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
            Code: codeLocation(core, linkKey, input.origin, version),
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
  };
}
