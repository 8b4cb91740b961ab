import { createHash } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { JsonObject } from '../../json.ts';
import { functionArn, logGroupArn, queueArn, secretArn } from './arns.ts';
import { createDelayed } from './delayed.ts';
import { buildKeys, keyNamed } from './kms/build.ts';
import { buildFunction } from './lambda/build.ts';
import { buildCodeSigningConfigs, buildLayers } from './lambda/build-shared.ts';
import { appendRecord } from './lambda/stream.ts';
import type { Names } from './names.ts';
import { type PolicyKind, readPolicy } from './policy/document.ts';
import type { WrittenPolicy } from './policy/written.ts';
import { buildBuckets } from './s3/build.ts';
import { buildScalableTargets } from './scaling/build.ts';
import type { WorldSpec } from './spec.ts';
import type { AccountState, Role, Stream } from './state.ts';
import { WorldError } from './world-error.ts';
import { makeZip } from './zip.ts';

/** Reads a policy of the specification; keeps the document as it was written. */
export function writtenPolicy(source: unknown, kind: PolicyKind): WrittenPolicy {
  const json = typeof source === 'string' ? (JSON.parse(source) as JsonObject) : (source as JsonObject); // readPolicy has the last word on its shape
  return { json, parsed: readPolicy(json, kind) };
}

/** The trust policy of a function's role that names none. */
const LAMBDA_TRUST = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};

/** Keeps a code package under its digest; returns the digest, hexadecimal. */
function storePackage(state: AccountState, files: Readonly<Record<string, string>>): string {
  const zip = makeZip(files);
  const digest = createHash('sha256').update(zip).digest('hex');
  state.packages.set(digest, zip);
  return digest;
}

/** The role of that name, or `cordon_world_unknown_name`. */
function roleNamed(state: AccountState, name: string): Role {
  const role = state.roles.get(name);
  if (role === undefined) {
    throw new WorldError('cordon_world_unknown_name', `expected a role of the world, found ${name}`);
  }
  return role;
}

/**
 * Builds the account of a specification.
 * Throws `cordon_world_unknown_name` for a reference to nothing, `cordon_world_bad_policy` for a policy.
 */
export function buildState(
  spec: WorldSpec,
  clock: Clock,
  names: Names,
  propagationMs: () => number,
): AccountState {
  const now = clock.now();
  const nowMs = now.getTime();
  const createdAt = now.toISOString();
  const [home = ''] = spec.regions;
  const serviceControl = (spec.organisation?.serviceControlPolicies ?? []).map((level) =>
    level.map((document) => writtenPolicy(document, 'identity').parsed),
  );
  const state: AccountState = {
    account: spec.account,
    partition: spec.partition,
    regions: spec.regions,
    organisationId: spec.organisation?.id,
    serviceControl: createDelayed(serviceControl, clock, propagationMs),
    attachedPoliciesPerRole: spec.attachedPoliciesPerRole,
    concurrency: spec.concurrency,
    roles: new Map(),
    users: new Map(),
    managedPolicies: new Map(),
    functions: new Map(),
    layers: new Map(),
    codeSigningConfigs: new Map(),
    mappings: new Map(),
    scalableTargets: new Map(),
    environments: new Map(),
    packages: new Map(),
    logGroups: new Map(),
    queues: new Map(),
    secrets: new Map(),
    topics: new Map(),
    eventBuses: new Map(),
    streams: new Map(),
    asyncQueue: [],
    messageMoves: [],
    buckets: new Map(),
    keys: new Map(),
    sessions: new Map(),
    events: { delivered: [], lost: [] },
  };

  for (const policy of spec.managedPolicies) {
    const owner = policy.awsManaged ? 'aws' : spec.account;
    const arn = `arn:${spec.partition}:iam::${owner}:policy${policy.path}${policy.name}`;
    const document = writtenPolicy(policy.document, 'identity');
    state.managedPolicies.set(arn, {
      name: policy.name,
      arn,
      id: `ANPA${names.code(17)}`,
      createdAt,
      document,
    });
  }
  buildKeys(state, spec, { nowMs, names, written: (source) => writtenPolicy(source, 'resource') });
  for (const role of spec.roles) {
    for (const arn of [...role.attached, ...(role.boundary === undefined ? [] : [role.boundary])]) {
      if (!state.managedPolicies.has(arn)) {
        throw new WorldError(
          'cordon_world_unknown_name',
          `role ${role.name}: expected a managed policy, found ${arn}`,
        );
      }
    }
    state.roles.set(role.name, {
      name: role.name,
      arn: `arn:${spec.partition}:iam::${spec.account}:role${role.path}${role.name}`,
      id: `AROA${names.code(17)}`,
      path: role.path,
      description: role.description,
      createdAt,
      tags: new Map(Object.entries(role.tags)),
      policies: createDelayed(
        {
          trust: writtenPolicy(role.trust ?? LAMBDA_TRUST, 'trust'),
          inline: new Map(
            Object.entries(role.policies).map(([name, document]) => [
              name,
              writtenPolicy(document, 'identity'),
            ]),
          ),
          attached: role.attached,
          boundary: role.boundary,
        },
        clock,
        propagationMs,
      ),
    });
  }
  for (const user of spec.users) {
    const account = user.account ?? spec.account;
    state.users.set(user.accessKeyId, {
      name: user.name,
      arn: `arn:${spec.partition}:iam::${account}:user/${user.name}`,
      id: `AIDA${names.code(17)}`,
      account,
      accessKeyId: user.accessKeyId,
      secretAccessKey: user.secretAccessKey,
      policies: Object.values(user.policies).map((document) => writtenPolicy(document, 'identity').parsed),
    });
  }
  for (const { name, region = home, messages, redrive, policy, key, ...rest } of spec.queues) {
    const arn = queueArn(state, region, name);
    state.queues.set(arn, {
      name,
      arn,
      region,
      createdMs: nowMs,
      visibilityTimeoutSeconds: rest.visibilityTimeoutSeconds,
      retentionSeconds: rest.retentionSeconds,
      redrive:
        redrive === undefined
          ? undefined
          : { targetArn: queueArn(state, region, redrive.to), maxReceiveCount: redrive.maxReceiveCount },
      policy: policy === undefined ? undefined : writtenPolicy(policy, 'resource'),
      keyArn: key === undefined ? undefined : keyNamed(state, key, region),
      messages: messages.map((body) => ({
        id: names.uuid(),
        body,
        attributes: {},
        sentMs: nowMs,
        firstReceivedMs: undefined,
        receiveCount: 0,
        visibleAtMs: nowMs,
        receiptHandle: undefined,
      })),
    });
  }
  for (const queue of state.queues.values()) {
    if (queue.redrive !== undefined && !state.queues.has(queue.redrive.targetArn)) {
      throw new WorldError(
        'cordon_world_unknown_name',
        `queue ${queue.name}: no such queue ${queue.redrive.targetArn}`,
      );
    }
  }
  buildLayers(state, spec, { createdAt, store: (files) => storePackage(state, files) });
  buildCodeSigningConfigs(state, spec, { createdAt, names });
  for (const one of spec.functions) {
    const region = one.region ?? home;
    const built = buildFunction(state, one, region, {
      createdAt,
      nowMs,
      names,
      roleArn: (name) => roleNamed(state, name).arn,
      store: (files) => storePackage(state, files),
    });
    state.functions.set(built.arn, built);
  }
  buildScalableTargets(state, spec, { nowMs, names });
  for (const mapping of spec.eventSourceMappings) {
    const region = mapping.region ?? home;
    const arn = functionArn(spec, region, mapping.function);
    if (!state.functions.has(arn)) {
      throw new WorldError('cordon_world_unknown_name', `event source mapping: no such function ${arn}`);
    }
    const uuid = mapping.uuid ?? names.uuid();
    state.mappings.set(uuid, {
      uuid,
      arn: `arn:${spec.partition}:lambda:${region}:${spec.account}:event-source-mapping:${uuid}`,
      region,
      functionArn: mapping.qualifier === undefined ? arn : `${arn}:${mapping.qualifier}`,
      source: mapping.source,
      batchSize: mapping.batchSize,
      windowSeconds: 0,
      startingPosition: mapping.source.includes(':sqs:') ? '' : 'TRIM_HORIZON',
      maximumRecordAgeSeconds: mapping.maximumRecordAgeSeconds,
      maximumRetryAttempts: mapping.maximumRetryAttempts,
      onFailure: mapping.onFailure,
      checkpoint: '',
      attempts: 0,
      deniedSinceMs: undefined,
      state: mapping.enabled ? 'Enabled' : 'Disabled',
      transition: undefined,
      settlesAtMs: 0,
      stateTransitionReason: 'USER_INITIATED',
      lastModifiedMs: nowMs,
    });
  }
  for (const { group, region = home, streams } of spec.logs) {
    const arn = logGroupArn(state, region, group);
    state.logGroups.set(arn, {
      name: group,
      arn,
      region,
      createdMs: nowMs,
      retentionDays: undefined,
      streams: new Map(
        streams.map((stream) => [
          stream.name,
          {
            createdMs: nowMs,
            events: stream.events.map(({ secondsAgo, message }) => ({
              id: names.hex(56),
              timestampMs: nowMs - secondsAgo * 1000,
              ingestedMs: nowMs - secondsAgo * 1000,
              message,
            })),
          },
        ]),
      ),
    });
  }
  for (const secret of spec.secrets) {
    const region = secret.region ?? home;
    state.secrets.set(secretArn(spec, region, secret.name), secret.value);
  }
  for (const { name, region = home, key, policy } of spec.topics) {
    const arn = `arn:${spec.partition}:sns:${region}:${spec.account}:${name}`;
    state.topics.set(arn, {
      name,
      arn,
      region,
      keyArn: key === undefined ? undefined : keyNamed(state, key, region),
      policy: policy === undefined ? undefined : writtenPolicy(policy, 'resource'),
      published: [],
    });
  }
  const buses = spec.regions.map((region) => ({ name: 'default', region }));
  for (const { name, region = home } of [...buses, ...spec.eventBuses]) {
    const arn = `arn:${spec.partition}:events:${region}:${spec.account}:event-bus/${name}`;
    state.eventBuses.set(arn, { arn, events: [] });
  }
  for (const { source, retentionSeconds, records } of spec.streams) {
    const stream: Stream = { arn: source, retentionSeconds, records: [] };
    for (const data of records) appendRecord(stream, data, nowMs);
    state.streams.set(source, stream);
  }
  buildBuckets(state, spec, {
    clock,
    names,
    written: (source) => writtenPolicy(source, 'resource'),
    keyArn: (name, region) => keyNamed(state, name, region),
  });
  return state;
}
