/** Why a playbook document is refused: a closed list, one code per rule. */
export const DIAGNOSTIC_CODES = [
  'cordon_playbook_syntax',
  'cordon_playbook_schema',
  'cordon_playbook_duplicate_id',
  'cordon_playbook_unknown_target',
  'cordon_playbook_crosses_regions',
  'cordon_playbook_nested_for_each',
  'cordon_playbook_unknown_action',
  'cordon_playbook_needs_target',
  'cordon_playbook_unknown_role',
  'cordon_playbook_unknown_form',
  'cordon_playbook_unknown_event',
  'cordon_playbook_unknown_notification',
  'cordon_playbook_unknown_variable',
  'cordon_playbook_bad_input',
  'cordon_playbook_bad_expression',
  'cordon_playbook_ill_typed',
  'cordon_playbook_optional_field',
  'cordon_playbook_missing_outcome',
  'cordon_playbook_outcome_not_total',
  'cordon_playbook_human_without_deadline',
  'cordon_playbook_irreversible_unmarked',
  'cordon_playbook_unreachable_state',
  'cordon_playbook_no_way_to_final',
  'cordon_playbook_open_hold',
  'cordon_playbook_eventless_cycle',
  'cordon_playbook_too_large',
] as const;

export type DiagnosticCode = (typeof DIAGNOSTIC_CODES)[number];

/** One reason to refuse a document, at the place where an editor should put the cursor. */
export interface Diagnostic {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  readonly code: DiagnosticCode;
  readonly message: string;
}

/** A place in a document, both numbers from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Takes one finding; the builder and the checks below it report and go on, so that all are seen at once. */
export type Report = (at: Position, code: DiagnosticCode, message: string) => void;
