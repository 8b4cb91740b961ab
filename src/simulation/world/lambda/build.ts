import type { FunctionSpec } from '../function-spec.ts';
import type { Names } from '../names.ts';
import type { AccountState } from '../state.ts';
import { WorldError } from '../world-error.ts';
import type { FunctionVersion, LambdaFunction } from './state.ts';

interface Context {
  readonly createdAt: string;
  readonly nowMs: number;
  readonly names: Names;
  roleArn(name: string): string;
  /** Keeps a package; returns its digest. */
  store(files: Readonly<Record<string, string>>): string;
}

/** Lambda writes its instants as `2026-11-24T03:44:31.000+0000`. */
export function lambdaInstant(iso: string): string {
  return iso.replace(/Z$/, '+0000');
}

/** Builds one function of the specification. Throws `cordon_world_unknown_name` for a reference to nothing. */
export function buildFunction(
  state: AccountState,
  spec: FunctionSpec,
  region: string,
  context: Context,
): LambdaFunction {
  const { names } = context;
  const arn = `arn:${state.partition}:lambda:${region}:${state.account}:function:${spec.name}`;
  const lastModified = lambdaInstant(context.createdAt);
  const latest: FunctionVersion = {
    version: '$LATEST',
    roleArn: context.roleArn(spec.role),
    description: spec.description,
    runtime: spec.runtime,
    handler: spec.handler,
    timeoutSeconds: spec.timeoutSeconds,
    memoryMb: spec.memoryMb,
    environment: spec.environment,
    deadLetterArn: spec.deadLetterArn,
    logGroup: spec.logGroup ?? `/aws/lambda/${spec.name}`,
    codeDigest: context.store(spec.files),
    settings: {
      layers: spec.layers,
      vpc: spec.vpc,
      snapStart: spec.snapStart,
      image: spec.image,
      fileSystems: spec.fileSystems,
      environmentKey: spec.environmentKey,
      durableRetentionDays: spec.durable?.retentionDays,
      capacityProvider: spec.managedInstances?.capacityProvider,
    },
    lastModified,
    revisionId: names.uuid(),
    update: undefined,
  };
  const versions = new Map([['$LATEST', latest]]);
  for (const [index, published] of spec.versions.entries()) {
    const version = String(index + 1);
    versions.set(version, {
      ...latest,
      version,
      roleArn: context.roleArn(published.role ?? spec.role),
      description: published.description ?? spec.description,
      environment: published.environment ?? spec.environment,
      codeDigest: published.files === undefined ? latest.codeDigest : context.store(published.files),
      settings: { ...latest.settings, layers: published.layers ?? latest.settings.layers },
      revisionId: names.uuid(),
    });
  }

  for (const layer of [spec, ...spec.versions].flatMap((one) => one.layers ?? [])) {
    if (!state.layers.has(layer)) {
      throw new WorldError('cordon_world_unknown_name', `function ${spec.name}: no such layer ${layer}`);
    }
  }
  const signing = [...state.codeSigningConfigs.values()].find(
    (one) => one.description === spec.codeSigning && one.region === region,
  );
  if (spec.codeSigning !== undefined && signing === undefined) {
    throw new WorldError(
      'cordon_world_unknown_name',
      `function ${spec.name}: no code signing configuration ${spec.codeSigning}`,
    );
  }
  const known = (qualifier: string) => {
    if (versions.has(qualifier) || spec.aliases.some((alias) => alias.name === qualifier)) return qualifier;
    throw new WorldError(
      'cordon_world_unknown_name',
      `function ${spec.name}: no version or alias ${qualifier}`,
    );
  };
  const qualified = (qualifier: string | undefined) =>
    qualifier === undefined ? arn : `${arn}:${qualifier}`;

  const built: LambdaFunction = {
    name: spec.name,
    arn,
    region,
    versions,
    aliases: new Map(
      spec.aliases.map((alias) => [
        alias.name,
        {
          name: alias.name,
          version: known(alias.version),
          description: alias.description,
          weights: alias.weights,
          revisionId: names.uuid(),
        },
      ]),
    ),
    reserved: spec.reservedConcurrency,
    provisioned: new Map(
      spec.provisionedConcurrency.map(({ qualifier, requested }) => [
        known(qualifier),
        { requested, lastModified, readyAtMs: context.nowMs },
      ]),
    ),
    eventInvoke: new Map(
      spec.eventInvoke.map((config) => [
        known(config.qualifier),
        {
          maximumRetryAttempts: config.maximumRetryAttempts,
          maximumEventAgeSeconds: config.maximumEventAgeSeconds,
          onFailure: config.onFailure,
          onSuccess: config.onSuccess,
          lastModifiedMs: context.nowMs,
        },
      ]),
    ),
    urls: new Map(
      spec.urls.map(({ alias, authType }) => [
        alias === undefined ? '' : known(alias),
        {
          authType,
          url: `https://${names.hex(32)}.lambda-url.${region}.on.aws/`,
          invokeMode: 'BUFFERED',
          createdAt: context.createdAt,
          lastModified: context.createdAt,
        },
      ]),
    ),
    resourcePolicies: new Map(),
    tags: new Map(Object.entries(spec.tags)),
    codeSigningConfigArn: signing?.arn,
    recursiveLoop: spec.recursiveLoop,
    runtimeUpdates: new Map(spec.updateRuntimeOn === 'Auto' ? [] : [['', spec.updateRuntimeOn]]),
    scaling: new Map(
      (spec.managedInstances?.scaling ?? []).map(({ qualifier, min, max }) => [
        qualifier === '$LATEST.PUBLISHED' ? qualifier : known(qualifier),
        { min, max, before: { min, max }, appliesAtMs: context.nowMs },
      ]),
    ),
    durableExecutions: (spec.durable?.executions ?? []).map((execution) => {
      const startedMs = context.nowMs - execution.startedSecondsAgo * 1000;
      const qualifier = versions.size === 1 ? '$LATEST' : String(versions.size - 1);
      return {
        arn: `${arn}:${qualifier}/durable-execution/${execution.name}/${names.uuid()}`,
        name: execution.name,
        functionArn: `${arn}:${qualifier}`,
        startedMs,
        input: execution.input,
        steps: execution.steps,
        status: execution.status,
        endedMs: execution.status === 'RUNNING' ? undefined : startedMs + 1000,
      };
    }),
    published: spec.versions.length,
    behaviour: spec.behaviour,
    createdAt: context.createdAt,
  };
  for (const permission of spec.permissions) {
    const key = permission.qualifier === undefined ? '' : known(permission.qualifier);
    const policy = built.resourcePolicies.get(key) ?? { revisionId: names.uuid(), statements: [] };
    built.resourcePolicies.set(key, policy);
    policy.statements = [
      ...policy.statements,
      {
        Sid: permission.sid,
        Effect: 'Allow',
        Principal: permission.principal,
        Action: permission.action,
        Resource: qualified(permission.qualifier),
        ...(permission.condition === undefined ? {} : { Condition: permission.condition }),
      },
    ];
  }
  return built;
}
