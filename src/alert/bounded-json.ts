import type { Json } from '../json.ts';
import { rejected, type Unread } from './reading.ts';

/**
 * How deep arrays and objects may nest in one document. A GuardDuty finding in its envelope nests 9
 * deep. `JSON.parse` itself does not recurse, but everything that walks its result does.
 */
const MAX_NESTING = 64;

export type ParsedJson = { readonly kind: 'parsed'; readonly value: Json } | Unread;

/**
 * Parses JSON text after bounding its nesting; refuses with `cordon_alert_too_nested` or
 * `cordon_alert_malformed_json`. `what` names the text in the message; the text itself is never
 * repeated (the message of `JSON.parse` quotes it, so that message is not used).
 */
export function parseBoundedJson(text: string, what: string): ParsedJson {
  if (nestsDeeperThan(text, MAX_NESTING)) {
    return rejected(
      'cordon_alert_too_nested',
      `Expected ${what} to nest at most ${MAX_NESTING} arrays and objects; it nests deeper. Send a flatter document.`,
    );
  }
  try {
    const value: Json = JSON.parse(text);
    return { kind: 'parsed', value };
  } catch {
    return rejected(
      'cordon_alert_malformed_json',
      `Expected ${what} to be JSON; found ${text.length} characters that do not parse. Check how the sender writes it.`,
    );
  }
}

/** Counts brackets outside strings in one pass; on text that is not JSON the answer does not matter. */
function nestsDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === BACKSLASH) index += 1;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) {
      inString = true;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      depth += 1;
      if (depth > limit) return true;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth -= 1;
    }
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
