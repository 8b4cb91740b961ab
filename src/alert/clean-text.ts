/**
 * Makes text from outside safe to store and to show: control characters (a NUL is refused by
 * PostgreSQL's jsonb, an escape sequence drives a terminal), bidirectional overrides (they make a
 * line read as something else) and lone surrogates (jsonb refuses them too) become U+FFFD; line
 * breaks and tabs become spaces; what is longer than `maxLength` characters is cut with an ellipsis.
 */
export function cleanText(text: string, maxLength: number): string {
  // Cut before replacing, so that the work is bounded by the limit and not by the input.
  const head = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
  return head.replace(LINE_BREAKS, ' ').replace(UNSAFE, '\uFFFD');
}

const LINE_BREAKS = /[\t\n\r\u2028\u2029]+/gu;
/** Cc: control characters; Cs: lone surrogates (in `u` mode a pair is one character, so it is kept). */
const UNSAFE = /[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
