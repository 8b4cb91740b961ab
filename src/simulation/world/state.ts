import type { JsonObject } from '../../json.ts';
import type { Delayed } from './delayed.ts';
import type { KmsKey } from './kms/state.ts';
import type {
  AsyncEvent,
  CodeSigningConfig,
  DeliveredEvent,
  LambdaFunction,
  LayerVersion,
  LostEvent,
  Mapping,
} from './lambda/state.ts';
import type { PolicyDocument } from './policy/document.ts';
import type { WrittenPolicy } from './policy/written.ts';
import type { Bucket } from './s3/state.ts';
import type { ScalableTarget } from './scaling/state.ts';

/** The account as it is now. Changed only by operations, in `perform.ts`'s order. */
export interface AccountState {
  readonly account: string;
  readonly partition: string;
  readonly regions: readonly string[];
  readonly organisationId: string | undefined;
  serviceControl: Delayed<readonly (readonly PolicyDocument[])[]>;
  /** Managed policies that a role may have: 10, or up to 20 where AWS has raised it. */
  readonly attachedPoliciesPerRole: number;
  readonly concurrency: { readonly limit: number; readonly unreservedMinimum: number };
  readonly roles: Map<string, Role>;
  readonly users: Map<string, User>;
  readonly managedPolicies: Map<string, ManagedPolicy>;
  /** By unqualified ARN. */
  readonly functions: Map<string, LambdaFunction>;
  /** By Region and resource (`targetKey`). */
  readonly scalableTargets: Map<string, ScalableTarget>;
  /** Layer versions by ARN. */
  readonly layers: Map<string, LayerVersion>;
  /** By ARN. */
  readonly codeSigningConfigs: Map<string, CodeSigningConfig>;
  /** By UUID. */
  readonly mappings: Map<string, Mapping>;
  /** Code packages by hex SHA-256. */
  readonly packages: Map<string, Uint8Array>;
  /** Log groups by ARN. */
  readonly logGroups: Map<string, LogGroup>;
  /** Queues by ARN. */
  readonly queues: Map<string, Queue>;
  /** Secrets by ARN. */
  readonly secrets: Map<string, string>;
  /** Topics by ARN. */
  readonly topics: Map<string, Topic>;
  /** Event buses by ARN. */
  readonly eventBuses: Map<string, EventBus>;
  /** Kinesis and DynamoDB streams by ARN. */
  readonly streams: Map<string, Stream>;
  /** What waits in Lambda's own queue of asynchronous events. */
  readonly asyncQueue: AsyncEvent[];
  readonly messageMoves: MessageMove[];
  /** By name. */
  readonly buckets: Map<string, Bucket>;
  /** Keys of KMS by ARN. */
  readonly keys: Map<string, KmsKey>;
  /** Warm environments by qualified ARN of their version. */
  readonly environments: Map<string, { readonly session: Session; readonly usedMs: number }>;
  /** Sessions by access key id. */
  readonly sessions: Map<string, Session>;
  /** What asynchronous events came to. */
  readonly events: { delivered: DeliveredEvent[]; lost: LostEvent[] };
}

/** What IAM evaluates of a role; replaced as a whole at each write, so that it can take effect late. */
export interface RolePolicies {
  readonly trust: WrittenPolicy;
  readonly inline: ReadonlyMap<string, WrittenPolicy>;
  readonly attached: readonly string[];
  readonly boundary: string | undefined;
}

export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  readonly path: string;
  readonly description: string;
  readonly createdAt: string;
  readonly tags: Map<string, string>;
  readonly policies: Delayed<RolePolicies>;
}

export interface User {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  readonly account: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly policies: readonly PolicyDocument[];
}

export interface ManagedPolicy {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  readonly createdAt: string;
  /** Document of the default version, `v1`. */
  readonly document: WrittenPolicy;
}

/** Temporary credentials, and what a policy can ask about them. */
export interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly roleName: string;
  readonly roleId: string;
  readonly roleArn: string;
  readonly sessionArn: string;
  readonly sessionName: string;
  readonly issuedAt: string;
  readonly expiresAt: string;
  readonly sourceIdentity: string | undefined;
  /** The function whose environment holds them: `lambda:SourceFunctionArn` of every call made with them. */
  readonly sourceFunctionArn: string | undefined;
  /** The version whose environment it is, as CloudTrail names it. */
  readonly sourceVersionArn: string | undefined;
}

export interface LogEventRecord {
  readonly id: string;
  readonly timestampMs: number;
  readonly ingestedMs: number;
  readonly message: string;
}

export interface LogGroup {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly createdMs: number;
  retentionDays: number | undefined;
  readonly streams: Map<string, { readonly createdMs: number; readonly events: LogEventRecord[] }>;
}

export interface QueueMessage {
  readonly id: string;
  readonly body: string;
  readonly attributes: JsonObject;
  readonly sentMs: number;
  firstReceivedMs: number | undefined;
  receiveCount: number;
  visibleAtMs: number;
  /** Of the last reception; a handle from an earlier one deletes nothing once the message is visible again. */
  receiptHandle: string | undefined;
}

export interface Queue {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly createdMs: number;
  visibilityTimeoutSeconds: number;
  retentionSeconds: number;
  redrive: { readonly targetArn: string; readonly maxReceiveCount: number } | undefined;
  policy: WrittenPolicy | undefined;
  /** Key that encrypts its messages. */
  readonly keyArn: string | undefined;
  messages: QueueMessage[];
}

/** A topic, with what was published. */
export interface Topic {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly keyArn: string | undefined;
  readonly policy: WrittenPolicy | undefined;
  readonly published: string[];
}

export interface EventBus {
  readonly arn: string;
  readonly events: JsonObject[];
}

export interface StreamRecord {
  /** Numbers of the same length: their order is that of their text. */
  readonly sequence: string;
  readonly data: string;
  readonly atMs: number;
}

export interface Stream {
  readonly arn: string;
  retentionSeconds: number;
  readonly records: StreamRecord[];
}

/** Dead letters that were moved; a move is over at once. */
export interface MessageMove {
  readonly handle: string;
  readonly sourceArn: string;
  readonly targetArn: string | undefined;
  readonly moved: number;
  readonly startedMs: number;
}
