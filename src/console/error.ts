import { CodedError } from '../error.ts';

export type ConsoleErrorCode =
  | 'cordon_console_unreachable'
  | 'cordon_console_starting'
  | 'cordon_console_version_differs'
  | 'cordon_console_bad_request'
  | 'cordon_console_not_found'
  | 'cordon_console_failed';

/** What may go wrong between a command and the engine that holds the folder. */
export class ConsoleError extends CodedError<ConsoleErrorCode> {}
