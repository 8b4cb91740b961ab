import { CodedError } from '../error.ts';
import type { Diagnostic } from './diagnostic.ts';

export type PlaybookErrorCode =
  /** The document was refused by the checker; `diagnostics` says where and why. */
  | 'cordon_playbook_invalid'
  /** A stored chart names a state, history state or variable that its playbook does not have. */
  | 'cordon_playbook_unknown_state'
  /** A chart path that the playbook does not have. */
  | 'cordon_playbook_unknown_chart'
  /** Eventless transitions did not come to rest. */
  | 'cordon_playbook_loop'
  /** XState returned an effect that Cordon has no meaning for. */
  | 'cordon_playbook_unknown_effect'
  /** The outcome of an open invocation, or the start of a chart, that no transition could take. */
  | 'cordon_playbook_unhandled_outcome'
  /** An expression threw, or gave a value that is not JSON, too large, or not of the declared type. */
  | 'cordon_expression_failed';

/** A playbook that cannot be loaded or stepped. The incident halts visibly and keeps the event. */
export class PlaybookError extends CodedError<PlaybookErrorCode> {
  readonly diagnostics: readonly Diagnostic[];

  constructor(
    code: PlaybookErrorCode,
    message: string,
    options?: { cause?: unknown; diagnostics?: readonly Diagnostic[] },
  ) {
    super(code, message, options);
    this.diagnostics = options?.diagnostics ?? [];
  }
}
