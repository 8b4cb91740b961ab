import type { Operation } from '../call.ts';
import { decodeLabel } from '../wire/label.ts';
import { codeOperations } from './code.ts';
import type { LinkKey } from './code-link.ts';
import { concurrencyOperations } from './concurrency.ts';
import { eventInvokeOperations } from './event-invoke.ts';
import { functionOperations } from './functions.ts';
import { invokeOperation } from './invoke.ts';
import { mappingOperations } from './mappings.ts';
import { permissionOperations } from './permissions.ts';
import { provisionedOperations } from './provisioned.ts';
import { tagOperations } from './tags.ts';
import { urlOperations } from './urls.ts';

/** Method and path of each operation, as in the API's model; `{Label}` is one segment. */
const PATHS: readonly (readonly [method: string, path: string, operation: string])[] = [
  ['GET', '/2015-03-31/functions/{FunctionName}', 'GetFunction'],
  ['GET', '/2015-03-31/functions/{FunctionName}/configuration', 'GetFunctionConfiguration'],
  ['PUT', '/2015-03-31/functions/{FunctionName}/code', 'UpdateFunctionCode'],
  ['GET', '/2015-03-31/functions', 'ListFunctions'],
  ['GET', '/2015-03-31/functions/{FunctionName}/versions', 'ListVersionsByFunction'],
  ['GET', '/2015-03-31/functions/{FunctionName}/aliases', 'ListAliases'],
  ['GET', '/2015-03-31/functions/{FunctionName}/aliases/{Name}', 'GetAlias'],
  ['PUT', '/2017-10-31/functions/{FunctionName}/concurrency', 'PutFunctionConcurrency'],
  ['GET', '/2019-09-30/functions/{FunctionName}/concurrency', 'GetFunctionConcurrency'],
  ['DELETE', '/2017-10-31/functions/{FunctionName}/concurrency', 'DeleteFunctionConcurrency'],
  ['PUT', '/2019-09-30/functions/{FunctionName}/provisioned-concurrency', 'PutProvisionedConcurrencyConfig'],
  [
    'DELETE',
    '/2019-09-30/functions/{FunctionName}/provisioned-concurrency',
    'DeleteProvisionedConcurrencyConfig',
  ],
  ['GET', '/2015-03-31/event-source-mappings', 'ListEventSourceMappings'],
  ['GET', '/2015-03-31/event-source-mappings/{UUID}', 'GetEventSourceMapping'],
  ['PUT', '/2015-03-31/event-source-mappings/{UUID}', 'UpdateEventSourceMapping'],
  ['PUT', '/2019-09-25/functions/{FunctionName}/event-invoke-config', 'PutFunctionEventInvokeConfig'],
  ['POST', '/2019-09-25/functions/{FunctionName}/event-invoke-config', 'UpdateFunctionEventInvokeConfig'],
  ['GET', '/2019-09-25/functions/{FunctionName}/event-invoke-config', 'GetFunctionEventInvokeConfig'],
  ['DELETE', '/2019-09-25/functions/{FunctionName}/event-invoke-config', 'DeleteFunctionEventInvokeConfig'],
  ['GET', '/2019-09-25/functions/{FunctionName}/event-invoke-config/list', 'ListFunctionEventInvokeConfigs'],
  ['GET', '/2021-10-31/functions/{FunctionName}/urls', 'ListFunctionUrlConfigs'],
  ['GET', '/2021-10-31/functions/{FunctionName}/url', 'GetFunctionUrlConfig'],
  ['PUT', '/2021-10-31/functions/{FunctionName}/url', 'UpdateFunctionUrlConfig'],
  ['GET', '/2015-03-31/functions/{FunctionName}/policy', 'GetPolicy'],
  ['POST', '/2015-03-31/functions/{FunctionName}/policy', 'AddPermission'],
  ['DELETE', '/2015-03-31/functions/{FunctionName}/policy/{StatementId}', 'RemovePermission'],
  ['GET', '/2017-03-31/tags/{Resource}', 'ListTags'],
  ['POST', '/2017-03-31/tags/{Resource}', 'TagResource'],
  ['DELETE', '/2017-03-31/tags/{Resource}', 'UntagResource'],
  ['POST', '/2015-03-31/functions/{FunctionName}/invocations', 'Invoke'],
];

/** The one path that two operations share: `?List=ALL` tells them apart. */
const PROVISIONED = '/2019-09-30/functions/{FunctionName}/provisioned-concurrency';

export interface LambdaRoute {
  readonly operation: Operation;
  readonly labels: Readonly<Record<string, string>>;
}

export interface LambdaRoutes {
  readonly operations: Readonly<Record<string, Operation>>;
  match(method: string, pathname: string, query: URLSearchParams): LambdaRoute | undefined;
}

function matchPath(pattern: string, segments: readonly string[]): Record<string, string> | undefined {
  const parts = pattern.split('/').slice(1);
  if (parts.length !== segments.length) return undefined;
  const labels: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith('{')) labels[part.slice(1, -1)] = decodeLabel(segment);
    else if (part !== segment) return undefined;
  }
  return labels;
}

/** The Lambda API of a world. */
export function lambdaRoutes(linkKey: LinkKey): LambdaRoutes {
  const operations: Record<string, Operation> = {
    ...functionOperations(linkKey),
    ...codeOperations,
    ...concurrencyOperations,
    ...provisionedOperations,
    ...mappingOperations,
    ...eventInvokeOperations,
    ...urlOperations,
    ...permissionOperations,
    ...tagOperations,
    Invoke: invokeOperation,
  };
  return {
    operations,
    match(method, pathname, query) {
      const segments = pathname.replace(/\/$/, '').split('/').slice(1);
      const shared = method === 'GET' ? matchPath(PROVISIONED, segments) : undefined;
      if (shared !== undefined) {
        const name =
          query.get('List') === 'ALL'
            ? 'ListProvisionedConcurrencyConfigs'
            : 'GetProvisionedConcurrencyConfig';
        const operation = operations[name];
        return operation === undefined ? undefined : { operation, labels: shared };
      }
      for (const [wantedMethod, pattern, name] of PATHS) {
        if (wantedMethod !== method) continue;
        const labels = matchPath(pattern, segments);
        const operation = operations[name];
        if (labels !== undefined && operation !== undefined) return { operation, labels };
      }
      return undefined;
    },
  };
}
