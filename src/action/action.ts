import type { z } from 'zod';
import type { JsonObject } from '../json.ts';
import type { ActionContext, AwsPurpose, Profile, Target } from './ports.ts';
import type { Rung } from './rung.ts';

/**
 * An action is a named, typed unit of work from the catalogue, one file each. Two kinds:
 *
 * - `read` only looks: `run` returns its output.
 * - `contain` changes one object per attempt and can be undone. Its life, driven by
 *   `src/incident/perform.ts`: capture -> plan -> gate -> (intent is committed) -> apply -> outcome;
 *   `observe` decides what happened after a lost answer; `revert` puts the prior state back.
 *
 * A function of an action returns normally or throws an `AwsError`, whose classification
 * (retryable, terminal, unknown) decides what comes next: actions never retry by themselves.
 */
export type Action = ReadAction | ContainAction;

/** One IAM permission that an action needs, for the generated least-privilege policies. */
export interface Permission {
  readonly action: string;
  readonly purpose: AwsPurpose;
  /** ARN pattern with `{partition}`, `{region}`, `{account}`; `*` only where IAM knows no narrower resource. */
  readonly resource: string;
  readonly why: string;
  /** Needed under this profile of the account only; under both when absent. */
  readonly profile?: Profile;
  /** Condition block of the statement, with the same placeholders: `QUARANTINE_POLICIES_ONLY`. */
  readonly condition?: PolicyCondition;
}

/** Operator, then condition key, then value: what an IAM statement has as its `Condition`. */
export type PolicyCondition = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface ActionBase<Input extends JsonObject> {
  readonly id: string;
  readonly title: string;
  /** One paragraph for the catalogue page: what it does, what it costs, what it never does. */
  readonly description: string;
  readonly permissions: readonly Permission[];
  readonly input: z.ZodType<Input>;
}

export interface ReadAction<Input extends JsonObject = JsonObject, Output extends JsonObject = JsonObject>
  extends ActionBase<Input> {
  readonly effect: 'read';
  /** `evidence` waits behind containment; `verify` shows that containment holds; `prepare` precedes it. */
  readonly lane: 'prepare' | 'verify' | 'evidence';
  readonly output: z.ZodType<Output>;
  /** What is to be done again later, once a target: by timers that keep no incident open and end with none. */
  readonly followUps?: readonly FollowUp[];
  run(context: ActionContext, input: Input): Promise<Output>;
}

/** One later round of an action, counted from the first attempt of the target. */
export interface FollowUp {
  /** Tells it from the action's others: `20m`. */
  readonly name: string;
  /** Id of the action to run; it reads. */
  readonly action: string;
  readonly input: JsonObject;
  readonly afterMs: number;
}

/** One API write of a plan, as people see it and as the approval's digest binds it. Plain JSON. */
export interface Change {
  /** API call: `lambda:PutFunctionConcurrency`. */
  readonly call: string;
  readonly objectArn: string;
  /** The request's parameters. Never a secret. */
  readonly request: JsonObject;
  /** For people: `Set reserved concurrency of checkout to 0 (was unset)`. */
  readonly summary: string;
  /** For people, what undoing will do: `Delete the reserved concurrency setting`. */
  readonly undo: string;
}

/** One thing that an attempt acts on; the key identifies it across incidents (holds are on it). */
export interface ActionObject {
  /** `<kind>:<arn>`: `lambda-concurrency:arn:aws:lambda:…`. */
  readonly key: string;
  readonly arn: string;
}

/** What is there now, compared with what a plan wants and what the prior state was. */
export type Observation =
  /** The desired state is there. */
  | { readonly kind: 'in-effect' }
  /** The prior state (or, for an addition, nothing) is there. */
  | { readonly kind: 'not-in-effect' }
  /** Neither: somebody else changed it. `found` is shown to people. */
  | { readonly kind: 'conflict'; readonly found: string };

export interface ContainAction<Input extends JsonObject = JsonObject, Prior extends JsonObject = JsonObject>
  extends ActionBase<Input> {
  readonly effect: 'contain';
  readonly reversible: boolean;
  /** How hard it bites; absent means isolation. */
  readonly rung?: Rung;
  readonly prior: z.ZodType<Prior>;
  /** What was put is taken back by itself this long after it was accepted, by a timer that outlives the incident. */
  readonly expiresAfterMs?: number;
  /** The objects that one invocation acts on: one attempt each. Pure. */
  objects(target: Target, input: Input): readonly ActionObject[];
  /** Reads the prior state of exactly what the write overwrites. */
  capture(context: ActionContext, object: ActionObject, input: Input): Promise<Prior>;
  /**
   * The writes that would be made, and the state they lead to. Pure. Empty when nothing is to be done.
   * `prior` is `null` when it could not be read: policy may contain all the same, a person restores.
   */
  plan(request: {
    readonly object: ActionObject;
    readonly input: Input;
    readonly prior: Prior | null;
    readonly target: Target;
    readonly incidentId: string;
  }): { readonly changes: readonly Change[]; readonly desired: JsonObject };
  /**
   * Of two desired states of one object, whether the first is at least as strict: two incidents may hold it, and the
   * strictest open hold is what is there. Pure. Absent where all incidents desire the same.
   */
  stricter?(left: JsonObject, right: JsonObject): boolean;
  /**
   * A state to put first on the way back, and to watch before the prior one follows: a canary. Pure. `null` when the
   * prior state needs none.
   */
  trial?(prior: Prior): JsonObject | null;
  /**
   * Another way of the same, where AWS refuses this one for good with `code`: another input, for one object of the same
   * target. Pure. `null`: there is none.
   */
  otherwise?(input: Input, object: ActionObject, code: string): Input | null;
  /** Makes the plan's writes, in order. */
  apply(context: ActionContext, object: ActionObject, desired: JsonObject): Promise<void>;
  /** Reads the object and compares it. Never writes. With an unreadable prior (`null`) only the desired state is known. */
  observe(
    context: ActionContext,
    object: ActionObject,
    prior: Prior | null,
    desired: JsonObject,
  ): Promise<Observation>;
  /**
   * Puts the prior state back, compare-and-set: the caller has just observed `in-effect`. Idempotent.
   * Calls are made with `context.aws('release')`.
   */
  revert(context: ActionContext, object: ActionObject, prior: Prior, desired: JsonObject): Promise<void>;
}

/** Keeps the inferred types of input, prior and output inside the file that declares an action. */
export function defineReadAction<Input extends JsonObject, Output extends JsonObject>(
  action: ReadAction<Input, Output>,
): ReadAction {
  // The engine validates input and output with the action's own schemas before and after the call.
  return Object.freeze(action) as unknown as ReadAction;
}

/** As `defineReadAction`, for actions that contain. */
export function defineContainAction<Input extends JsonObject, Prior extends JsonObject>(
  action: ContainAction<Input, Prior>,
): ContainAction {
  // As above: prior and input pass the action's own schemas on their way in from the database.
  return Object.freeze(action) as unknown as ContainAction;
}
