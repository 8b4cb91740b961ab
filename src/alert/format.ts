import type { z } from 'zod';
import type { Alert } from './alert.ts';
import { cleanText } from './clean-text.ts';
import type { Document } from './envelope.ts';
import { rejected, type Unread } from './reading.ts';

export type FormatReading = { readonly kind: 'alert'; readonly alert: Alert } | Unread;

/** One source format: one file, one row of `formats.ts`. */
export interface Format {
  readonly id: string;
  /** For people: `GuardDuty finding`. */
  readonly title: string;
  /** True when the document claims to be of this format, even if it then turns out to be malformed. */
  recognises(document: Document): boolean;
  read(document: Document): FormatReading;
}

/** Refuses a document whose fields do not fit, naming the first field and never a value. */
export function wrongFields(title: string, error: z.ZodError): Unread {
  const issue = error.issues[0];
  const path =
    issue === undefined || issue.path.length === 0 ? 'the document' : issue.path.map(String).join('.');
  // zod names unknown keys in its message: keys are attacker-controlled too.
  const problem = issue === undefined ? 'is not valid' : issue.message;
  return rejected(
    'cordon_alert_wrong_shape',
    cleanText(`Expected a ${title}; the field ${path} does not fit: ${problem}. Correct the sender.`, 400),
  );
}

/** Writes an ISO 8601 instant of any offset as UTC with milliseconds, so that equal instants are equal text. */
export function utcInstant(iso: string): string {
  return new Date(iso).toISOString();
}
