import type { Operation } from '../call.ts';
import { decodeLabel } from '../wire/label.ts';
import { aliasOperations } from './aliases.ts';
import { codeOperations } from './code.ts';
import type { LinkKey } from './code-link.ts';
import { codeSigningOperations } from './code-signing.ts';
import { concurrencyOperations } from './concurrency.ts';
import { durableOperations } from './durable.ts';
import { eventInvokeOperations } from './event-invoke.ts';
import { functionOperations } from './functions.ts';
import { invokeOperation } from './invoke.ts';
import { layerOperations } from './layers.ts';
import { lifecycleOperations } from './lifecycle.ts';
import { mappingOperations } from './mappings.ts';
import { PATHS } from './paths.ts';
import { permissionOperations } from './permissions.ts';
import { provisionedOperations } from './provisioned.ts';
import { publishOperations } from './publish.ts';
import { settingOperations } from './settings.ts';
import { tagOperations } from './tags.ts';
import { urlOperations } from './urls.ts';

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
    ...lifecycleOperations,
    ...codeOperations,
    ...publishOperations,
    ...aliasOperations,
    ...codeSigningOperations,
    ...settingOperations,
    ...layerOperations(linkKey),
    ...durableOperations,
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
      for (const [wantedMethod, pattern, name] of PATHS) {
        if (wantedMethod !== method) continue;
        const [path = '', asked = ''] = pattern.split('?');
        if (![...new URLSearchParams(asked)].every(([key, value]) => query.get(key) === value)) continue;
        const labels = matchPath(path, segments);
        const operation = operations[name];
        if (labels !== undefined && operation !== undefined) return { operation, labels };
      }
      return undefined;
    },
  };
}
