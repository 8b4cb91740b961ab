import { serviceMayAs } from '../access.ts';
import type { Core } from '../call.ts';
import type { Role } from '../state.ts';
import { ownerOf, roomFor } from './capacity.ts';
import type { FunctionVersion, LambdaFunction, Mapping } from './state.ts';

/** For so long a poller is denied before Lambda disables its mapping by itself; it promises no figure. */
const DENIED_MS = 60_000;

/** What a poller works with in one round. */
export interface PolledMapping {
  readonly mapping: Mapping;
  readonly target: LambdaFunction;
  readonly version: FunctionVersion;
  readonly qualifier: string;
  readonly role: Role | undefined;
}

/** Whether the execution role lets Lambda's poller do something to the source: without the function's own key. */
export function pollerMay(core: Core, polled: PolledMapping, action: string, resource: string): boolean {
  const resourcePolicy = core.state.queues.get(resource)?.policy?.parsed;
  const { role, mapping } = polled;
  return role !== undefined && serviceMayAs(core, role, mapping.region, { action, resource, resourcePolicy });
}

/**
 * Notes that the poller was denied. After a while Lambda disables the mapping itself, and nobody can tell
 * from its state whose change that was (reference, section 1.2).
 */
export function noteDenied(core: Core, mapping: Mapping): void {
  const nowMs = core.clock.now().getTime();
  mapping.deniedSinceMs ??= nowMs;
  if (nowMs - mapping.deniedSinceMs < DENIED_MS) return;
  mapping.state = 'Disabled';
  mapping.transition = undefined;
  mapping.settlesAtMs = nowMs;
  mapping.lastModifiedMs = nowMs;
  mapping.stateTransitionReason = 'AUTHORIZATION_ERROR';
}

/** Whether the function takes a batch now; a refusal is a throttle, and the batch stays where it is. */
export function takesBatch(core: Core, polled: PolledMapping): boolean {
  if (roomFor(core, polled)) return true;
  core.metrics.count('Throttles', ownerOf(polled), core.clock.now().getTime());
  return false;
}
