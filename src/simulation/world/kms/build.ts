import type { Names } from '../names.ts';
import type { WrittenPolicy } from '../policy/written.ts';
import type { WorldSpec } from '../spec.ts';
import type { AccountState } from '../state.ts';
import { WorldError } from '../world-error.ts';
import { findKey } from './key.ts';

/** The policy of a key that names none: its account may use it as its identity policies say. */
function accountPolicy(spec: WorldSpec) {
  return {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { AWS: `arn:${spec.partition}:iam::${spec.account}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
  };
}

/** Builds the keys of a specification. */
export function buildKeys(
  state: AccountState,
  spec: WorldSpec,
  context: { readonly nowMs: number; readonly names: Names; written(source: unknown): WrittenPolicy },
): void {
  for (const one of spec.keys) {
    const region = one.region ?? spec.regions[0] ?? '';
    const id = context.names.uuid();
    const arn = `arn:${spec.partition}:kms:${region}:${spec.account}:key/${id}`;
    state.keys.set(arn, {
      id,
      arn,
      region,
      spec: one.spec,
      createdMs: context.nowMs,
      alias: `alias/${one.name}`,
      secret: Buffer.from(context.names.hex(64), 'hex'),
      policy: context.written(one.policy ?? accountPolicy(spec)),
      enabled: true,
    });
  }
}

/** ARN of the key of that name. Throws `cordon_world_unknown_name`. */
export function keyNamed(state: AccountState, name: string, region: string): string {
  const key = findKey({ state }, region, `alias/${name}`);
  if (key !== undefined) return key.arn;
  throw new WorldError(
    'cordon_world_unknown_name',
    `expected a key of the world in ${region}, found ${name}`,
  );
}
