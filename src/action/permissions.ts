import type { JsonObject } from '../json.ts';
import type { Action, Permission } from './action.ts';
import type { AwsPurpose } from './ports.ts';

/** Which account and Regions a policy is for; `{region}` becomes `*` when it is for all of them. */
export interface PolicyScope {
  readonly partition: string;
  readonly account: string;
  readonly region?: string;
}

export const PURPOSES: readonly AwsPurpose[] = ['read', 'contain', 'release'];

/**
 * The least-privilege policy of one of the three roles, generated from what the actions declare: one statement
 * per set of resources, actions sorted, nothing else. Pure.
 */
export function policyFor(actions: readonly Action[], purpose: AwsPurpose, scope: PolicyScope): JsonObject {
  const needed = actions.flatMap((action) => action.permissions).filter((item) => item.purpose === purpose);
  const resourcesOf = new Map<string, Set<string>>();
  for (const item of needed) {
    const resources = resourcesOf.get(item.action) ?? new Set();
    resourcesOf.set(item.action, resources.add(resourceIn(item, scope)));
  }
  const statements = new Map<string, { readonly resources: readonly string[]; readonly names: string[] }>();
  for (const name of [...resourcesOf.keys()].sort()) {
    const resources = [...(resourcesOf.get(name) ?? [])].sort();
    const key = resources.join(' ');
    const statement = statements.get(key) ?? { resources, names: [] };
    statement.names.push(name);
    statements.set(key, statement);
  }
  return {
    Version: '2012-10-17',
    Statement: [...statements.values()].map(({ resources, names }, index) => ({
      Sid: `Cordon${purpose.charAt(0).toUpperCase()}${purpose.slice(1)}${index + 1}`,
      Effect: 'Allow',
      Action: names,
      Resource: resources,
    })),
  };
}

function resourceIn(permission: Permission, scope: PolicyScope): string {
  return permission.resource
    .replaceAll('{partition}', scope.partition)
    .replaceAll('{account}', scope.account)
    .replaceAll('{region}', scope.region ?? '*');
}
