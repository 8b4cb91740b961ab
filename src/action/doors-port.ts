import type { JsonObject } from '../json.ts';

/**
 * The doors by which a function is reached, changed or kept warm: what containment closes one by one and
 * release opens again. Every method reads or writes exactly one object; failures are `AwsError`s.
 */

/** Where asynchronous events of one qualifier end, as Lambda keeps it. `null`: no destination. */
export interface Destinations {
  readonly onSuccess: string | null;
  readonly onFailure: string | null;
}

/** State of an event source mapping: `Enabled`, `Disabled`, or one on the way to either. */
export interface EventSource {
  readonly uuid: string;
  readonly functionArn: string;
  readonly sourceArn: string | null;
  readonly state: string;
}

/** One statement of a resource policy, as `AddPermission` takes it. */
export interface PermissionRequest {
  readonly statementId: string;
  readonly action: string;
  readonly principal: string;
  readonly sourceArn?: string;
  readonly sourceAccount?: string;
  readonly principalOrgId?: string;
  readonly eventSourceToken?: string;
  readonly functionUrlAuthType?: 'NONE' | 'AWS_IAM';
  readonly invokedViaFunctionUrl?: boolean;
}

/** An alias: which versions take what share of its traffic. */
export interface Alias {
  readonly name: string;
  readonly version: string;
  /** Version to share of the traffic; empty without weighted routing. */
  readonly weights: Readonly<Record<string, number>>;
  readonly revisionId: string | null;
}

export interface ScalingBounds {
  readonly min: number;
  readonly max: number;
}

export interface DoorsPort {
  /** `null` when the qualifier has no configuration of its own. */
  getDestinations(functionArn: string, qualifier: string): Promise<Destinations | null>;
  /**
   * `UpdateFunctionEventInvokeConfig`: merges, so retries and age stay. Both destinations are sent, since
   * whether one of them alone is merged into the other is nowhere written.
   */
  updateDestinations(functionArn: string, qualifier: string, to: Destinations): Promise<void>;
  /** `PutFunctionEventInvokeConfig`: for a qualifier that has none, which `Update` refuses. */
  createDestinations(functionArn: string, qualifier: string, to: Destinations): Promise<void>;
  deleteDestinations(functionArn: string, qualifier: string): Promise<void>;

  /** `null` when there is no such mapping (any more). */
  getEventSource(uuid: string): Promise<EventSource | null>;
  /** Returns at the 202: the change itself may take tens of seconds (reference, 1.8.1). */
  enableEventSource(uuid: string, enabled: boolean): Promise<void>;

  /** Requested provisioned concurrency of a version or alias; `null` when it has none. */
  getProvisioned(functionArn: string, qualifier: string): Promise<number | null>;
  putProvisioned(functionArn: string, qualifier: string, requested: number): Promise<void>;
  deleteProvisioned(functionArn: string, qualifier: string): Promise<void>;

  /** Authentication of the function's URL, or of an alias's; `null` when there is no URL. */
  getUrlAuth(functionArn: string, alias: string | null): Promise<string | null>;
  setUrlAuth(functionArn: string, alias: string | null, auth: 'NONE' | 'AWS_IAM'): Promise<void>;

  addPermission(functionArn: string, qualifier: string | null, statement: PermissionRequest): Promise<void>;
  removePermission(functionArn: string, qualifier: string | null, statementId: string): Promise<void>;

  getAlias(functionArn: string, name: string): Promise<Alias | null>;
  /** With a revision id AWS refuses the write when somebody changed the alias meanwhile. */
  updateAlias(functionArn: string, alias: Alias): Promise<void>;

  /** `UpdateFunctionConfiguration` with nothing but another description: what makes environments anew. */
  describeFunction(functionArn: string, description: string): Promise<void>;

  /** ARN of the code signing configuration; `null` when the function has none. */
  getCodeSigning(functionArn: string): Promise<string | null>;
  putCodeSigning(functionArn: string, configArn: string): Promise<void>;
  deleteCodeSigning(functionArn: string): Promise<void>;

  /** Bounds of a function on Managed Instances, per published qualifier; `null` when it sets none. */
  getScalingBounds(functionArn: string, qualifier: string): Promise<ScalingBounds | null>;
  putScalingBounds(functionArn: string, qualifier: string, bounds: ScalingBounds): Promise<void>;
}

/** Which kinds of Application Auto Scaling are suspended for one target. */
export interface Suspension extends JsonObject {
  readonly scaleIn: boolean;
  readonly scaleOut: boolean;
  readonly scheduled: boolean;
}

export interface ScalingPort {
  /** Suspension of the scalable target of a version or alias; `null` when none is registered. */
  getSuspension(functionName: string, qualifier: string): Promise<Suspension | null>;
  /** `RegisterScalableTarget` without bounds: keeps them, with all policies and scheduled actions. */
  suspend(functionName: string, qualifier: string, to: Suspension): Promise<void>;
}
