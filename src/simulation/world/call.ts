import type { Clock } from '../../clock.ts';
import type { JsonObject } from '../../json.ts';
import type { Trail } from './cloudtrail/trail.ts';
import type { Metrics } from './cloudwatch/metrics.ts';
import type { FaultPlan } from './faults.ts';
import type { Journal } from './journal.ts';
import type { Names } from './names.ts';
import type { PolicyDocument } from './policy/document.ts';
import type { RateLimiter } from './rate-limit.ts';
import type { AccountState, Session, User } from './state.ts';

/** What every operation works on. */
export interface Core {
  readonly clock: Clock;
  readonly names: Names;
  readonly state: AccountState;
  readonly journal: Journal;
  readonly trail: Trail;
  readonly metrics: Metrics;
  readonly faults: FaultPlan;
  readonly limiter: RateLimiter;
  readonly settings: WorldSettings;
}

/** What an exercise may change while the world runs. */
export interface WorldSettings {
  iamPropagationMs: number;
  /** How late a call is found in the event history. */
  trailDelayMs: number;
  latencyMs: number;
  rateLimits: boolean;
}

/** A request as its wire format was read; which fields are filled depends on the format. */
export interface Input {
  readonly region: string;
  /** Scheme and host that the request was sent to: the base of code links. */
  readonly origin: string;
  /** Labels of the path: `FunctionName`. */
  readonly path: Readonly<Record<string, string>>;
  /** The query string, or the form of a query-protocol request. */
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly body: JsonObject;
  readonly raw: Uint8Array;
}

/** Who calls. */
export type Caller =
  | { readonly kind: 'session'; readonly session: Session }
  | { readonly kind: 'user'; readonly user: User };

/** One question to the policy evaluator. */
export interface Access {
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The resource's own policy, where it has one. */
  readonly resourcePolicy?: PolicyDocument | undefined;
  /** The principal's own policies count only where the resource's policy lets it or its account in: KMS. */
  readonly resourceMustAllow?: boolean;
}

export interface Answer {
  readonly status?: number;
  readonly body?: JsonObject;
  readonly raw?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One operation of one service. */
export interface Operation {
  /** As in the SigV4 credential scope: `lambda`, `iam`, `logs` … */
  readonly service: string;
  readonly name: string;
  /** True when it changes something. */
  readonly write: boolean;
  /** Status of success; 200 when absent. */
  readonly status?: number;
  /** What the caller must be allowed; the first one's resource is the call's target in the journal. */
  access(core: Core, input: Input): readonly Access[];
  /** ARN that the journal names, where it is not the first access's resource. */
  target?(input: Input): string;
  /** How long the call still waits for something to answer with, milliseconds; 0 to go on. */
  awaits?(core: Core, input: Input): number;
  /** Does it. Throws `AwsRefusal`. Never waits: an operation is atomic. */
  run(core: Core, input: Input, caller: Caller): Answer;
}

/** ARN of the caller as CloudTrail has it: of the session, or of the user. */
export function callerArn(caller: Caller): string {
  return caller.kind === 'session' ? caller.session.sessionArn : caller.user.arn;
}
