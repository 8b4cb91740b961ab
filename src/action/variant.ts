import type { JsonObject } from '../json.ts';
import type { FunctionConfiguration } from './ports.ts';
import { trustedBy } from './role-users.ts';

/**
 * Variants that an automatic step would mishandle (reference, 1.6): containment does what it can, and a person
 * is told what is left.
 *
 * `durable`: at concurrency 0 replays cannot run and timers expire; stopping an execution cannot be undone.
 * `edge`: replicas answer at CloudFront's locations; concurrency of one Region may not reach them.
 * `file-system`: what the attacker left on EFS outlives the function.
 * `image`: the code is in a registry, and the tag may be poisoned for the next deployment too.
 * `resource-policy`: a statement lets strangers invoke it that AddPermission could not make again.
 */
export const PERSONAL_VARIANTS = ['durable', 'edge', 'file-system', 'image', 'resource-policy'] as const;

export type PersonalVariant = (typeof PERSONAL_VARIANTS)[number];

/** Which of them a function is, from the configurations of all its versions and the trust of its roles. Pure. */
export function personalVariants(
  configurations: readonly FunctionConfiguration[],
  roles: readonly { readonly document: JsonObject }[],
  unbuildable: boolean,
): readonly PersonalVariant[] {
  const raw = configurations.map((one) => one.raw);
  const edge =
    raw.some((one) => typeof one.MasterArn === 'string') ||
    roles.some(({ document }) => trustedBy(document)?.includes('Service edgelambda.amazonaws.com') === true);
  const is: Readonly<Record<PersonalVariant, boolean>> = {
    durable: raw.some((one) => one.DurableConfig !== undefined && one.DurableConfig !== null),
    edge,
    'file-system': raw.some(
      (one) => Array.isArray(one.FileSystemConfigs) && one.FileSystemConfigs.length > 0,
    ),
    image: configurations.some((one) => one.packageType === 'Image'),
    'resource-policy': unbuildable,
  };
  return PERSONAL_VARIANTS.filter((variant) => is[variant]);
}

/** What the scaling of a function on Managed Instances is set for; empty for every other function. Pure. */
export function publishedOf(configurations: readonly FunctionConfiguration[]): string[] {
  const managed = configurations.filter((one) => one.capacityProviderArn !== undefined);
  return [
    ...new Set(managed.map((one) => (one.version === '$LATEST' ? '$LATEST.PUBLISHED' : one.version))),
  ].sort();
}
