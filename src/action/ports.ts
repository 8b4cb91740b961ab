import type { Alert } from '../alert/alert.ts';
import type { Clock } from '../clock.ts';
import type { AttemptId, IncidentId } from '../id.ts';
import type { JsonObject } from '../json.ts';
import type { DoorsPort, ScalingPort } from './doors-port.ts';
import type { AnsweredCalls, CallTrail, SurveyPort } from './survey-port.ts';

/**
 * What an action may reach. The real implementations are in `src/aws` and `src/evidence`; both an
 * AWS account and a simulated one are reached through the same SDK clients.
 */

/** Which of the three roles of a member account a call is made with (reference, 1.8.6). */
export type AwsPurpose = 'read' | 'contain' | 'release';

/**
 * How roles of an account are quarantined: `static` attaches policies that were made beforehand, `dynamic`
 * writes inline ones, which is administrator power (reference, 1.8.6).
 */
export type Profile = 'static' | 'dynamic';

export interface FunctionConfiguration {
  readonly functionArn: string;
  readonly functionName: string;
  readonly version: string;
  readonly roleArn: string;
  readonly revisionId?: string;
  readonly codeSha256: string;
  readonly runtime?: string;
  readonly packageType: string;
  readonly timeoutSeconds: number;
  readonly logGroup: string;
  readonly deadLetterArn?: string;
  /** Set for a function on Managed Instances, which reserved concurrency does not reach. */
  readonly capacityProviderArn?: string;
  readonly lastModified: string;
  /** The whole configuration as AWS returned it, with every environment value removed. */
  readonly raw: JsonObject;
  /** Environment values: secrets. Only the evidence store may receive them, encrypted. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface FunctionDescription {
  readonly configuration: FunctionConfiguration;
  /** `null` when reserved concurrency is unset, which is not the same as 0. */
  readonly reservedConcurrency: number | null;
  readonly tags: Readonly<Record<string, string>>;
  /** Presigned link to the code package, valid for ten minutes; a secret while it lives. */
  readonly codeLocation?: string;
  /** Digest of a container image, for functions of package type Image. */
  readonly imageUri?: string;
}

export interface ProvisionedConcurrency {
  readonly qualifier: string;
  readonly requested: number;
}

export interface LambdaPort {
  getFunction(functionArn: string, qualifier?: string): Promise<FunctionDescription>;
  /** The same for what need not be newest: with the answer of a read that another step has under way, if one has. */
  getFunctionOnce(functionArn: string): Promise<FunctionDescription>;
  listVersions(functionArn: string): Promise<readonly FunctionConfiguration[]>;
  listAliases(functionArn: string): Promise<readonly JsonObject[]>;
  listProvisionedConcurrency(functionArn: string): Promise<readonly ProvisionedConcurrency[]>;
  /** `null` when unset. */
  getReservedConcurrency(functionArn: string): Promise<number | null>;
  putReservedConcurrency(functionArn: string, value: number): Promise<void>;
  deleteReservedConcurrency(functionArn: string): Promise<void>;
  listEventSourceMappings(functionArn: string): Promise<readonly JsonObject[]>;
  listEventInvokeConfigs(functionArn: string): Promise<readonly JsonObject[]>;
  listFunctionUrls(functionArn: string): Promise<readonly JsonObject[]>;
  /** The resource policy document, or `null` when the function (or qualifier) has none. */
  getPolicy(functionArn: string, qualifier?: string): Promise<JsonObject | null>;
  /** Every version of every function of the account and Region, `$LATEST` included: each has a role of its own. */
  listAllVersions(): Promise<readonly FunctionConfiguration[]>;
  /** All functions of the account and Region with the roles of all their versions: the blast radius of a role. */
  listFunctions(): Promise<readonly { readonly functionArn: string; readonly roleArn: string }[]>;
  /** Streams the code package behind a presigned link. */
  downloadCode(location: string): AsyncIterable<Uint8Array>;
}

export interface RoleDescription {
  readonly roleArn: string;
  readonly roleName: string;
  readonly trustPolicy: JsonObject;
  readonly permissionsBoundaryArn: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly raw: JsonObject;
}

export interface IamPort {
  getRole(roleName: string): Promise<RoleDescription>;
  listInlinePolicies(roleName: string): Promise<readonly string[]>;
  /** The document, or `null` when the role has no inline policy of that name. */
  getInlinePolicy(roleName: string, policyName: string): Promise<JsonObject | null>;
  putInlinePolicy(roleName: string, policyName: string, document: JsonObject): Promise<void>;
  deleteInlinePolicy(roleName: string, policyName: string): Promise<void>;
  /** Attaching what is attached already succeeds; detaching what is not is `cordon_aws_not_found`. */
  attachPolicy(roleName: string, policyArn: string): Promise<void>;
  detachPolicy(roleName: string, policyArn: string): Promise<void>;
  /** Puts a managed policy into the role's one boundary slot, whatever is there. */
  putBoundary(roleName: string, policyArn: string): Promise<void>;
  /** Without a boundary: `cordon_aws_not_found`. */
  deleteBoundary(roleName: string): Promise<void>;
  listAttachedPolicies(roleName: string): Promise<readonly { readonly name: string; readonly arn: string }[]>;
  /** The document of the default version of a managed policy. */
  getManagedPolicy(policyArn: string): Promise<JsonObject>;
  /** Simulates `actions` as the role; `allowed` is what IAM would answer now, before propagation. */
  simulate(request: {
    readonly roleArn: string;
    readonly actions: readonly string[];
    readonly resourceArns: readonly string[];
    readonly sourceFunctionArn?: string;
    /** Further condition keys of the request, by name. */
    readonly context?: Readonly<Record<string, string>>;
  }): Promise<readonly { readonly action: string; readonly allowed: boolean }[]>;
}

export interface LogEvent {
  readonly stream: string;
  readonly timestampMs: number;
  readonly message: string;
}

export interface LogsPort {
  /**
   * Pages through the log group's events of the window, oldest first within a page. Throws
   * `cordon_aws_not_found` when the group does not exist: a deleted group is news, not an empty log.
   */
  filterEvents(request: {
    readonly logGroup: string;
    readonly fromMs: number;
    readonly toMs: number;
  }): AsyncIterable<readonly LogEvent[]>;
}

/** The AWS account and Region of one target, seen through one role. Failures are `AwsError`s. */
export interface AwsAccess {
  readonly lambda: LambdaPort;
  readonly iam: IamPort;
  readonly logs: LogsPort;
  readonly survey: SurveyPort;
  readonly trail: CallTrail;
  readonly doors: DoorsPort;
  readonly scaling: ScalingPort;
}

/** One evidence item as an action hands it over; the store computes size and SHA-256 while it streams. */
export interface EvidenceItem {
  /** Path-like name, unique in the bundle: `function/configuration.json`. */
  readonly name: string;
  /** Row of the reference's table 2.1, e.g. `function-configuration`, `code-package`, `function-logs`. */
  readonly artifact: string;
  readonly sourceArn: string;
  readonly apiCall: string;
  /** Version or alias that it is of, where it is of one. */
  readonly qualifier?: string;
  /** The request of `apiCall`: custody keeps its digest. Never a secret. */
  readonly request?: JsonObject;
  /** The calls that gave the content; asked once the content has been read to its end. */
  readonly answered?: () => AnsweredCalls;
  readonly mediaType: string;
  /** True for content that is secret: it is encrypted to the case key and never shown. */
  readonly secret: boolean;
  /** Base64 SHA-256 that the content must have (Lambda's `CodeSha256`), where the source gives one. */
  readonly expectedSha256?: string;
  readonly content: Uint8Array | string | AsyncIterable<Uint8Array>;
  /** False when the content turned out to break off; asked once it has been read as far as it goes. */
  readonly whole?: () => boolean;
}

export interface StoredEvidence {
  readonly name: string;
  readonly sha256: string;
  readonly size: number;
  /** False when `expectedSha256` was given and the content differs: a finding, not a failure. */
  readonly matchesExpected: boolean;
}

export interface SealedEvidence {
  readonly manifestSha256: string;
  readonly items: number;
  readonly keyId: string;
  /** What an authority said of the time, where one is set up: its refusal holds nothing up. */
  readonly timestamp?: SealStamp;
}

export type SealStamp =
  | { readonly kind: 'stamped'; readonly at: string }
  | { readonly kind: 'refused'; readonly reason: string };

/** What an attacker wrote, as a sink gave it. */
export interface QuarantinedItem {
  readonly name: string;
  readonly artifact: string;
  readonly sourceArn: string;
  readonly apiCall: string;
  readonly content: AsyncIterable<Uint8Array>;
  /** Events in it; asked once the content has been read to its end. */
  readonly events: () => number;
}

export interface EvidencePort {
  /** Keeps what an attacker wrote apart from evidence, under no lock; its record says what it is and where. */
  quarantine(item: QuarantinedItem): Promise<void>;
  /** Stores one item; the same name again with the same content is the same item. */
  put(item: EvidenceItem): Promise<StoredEvidence>;
  /** States what could not be had, and why: a gap in the bundle is never silent. */
  missing(gap: {
    readonly name: string;
    readonly artifact: string;
    readonly sourceArn: string;
    readonly reason: string;
    /** Code of the failure, or why nothing was asked. */
    readonly code?: string;
    /** How often it was tried; more than once only where trying again could help. */
    readonly tries?: number;
  }): Promise<void>;
  /**
   * Names that are stored whole: an attempt that is made again goes on after them. A gap stated later under
   * the same name, or as a part of it (`name#part`), takes a name out again.
   */
  stored(): Promise<ReadonlySet<string>>;
  /** Seals the bundle over all items so far; returns the manifest's digest and the signing key's id. */
  seal(): Promise<SealedEvidence>;
}

/** A function under response, with its roles. Plain JSON: it travels through the playbook's context. */
export interface Target {
  readonly functionArn: string;
  readonly functionName: string;
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  /** Distinct execution roles known so far; the manifest adds those of the other versions. */
  readonly roles: readonly string[];
  readonly tier: string;
  readonly tags: Readonly<Record<string, string>>;
  /** What its account's enrolment gives containment to work with; absent in incidents of earlier versions. */
  readonly means?: Means;
  /** What a deny of its whole roles leaves open, from its manifest; absent until that is read. */
  readonly open?: {
    readonly sinks: readonly string[];
    readonly logGroups: readonly string[];
    /** Roles that others than Lambda may assume: their sessions have names of their own. Absent in old records. */
    readonly outside?: readonly string[];
  };
}

/** How containment may work in an account, as enrolled when the incident took the target in. */
export interface Means extends JsonObject {
  readonly profile: Profile;
  /** ARN of the queue or bucket that takes asynchronous events in; `null` when the account has none. */
  readonly sink: string | null;
  /** ARN of the code signing configuration that stops deployments; `null` when there is none. */
  readonly codeSigningConfig: string | null;
}

/** An open claim of this incident on one object, with the state that was there before. */
export interface HeldObject {
  readonly objectKey: string;
  readonly action: string;
  readonly input: JsonObject;
  readonly prior: JsonObject | null;
  readonly desired: JsonObject;
  /** When the write was accepted, the last time where it was put again, ISO 8601; absent while it runs. */
  readonly acceptedAt?: string;
  /** When it was accepted the first time. */
  readonly firstAcceptedAt?: string;
  /** What other incidents desire of the object. */
  readonly others?: readonly JsonObject[];
}

/**
 * Links to code packages that the first round of reads gave, kept in memory alone while they live: the
 * package behind one stays what it was when the alert came, whatever is deployed over it meanwhile.
 */
export interface CodeLinks {
  offer(incident: IncidentId, found: FunctionDescription): void;
  /** Live links of a function, newest first of one version; a link is handed out once. */
  take(incident: IncidentId, functionArn: string): readonly OfferedCode[];
}

export interface OfferedCode {
  readonly configuration: FunctionConfiguration;
  readonly location: string;
}

/** What every function of an action receives. */
export interface ActionContext {
  readonly incidentId: IncidentId;
  readonly attemptId: AttemptId;
  readonly alert: Alert;
  readonly target: Target;
  readonly held: readonly HeldObject[];
  /** The target as its manifest had it before containment, part by part; absent while there is none. */
  readonly manifest?: Readonly<Record<string, string>>;
  /**
   * `CodeSha256` of the code that may run again; given to a step of a release that lets the function run after an attack.
   * An action that runs it compares what is there with these before it opens.
   */
  readonly knownGood?: readonly string[];
  readonly exercise: boolean;
  readonly settings: ActionSettings;
  readonly clock: Clock;
  /** Aborts when the attempt's lease is lost: stop, the outcome would be refused. */
  readonly signal: AbortSignal;
  aws(purpose: AwsPurpose): AwsAccess;
  readonly evidence: EvidencePort;
  readonly codeLinks: CodeLinks;
  /** The alerts of the incident as they arrived, byte by byte. Attacker-controlled in part: kept, never parsed. */
  alertContents(): Promise<readonly { readonly sha256: string; readonly bytes: Uint8Array }[]>;
}

export interface ActionSettings {
  /** How long an IAM change may take to bite before containment may be called effective; milliseconds. */
  readonly propagationBudgetMs: number;
  /** How far before the alert logs are collected; milliseconds. */
  readonly logWindowMs: number;
  /** How much of a quarantine sink is copied for one target in one round; bytes. More is an alarm. */
  readonly quarantineAlarmBytes: number;
}
