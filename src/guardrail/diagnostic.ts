/** One thing wrong with a file that a person wrote, with the place to look at. */
export interface Diagnostic {
  readonly file: string;
  /** 1 is the first line. */
  readonly line: number;
  /** 1 is the first column; counted in UTF-16 units, as editors do. */
  readonly column: number;
  /** What was expected, what was found, what to do. */
  readonly message: string;
}

/** Returns `file:line:column: message`, the form that editors and CI can link. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  return `${diagnostic.file}:${diagnostic.line}:${diagnostic.column}: ${diagnostic.message}`;
}

/** Returns the line and column of `offset`, in UTF-16 units from the start of `text`; both begin at 1. */
export function placeAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, Math.max(0, offset));
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: before.length - lineStart + 1 };
}
