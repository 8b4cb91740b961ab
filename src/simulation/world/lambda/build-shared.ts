import type { Names } from '../names.ts';
import type { WorldSpec } from '../spec.ts';
import type { AccountState } from '../state.ts';
import { lambdaInstant } from './build.ts';

/** Builds the layer versions of a specification, before the functions that use them. */
export function buildLayers(
  state: AccountState,
  spec: WorldSpec,
  context: { readonly createdAt: string; store(files: Readonly<Record<string, string>>): string },
): void {
  for (const layer of spec.layers) {
    const region = layer.region ?? spec.regions[0] ?? '';
    const layerArn = `arn:${spec.partition}:lambda:${region}:${layer.account ?? spec.account}:layer:${layer.name}`;
    for (const [index, one] of layer.versions.entries()) {
      const arn = `${layerArn}:${index + 1}`;
      state.layers.set(arn, {
        arn,
        layerArn,
        version: index + 1,
        codeDigest: context.store(one.files),
        description: one.description,
        createdAt: lambdaInstant(context.createdAt),
        deleted: one.deleted,
      });
    }
  }
}

/** Builds the code signing configurations of a specification; functions name them by name. */
export function buildCodeSigningConfigs(
  state: AccountState,
  spec: WorldSpec,
  context: { readonly createdAt: string; readonly names: Names },
): void {
  for (const one of spec.codeSigningConfigs) {
    const region = one.region ?? spec.regions[0] ?? '';
    const id = `csc-${context.names.hex(17)}`;
    const arn = `arn:${spec.partition}:lambda:${region}:${spec.account}:code-signing-config:${id}`;
    state.codeSigningConfigs.set(arn, {
      id,
      arn,
      region,
      description: one.name,
      publishers: one.publishers,
      policy: one.enforce ? 'Enforce' : 'Warn',
      lastModified: context.createdAt,
    });
  }
}
