import type { Json, JsonObject } from '../../json.ts';
import type { Core } from './call.ts';
import { codeSha256 } from './lambda/configuration.ts';
import type { LambdaFunction } from './lambda/state.ts';
import type { Role } from './state.ts';

/**
 * The state of an account that containment may change and release must put back, as plain JSON.
 * Instants and revision ids are left out: every write changes them, and no call can put them back.
 */
export interface WorldSnapshot extends JsonObject {
  readonly functions: JsonObject;
  readonly roles: JsonObject;
  readonly eventSourceMappings: JsonObject;
  readonly scalableTargets: JsonObject;
}

function functionSnapshot(target: LambdaFunction): JsonObject {
  return {
    reservedConcurrency: target.reserved ?? null,
    provisionedConcurrency: Object.fromEntries(
      [...target.provisioned].map(([key, one]) => [key, one.requested]),
    ),
    versions: Object.fromEntries(
      [...target.versions].map(([key, one]) => [
        key,
        {
          role: one.roleArn,
          codeSha256: codeSha256(one.codeDigest),
          environment: one.environment ?? null,
          deadLetterArn: one.deadLetterArn ?? null,
          logGroup: one.logGroup,
          runtime: one.runtime,
          handler: one.handler,
          timeoutSeconds: one.timeoutSeconds,
          memoryMb: one.memoryMb,
          layers: one.settings.layers,
          securityGroups: one.settings.vpc?.securityGroups ?? null,
        },
      ]),
    ),
    aliases: Object.fromEntries(
      [...target.aliases].map(([key, one]) => [key, { version: one.version, weights: one.weights ?? null }]),
    ),
    eventInvoke: Object.fromEntries(
      [...target.eventInvoke].map(([key, one]) => [
        key,
        {
          maximumRetryAttempts: one.maximumRetryAttempts ?? null,
          maximumEventAgeSeconds: one.maximumEventAgeSeconds ?? null,
          onFailure: one.onFailure ?? null,
          onSuccess: one.onSuccess ?? null,
        },
      ]),
    ),
    urls: Object.fromEntries(
      [...target.urls].map(([key, one]) => [
        key,
        { url: one.url, authType: one.authType, invokeMode: one.invokeMode },
      ]),
    ),
    // By Sid: the order in which statements were added says nothing about what they allow.
    policies: Object.fromEntries(
      [...target.resourcePolicies].map(([key, one]) => [
        key,
        Object.fromEntries(one.statements.map((statement) => [String(statement.Sid), statement])),
      ]),
    ),
    tags: Object.fromEntries(target.tags),
    codeSigningConfig: target.codeSigningConfigArn ?? null,
    recursiveLoop: target.recursiveLoop,
    scaling: Object.fromEntries([...target.scaling].map(([key, { min, max }]) => [key, { min, max }])),
    durableExecutions: Object.fromEntries(target.durableExecutions.map((one) => [one.name, one.status])),
  };
}

function roleSnapshot(role: Role): JsonObject {
  const { trust, inline, attached, boundary } = role.policies.current;
  return {
    trust: trust.json,
    inline: Object.fromEntries([...inline].map(([key, one]) => [key, one.json])),
    attached: [...attached].sort(),
    boundary: boundary ?? null,
    tags: Object.fromEntries(role.tags),
  };
}

/** Takes a snapshot: what a reader of the API would find, transitions of mappings counted as over. */
export function takeSnapshot(core: Core): WorldSnapshot {
  const { functions, roles, mappings, scalableTargets } = core.state;
  return {
    functions: Object.fromEntries([...functions].map(([arn, one]) => [arn, functionSnapshot(one)])),
    roles: Object.fromEntries([...roles.values()].map((role) => [role.arn, roleSnapshot(role)])),
    eventSourceMappings: Object.fromEntries(
      [...mappings].map(([uuid, one]) => [
        uuid,
        {
          function: one.functionArn,
          source: one.source,
          state: one.state,
          batchSize: one.batchSize,
          onFailure: one.onFailure ?? null,
        },
      ]),
    ),
    scalableTargets: Object.fromEntries(
      [...scalableTargets].map(([key, one]) => [
        key,
        {
          min: one.min,
          max: one.max,
          suspended: { ...one.suspended },
          policies: Object.fromEntries(
            [...one.policies].map(([name, policy]) => [name, policy.configuration]),
          ),
          scheduled: Object.fromEntries([...one.scheduled].map(([name, action]) => [name, action.schedule])),
        },
      ]),
    ),
  };
}

/** One difference between two snapshots. */
export interface SnapshotChange {
  /** JSON Pointer (RFC 6901). */
  readonly path: string;
  /** Absent where there was nothing. */
  readonly before?: Json;
  /** Absent where there is nothing now. */
  readonly after?: Json;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function compare(
  path: string,
  before: Json | undefined,
  after: Json | undefined,
  found: SnapshotChange[],
): void {
  if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const escaped = key.replaceAll('~', '~0').replaceAll('/', '~1');
      compare(`${path}/${escaped}`, before[key], after[key], found);
    }
    return;
  }
  if (canonical(before) === canonical(after)) return;
  found.push({
    path,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  });
}

/** JSON with sorted keys, so that objects within lists compare by content. */
function canonical(value: Json | undefined): string {
  return JSON.stringify(value, (_key, one: Json) =>
    isObject(one)
      ? Object.fromEntries(Object.entries(one).sort(([left], [right]) => (left < right ? -1 : 1)))
      : one,
  );
}

/** What differs between two snapshots; empty when the account is as it was. */
export function diffSnapshots(before: WorldSnapshot, after: WorldSnapshot): readonly SnapshotChange[] {
  const found: SnapshotChange[] = [];
  compare('', before, after, found);
  return found;
}
