import { CodedError } from '../error.ts';

export type CliErrorCode =
  | 'cordon_cli_usage'
  | 'cordon_cli_file_unreadable'
  | 'cordon_cli_file_unwritable'
  | 'cordon_cli_incident_not_found'
  | 'cordon_cli_function_unknown'
  | 'cordon_cli_campaign_unknown'
  | 'cordon_cli_no_question'
  | 'cordon_cli_no_approval'
  | 'cordon_cli_no_evidence_item'
  | 'cordon_cli_not_kept'
  | 'cordon_cli_still_kept';

/** What is wrong with how a command was called, or with what it named. */
export class CliError extends CodedError<CliErrorCode> {}

/**
 * What a command's exit code says: 0 yes, 1 the thing asked is not so or was refused, 2 wrong usage or
 * configuration, 3 something could not be reached.
 */
export const EXIT = { ok: 0, no: 1, usage: 2, unreachable: 3 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const NO: ReadonlySet<string> = new Set([
  'cordon_cli_incident_not_found',
  'cordon_cli_function_unknown',
  'cordon_cli_campaign_unknown',
  'cordon_cli_no_question',
  'cordon_cli_no_approval',
  'cordon_cli_no_evidence_item',
  'cordon_evidence_not_verified',
  'cordon_cli_not_kept',
  'cordon_cli_still_kept',
  'cordon_evidence_held',
  'cordon_evidence_no_case',
  'cordon_evidence_no_lock',
  'cordon_retention_not_allowed',
  'cordon_retention_too_early',
  'cordon_playbook_invalid',
  'cordon_guardrail_invalid',
  'cordon_guardrail_cases_invalid',
]);

const USAGE = [
  'cordon_cli_',
  'cordon_config_',
  'cordon_definition_',
  'cordon_enrolment_',
  'cordon_owners_',
  'cordon_template_',
  'cordon_serve_',
  'cordon_intake_',
  'cordon_feedback_',
  'cordon_evidence_file_unwritable',
];

/** The exit code for an error that ended a command. */
export function exitCodeOf(code: string): ExitCode {
  if (NO.has(code)) return EXIT.no;
  return USAGE.some((prefix) => code.startsWith(prefix)) ? EXIT.usage : EXIT.unreachable;
}
