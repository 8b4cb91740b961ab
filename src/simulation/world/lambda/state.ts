import type { Json, JsonObject } from '../../../json.ts';
import type { Behaviour } from '../function-spec.ts';

export interface FunctionVersion {
  readonly version: string;
  roleArn: string;
  description: string;
  runtime: string;
  handler: string;
  timeoutSeconds: number;
  memoryMb: number;
  /** Absent is not empty: AWS shows the one and not the other. */
  environment: Readonly<Record<string, string>> | undefined;
  deadLetterArn: string | undefined;
  logGroup: string;
  /** Hex SHA-256 of the package. */
  codeDigest: string;
  /** What a configuration update may also change, and a published version keeps. */
  settings: VersionSettings;
  lastModified: string;
  revisionId: string;
  /** A change that is still being made; its revision comes with it. */
  update: PendingUpdate | undefined;
}

/** A function is made, and changed, some time after the call. */
export interface PendingUpdate {
  readonly kind: 'creating' | 'updating';
  readonly settlesAtMs: number;
  readonly revisionId: string;
}

export interface VersionSettings {
  /** ARNs of layer versions. */
  readonly layers: readonly string[];
  readonly vpc:
    | { readonly id: string; readonly subnets: readonly string[]; readonly securityGroups: readonly string[] }
    | undefined;
  readonly snapStart: boolean;
  readonly image: { readonly uri: string; readonly digest: string } | undefined;
  readonly fileSystems: readonly string[];
  readonly environmentKey: string | undefined;
  readonly durableRetentionDays: number | undefined;
  readonly capacityProvider: string | undefined;
}

/** How many environments managed instances keep of one version. */
export interface ScalingConfig {
  readonly min: number;
  readonly max: number;
  /** What was in force before, until it is applied. */
  readonly before: { readonly min: number; readonly max: number };
  readonly appliesAtMs: number;
}

export interface DurableExecution {
  readonly arn: string;
  readonly name: string;
  readonly functionArn: string;
  readonly startedMs: number;
  readonly input: Json;
  readonly steps: readonly string[];
  status: string;
  endedMs: number | undefined;
}

export interface LayerVersion {
  readonly arn: string;
  readonly layerArn: string;
  readonly version: number;
  readonly codeDigest: string;
  readonly description: string;
  readonly createdAt: string;
  deleted: boolean;
}

export interface CodeSigningConfig {
  readonly id: string;
  readonly arn: string;
  readonly region: string;
  description: string;
  publishers: readonly string[];
  policy: string;
  lastModified: string;
}

export interface Alias {
  readonly name: string;
  version: string;
  description: string;
  weights: Readonly<Record<string, number>> | undefined;
  revisionId: string;
}

export interface ProvisionedConfig {
  readonly requested: number;
  readonly lastModified: string;
  /** From when it is READY. */
  readonly readyAtMs: number;
}

export interface EventInvokeConfig {
  readonly maximumRetryAttempts: number | undefined;
  readonly maximumEventAgeSeconds: number | undefined;
  readonly onFailure: string | undefined;
  readonly onSuccess: string | undefined;
  readonly lastModifiedMs: number;
}

export interface UrlConfig {
  readonly authType: string;
  readonly url: string;
  readonly invokeMode: string;
  readonly createdAt: string;
  readonly lastModified: string;
}

export interface ResourcePolicy {
  revisionId: string;
  /** Statements as AWS returns them, in order of addition. */
  statements: readonly JsonObject[];
}

export interface LambdaFunction {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  /** `$LATEST`, `1`, `2` …, in order of publication. */
  readonly versions: Map<string, FunctionVersion>;
  readonly aliases: Map<string, Alias>;
  /** `undefined` is unset, which is not 0. */
  reserved: number | undefined;
  /** By qualifier: an alias or a published version. */
  readonly provisioned: Map<string, ProvisionedConfig>;
  /** By qualifier, `$LATEST` included. */
  readonly eventInvoke: Map<string, EventInvokeConfig>;
  /** By alias; `''` is the function itself. */
  readonly urls: Map<string, UrlConfig>;
  /** By qualifier; `''` is the function itself. */
  readonly resourcePolicies: Map<string, ResourcePolicy>;
  readonly tags: Map<string, string>;
  codeSigningConfigArn: string | undefined;
  recursiveLoop: string;
  /** By qualifier, `''` is the function itself; absent: `Auto`. */
  readonly runtimeUpdates: Map<string, string>;
  /** By qualifier: a published version or `$LATEST.PUBLISHED`. */
  readonly scaling: Map<string, ScalingConfig>;
  readonly durableExecutions: DurableExecution[];
  /** The number of the version published last, deleted or not. */
  published: number;
  behaviour: Behaviour;
  readonly createdAt: string;
}

export interface Mapping {
  readonly uuid: string;
  readonly arn: string;
  readonly region: string;
  functionArn: string;
  readonly source: string;
  batchSize: number;
  windowSeconds: number;
  /** Empty for a queue, which has no positions. */
  readonly startingPosition: string;
  /** -1 is without limit, as for the retries. */
  maximumRecordAgeSeconds: number;
  maximumRetryAttempts: number;
  onFailure: string | undefined;
  /** Sequence of the last record that is done with. */
  checkpoint: string;
  /** How often the batch at hand has failed. */
  attempts: number;
  /** Since when the execution role keeps the poller out. */
  deniedSinceMs: number | undefined;
  /** The state that the mapping is in from `settlesAtMs` on. */
  state: 'Enabled' | 'Disabled';
  /** What it shows until then. */
  transition: 'Creating' | 'Enabling' | 'Disabling' | 'Updating' | 'Deleting' | undefined;
  settlesAtMs: number;
  stateTransitionReason: string;
  lastModifiedMs: number;
}

/** An asynchronous event in Lambda's own queue. */
export interface AsyncEvent {
  readonly functionArn: string;
  readonly qualifier: string;
  readonly requestId: string;
  readonly payload: Json;
  readonly submittedMs: number;
  /** How often it was tried, from when it may be tried again, and what the last try returned. */
  readonly tries: number;
  readonly dueMs: number;
  readonly response: { readonly payload: Json; readonly error: boolean } | undefined;
}

/** An asynchronous event that reached a sink. */
export interface DeliveredEvent {
  readonly at: string;
  readonly functionArn: string;
  readonly destination: string;
  readonly condition: string;
  /** The record as sent (a destination), or the raw payload (a dead-letter queue). */
  readonly record: JsonObject;
}

/** An asynchronous event that nobody will see again. */
export interface LostEvent {
  readonly at: string;
  readonly functionArn: string;
  readonly condition: string;
  readonly reason: 'no-sink' | 'sink-denied' | 'sink-missing' | 'expired' | 'function-gone';
}
