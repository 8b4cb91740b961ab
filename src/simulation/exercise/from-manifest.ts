import type { Json, JsonObject } from '../../json.ts';
import { readWorldSpec, type WorldSpec } from '../world/spec.ts';

/** The account of an incident as it can be built again from the manifest, and what of it could not. */
export interface RebuiltWorld {
  readonly world: WorldSpec;
  /** Parts of the manifest that the replay goes without, in words. */
  readonly leftOut: readonly string[];
}

/** Whose credentials the engine has in a rebuilt account. Nobody outside this process can reach it. */
export const REPLAY_USER = {
  name: 'cordon-replay',
  accessKeyId: 'AKIAREPLAYENGINE0001',
  secretAccessKey: 'invented-engine-key-for-replays-only',
} as const;

const INLINE = /^[A-Za-z0-9_+=,.@-]{1,128}$/;

/**
 * Builds a simulated account with the contained function as its manifest has it: configuration, concurrency, versions,
 * aliases, URLs, triggers, roles with every policy, and the functions that share a role. Code and environment values
 * are not in a manifest, so they are invented; what else is left out is said. Throws `cordon_world_invalid`.
 */
export function worldFromManifest(
  target: {
    readonly account: string;
    readonly region: string;
    readonly partition: string;
    readonly functionName: string;
  },
  manifest: JsonObject,
): RebuiltWorld {
  const leftOut: string[] = [];
  const roles = listOf(manifest.roles).map((role) => roleOf(role, leftOut));
  const described = objectOf(manifest.function);
  const configuration = objectOf(described.configuration);
  const roleName = lastOf(String(configuration.Role ?? '')) || roles[0]?.name || 'replayed-role';
  if (!roles.some((role) => role.name === roleName)) {
    roles.push({ name: roleName, policies: {} });
    leftOut.push(`the policies of role ${roleName}, which could not be read at the time`);
  }
  const reserved = manifest.reservedConcurrency;
  const versions = listOf(manifest.versions).filter((each) => objectOf(each).Version !== '$LATEST').length;
  const aliases = listOf(manifest.aliases).flatMap((each) => {
    const { Name, FunctionVersion } = objectOf(each);
    return typeof Name === 'string' && typeof FunctionVersion === 'string'
      ? [{ name: Name, version: FunctionVersion }]
      : [];
  });
  if (listOf(manifest.provisionedConcurrency).length > 0) leftOut.push('provisioned concurrency');
  if (listOf(manifest.eventInvokeConfigs).length > 0) leftOut.push('destinations of asynchronous events');
  if (manifest.resourcePolicy !== null && manifest.resourcePolicy !== undefined)
    leftOut.push('the resource policy');
  const triggers = triggersOf(listOf(manifest.eventSourceMappings), target, leftOut);
  const world = readWorldSpec({
    account: target.account,
    partition: target.partition,
    regions: [target.region],
    latencyMs: 30,
    users: [
      {
        ...REPLAY_USER,
        policies: {
          everything: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
          },
        },
      },
    ],
    roles,
    functions: [
      {
        name: target.functionName,
        role: roleName,
        timeoutSeconds: numberOf(configuration.Timeout) ?? 30,
        memoryMb: numberOf(configuration.MemorySize) ?? 128,
        ...(typeof reserved === 'number' ? { reservedConcurrency: reserved } : {}),
        versions: Array.from({ length: versions }, () => ({})),
        aliases: aliases.filter(({ version }) => version === '$LATEST' || Number(version) <= versions),
        urls: listOf(manifest.functionUrls).map((url) => ({
          authType: objectOf(url).AuthType === 'NONE' ? 'NONE' : 'AWS_IAM',
        })),
      },
      ...listOf(manifest.sharedWith).flatMap((each) => {
        const { functionArn, roleArn } = objectOf(each);
        const name = String(functionArn).split(':')[6] ?? '';
        const role = lastOf(String(roleArn));
        return roles.some((known) => known.name === role) && name !== '' ? [{ name, role }] : [];
      }),
    ],
    ...triggers,
  });
  return { world, leftOut };
}

interface RebuiltRole {
  readonly name: string;
  readonly policies: Readonly<Record<string, Json>>;
}

/** Attached policies become inline ones of the same words: they allow the same. */
function roleOf(value: Json, leftOut: string[]): RebuiltRole {
  const role = objectOf(value);
  const name = lastOf(String(role.arn ?? ''));
  const inline = Object.entries(objectOf(role.inlinePolicies ?? null));
  const attached = listOf(role.attachedPolicies).map((each): [string, Json] => {
    const { arn, document } = objectOf(each);
    return [`attached-${lastOf(String(arn))}`, document ?? null];
  });
  const policies = [...inline, ...attached].flatMap(([policy, document]): [string, Json][] => {
    if (INLINE.test(policy) && typeof document === 'object' && document !== null) return [[policy, document]];
    leftOut.push(`policy ${policy} of role ${name}`);
    return [];
  });
  return { name, policies: Object.fromEntries(policies) };
}

function triggersOf(
  mappings: readonly Json[],
  target: { readonly account: string; readonly region: string; readonly functionName: string },
  leftOut: string[],
) {
  const queues = new Set<string>();
  const streams = new Set<string>();
  const kept = mappings.flatMap((each) => {
    const { UUID, EventSourceArn: source, State } = objectOf(each);
    if (typeof source !== 'string') return [];
    const [, , service, region, account, name = ''] = source.split(':');
    if (service === 'sqs' && region === target.region && account === target.account) queues.add(name);
    else if (service === 'kinesis' || service === 'dynamodb') streams.add(source);
    else {
      leftOut.push(`the trigger of ${source}`);
      return [];
    }
    return [
      {
        ...(typeof UUID === 'string' ? { uuid: UUID } : {}),
        function: target.functionName,
        source,
        enabled: State === 'Enabled',
      },
    ];
  });
  return {
    queues: [...queues].map((name) => ({ name })),
    streams: [...streams].map((source) => ({ source })),
    eventSourceMappings: kept,
  };
}

function lastOf(arn: string): string {
  return arn.split('/').at(-1) ?? '';
}

function numberOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []; // told apart
}

function objectOf(value: Json | undefined): JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return {};
  return value as JsonObject; // told apart
}
