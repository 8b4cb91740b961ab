import type { OnExpiry } from './on-expiry.ts';

/**
 * The one question that the gate answers, for machines and people alike, and its three answers.
 * Denied now but permitted with n approvals means ask; denied with any number means refuse.
 */

/** What the engine may do by itself in an account. */
export type Mode = 'observe' | 'ask' | 'act';

export type Principal =
  | { readonly kind: 'playbook'; readonly id: string }
  | { readonly kind: 'responder'; readonly id: string; readonly roles: readonly string[] };

export interface GuardrailRequest {
  readonly principal: Principal;
  /** Catalogue id of an action (`lambda.reserve-zero-concurrency`) or id of a command (`command.release`). */
  readonly action: string;
  readonly effect: 'read' | 'contain' | 'restore' | 'notify' | 'command';
  readonly resource: {
    /**
     * The target's function ARN, the incident id where a command is about no target, or `engine` where
     * it is about neither (`command.pause`). The gate reads the kind off the id: `arn:…`, `inc-…`, the rest.
     */
    readonly id: string;
    readonly account: string;
    readonly region: string;
    readonly tier: string;
    readonly tags: Readonly<Record<string, string>>;
    /**
     * True when the engine may deal with the account and Region at all (`accountFor` in `src/enrolment`):
     * enrolled, or merely observed, in which case the mode is `observe` and nothing is written.
     */
    readonly enrolled: boolean;
    /** True for Cordon's own functions and roles and for what the exclusion list names. */
    readonly excluded: boolean;
    /** Functions that share a role with the target; 0 when the role is its own, -1 when unknown. */
    readonly sharedWith: number;
  };
  readonly context: {
    readonly mode: Mode;
    /** 0 to 10. */
    readonly severity: number;
    /** 0 to 1. */
    readonly confidence: number;
    readonly exercise: boolean;
    readonly sample: boolean;
    /** Valid approvals that this plan's digest has from people other than the one who asks. */
    readonly approvals: number;
    /**
     * True when a person decided that this happens: an answer to the playbook's question, or a command.
     * Absent means false: a restore that no person decided asks first.
     */
    readonly humanDecision?: boolean;
    /**
     * True when a quarantine would stop every function of the role, false when it is conditioned on one
     * function (`lambda:SourceFunctionArn`). Absent means true.
     */
    readonly wholeRole?: boolean;
    /** How hard the action bites (`src/action/rung.ts`); absent or empty for what does not contain. */
    readonly rung?: string;
    /** Whom a stakeholder update is for: internal, executive or customers; absent or empty for anything else. */
    readonly audience?: string;
    /** True while the budget of automatic containments is spent. Absent means false. */
    readonly overBudget?: boolean;
  };
}

/**
 * Why something is refused. `refused`: a policy forbids it, or none permits it, whatever the approvals.
 * `error`: the gate could not decide (a policy failed, the request does not fit the schema), so: no.
 */
export type RefusalCode = 'cordon_guardrail_refused' | 'cordon_guardrail_error';

export type Decision =
  | { readonly kind: 'run'; readonly policies: readonly string[] }
  | {
      readonly kind: 'ask';
      readonly policies: readonly string[];
      /** How many approvals would permit it. */
      readonly quorum: number;
      readonly expiresMs: number;
      readonly onExpiry: OnExpiry;
    }
  | {
      readonly kind: 'refuse';
      readonly code: RefusalCode;
      readonly policies: readonly string[];
      readonly reason: string;
    };

/** The gate as its callers see it; built once from a validated policy set. */
export interface Gate {
  decide(request: GuardrailRequest): Decision;
}
