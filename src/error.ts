/**
 * Coded errors. Every error that leaves a module of Cordon is a `CodedError` whose `code` is a
 * member of a closed union of lower-snake strings with the `cordon_` prefix, so that callers, the
 * timeline and `docs/errors.md` name the same thing. A message says what was expected, what was
 * found and what to do; `cause` is always kept.
 */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** Returns the code of a coded error, or `cordon_internal` for anything else that was thrown. */
export function codeOf(error: unknown): string {
  return error instanceof CodedError ? error.code : 'cordon_internal';
}

/** Returns a one-line description of anything that was thrown, without its stack. */
export function describeError(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === 'string' ? error : 'a value that is not an error was thrown';
}

/** Returns the operating system's word for what went wrong (`ENOENT`), in brackets and after a space; else nothing. */
export function systemWord(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' && /^[A-Z0-9_]+$/.test(error.code) ? ` (${error.code})` : '';
}

/** True for an error of the operating system or of Node with this code (`ENOENT`). */
export function codeIs(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
