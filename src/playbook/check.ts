import type { PlaybookCatalogue } from './catalogue.ts';
import type { Diagnostic } from './diagnostic.ts';
import { readDocument } from './document.ts';

/**
 * Says everything for which a playbook document is refused, in document order; an empty list means that
 * it may be loaded. `file` is only repeated in the findings. Never throws.
 */
export function checkPlaybook(
  sourceText: string,
  file: string,
  catalogue: PlaybookCatalogue,
): readonly Diagnostic[] {
  return readDocument(sourceText, file, catalogue).diagnostics;
}
