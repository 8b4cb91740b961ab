import { CodedError } from '../error.ts';
import { type Diagnostic, formatDiagnostic } from './diagnostic.ts';

export type GuardrailErrorCode = 'cordon_guardrail_invalid' | 'cordon_guardrail_cases_invalid';

/** Guardrails, or their test cases, that do not load. Each problem is a line of the message. */
export class GuardrailError extends CodedError<GuardrailErrorCode> {
  readonly diagnostics: readonly Diagnostic[];

  constructor(code: GuardrailErrorCode, summary: string, diagnostics: readonly Diagnostic[]) {
    super(code, [summary, ...diagnostics.map(formatDiagnostic)].join('\n'));
    this.diagnostics = diagnostics;
  }
}
