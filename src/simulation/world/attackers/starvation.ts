import type { HeldCredentials } from '../attacker.ts';
import type { World } from '../world.ts';
import { type PersistentAttacker, persistent } from './persistent.ts';

/**
 * An attacker who spends the Region's control-plane rate with list calls, so that containment has to wait for
 * it (scenario 16). One round makes `calls` of them; twenty a second leave a responder a share of nothing but
 * its retries, for as long as the role may list.
 */
export function starvingAttacker(
  world: World,
  credentials: HeldCredentials,
  options: { readonly region: string; readonly calls: number },
): PersistentAttacker {
  const { region, calls } = options;
  return persistent(async (note) => {
    for (let index = 0; index < calls; index++) {
      const { kind } = await world.attacker.callAs(credentials, {
        service: 'lambda',
        action: 'ListFunctions',
        resource: '*',
        region,
      });
      note({ action: 'lambda:ListFunctions', on: region, outcome: kind });
    }
  });
}
