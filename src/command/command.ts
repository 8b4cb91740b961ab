import type { z } from 'zod';
import type { Target } from '../action/ports.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import type { Decision } from '../guardrail/decision.ts';
import type { LeftHold } from '../incident/adopt.ts';
import type { Draft } from '../incident/draft.ts';
import type { Entry, Via } from '../timeline/entry.ts';

/** A person with an identity that the enrolment file knows, and where they act from. */
export interface Person {
  readonly id: string;
  readonly roles: readonly string[];
  readonly via: Via;
}

/** What a command came to, as the person sees it. Stored, so that the same request gets it again. */
export type CommandResult =
  | { readonly kind: 'done'; readonly summary: string }
  | { readonly kind: 'refused'; readonly code: CommandRefusalCode; readonly message: string };

export type CommandRefusalCode =
  | 'cordon_command_unknown'
  | 'cordon_command_bad_input'
  | 'cordon_command_not_allowed'
  | 'cordon_command_not_now'
  | 'cordon_command_bad_time'
  | 'cordon_responder_unknown'
  | 'cordon_responder_wrong_role'
  | 'cordon_task_not_found'
  | 'cordon_task_settled'
  | 'cordon_target_claimed'
  | 'cordon_owner_unknown'
  | 'cordon_team_unknown'
  | 'cordon_rollback_unknown'
  | 'cordon_rollback_ambiguous'
  | 'cordon_campaign_not_found'
  | 'cordon_responder_suspect'
  | 'cordon_incident_not_found'
  | 'cordon_incident_ambiguous'
  | 'cordon_question_settled'
  | 'cordon_question_bad_answer'
  | 'cordon_approval_not_found'
  | 'cordon_approval_settled'
  | 'cordon_approval_plan_changed'
  | 'cordon_approval_own_request'
  | 'cordon_approval_twice'
  | 'cordon_approval_unconfirmed'
  | 'cordon_page_not_open'
  | 'cordon_duty_not_found'
  | 'cordon_duty_settled'
  | 'cordon_duty_wrong_kind'
  | 'cordon_postmortem_open'
  | 'cordon_postmortem_bad_text'
  | 'cordon_postmortem_changed'
  | 'cordon_postmortem_not_ready'
  | 'cordon_stakeholder_unknown'
  | 'cordon_update_not_found'
  | 'cordon_update_settled'
  | 'cordon_update_expired'
  | 'cordon_review_open'
  | 'cordon_review_own';

/** What was read for a command that asks for it; empty for all others. */
export interface Readings {
  readonly timeline: readonly Entry[];
  /** What closed incidents left held of the target. */
  readonly left: readonly LeftHold[];
}

/** The person as the actor of a timeline entry. */
export function actorOf(person: Person) {
  return { kind: 'responder', id: person.id, via: person.via } as const;
}

/**
 * One human act: what it needs, what the gate is asked, and what it does to the incident. Slack, the
 * terminal and the console all come through here, so that each has the same rules and the same entry.
 */
export interface Command<Input = unknown> {
  /** Also the guardrail action, as `command.<id>`. */
  readonly id: string;
  readonly title: string;
  /** Fields besides the incident. */
  readonly input: z.ZodType<Input>;
  /** The target that the gate is asked about, where it is not the incident itself. Pure. */
  target?(input: Input, enrolment: Enrolment): Target | null;
  /** What it decides on besides the draft; read just before, so that the draft may be newer. */
  readonly reads?: keyof Readings;
  /** What the gate is told besides what it is told of every command. Pure. */
  context?(input: Input, enrolment: Enrolment): { readonly audience?: string };
  /** What it does where the gate asks for approvals; without it, such a command is not allowed. Pure. */
  ask?(
    draft: Draft,
    input: Input,
    person: Person,
    decision: Extract<Decision, { readonly kind: 'ask' }>,
  ): CommandResult;
  /** Decides on a draft whose guardrail has been passed. Pure. `target` is what `target()` returned. */
  decide(
    draft: Draft,
    input: Input,
    person: Person,
    target: Target | null,
    readings: Readings,
  ): CommandResult;
}

/** Keeps the inferred input type inside the file that declares a command. */
export function defineCommand<Input>(command: Command<Input>): Command {
  // `execute` parses the input with the command's own schema before it calls `decide`.
  return Object.freeze(command) as Command;
}

export function done(summary: string): CommandResult {
  return { kind: 'done', summary };
}

export function refused(
  code: CommandRefusalCode,
  message: string,
): Extract<CommandResult, { kind: 'refused' }> {
  return { kind: 'refused', code, message };
}
