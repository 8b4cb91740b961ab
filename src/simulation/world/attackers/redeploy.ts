import type { JsonObject } from '../../../json.ts';
import type { HeldCredentials, UserKey } from '../attacker.ts';
import type { World } from '../world.ts';
import { type PersistentAttacker, persistent } from './persistent.ts';

/** What the deployment's own files say of a function. */
export interface Deployment {
  readonly functionArn: string;
  /** Reserved concurrency that it declares; absent: none, so that it removes one. */
  readonly reservedConcurrency?: number;
  /** Whether it declares its mappings enabled. */
  readonly mappings?: boolean;
}

/**
 * Not an attacker but a deployment that does not know of the incident (scenario 18): each round makes the
 * account what its files say, and so undoes containment with rights that are in order.
 */
export function redeployment(
  world: World,
  credentials: HeldCredentials | UserKey,
  deployment: Deployment,
): PersistentAttacker {
  const { functionArn, reservedConcurrency, mappings = true } = deployment;
  const region = functionArn.split(':')[3] ?? '';
  return persistent(async (note) => {
    const call = async (action: string, resource: string, request: JsonObject = {}) => {
      const wanted = { service: 'lambda', action, resource, region, request };
      const { kind } = await world.attacker.callAs(credentials, wanted);
      note({ action: `lambda:${action}`, on: resource, outcome: kind });
    };
    if (reservedConcurrency === undefined) await call('DeleteFunctionConcurrency', functionArn);
    else
      await call('PutFunctionConcurrency', functionArn, {
        ReservedConcurrentExecutions: reservedConcurrency,
      });
    if (!mappings) return;
    for (const mapping of world.state.mappings.values()) {
      if (!mapping.functionArn.startsWith(functionArn) || mapping.state === 'Enabled') continue;
      await call('UpdateEventSourceMapping', mapping.arn, { Enabled: true });
    }
  });
}
