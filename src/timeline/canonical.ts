import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { CodedError } from '../error.ts';
import type { Json } from '../json.ts';

/**
 * Canonical JSON (RFC 8785): one value has one sequence of bytes, so that it has one digest. The
 * package serialises; this file refuses what the package would pass over in silence (a lone
 * surrogate, `undefined` in a list, a function, a value with `toJSON`).
 */

export type CanonicalErrorCode = 'cordon_not_canonical';

/** A value that has no canonical JSON. The message names the place, never the value. */
export class CanonicalError extends CodedError<CanonicalErrorCode> {}

/** Deeper values are refused: the serialiser is recursive, and attackers write some of what is hashed. */
const MAX_DEPTH = 100;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Returns the canonical JSON of `value`; a property that is `undefined` counts as absent (`JsonObject`).
 * Throws `cordon_not_canonical` for what JSON cannot hold.
 */
export function canonicalJson(value: Json): string {
  check(value, '$', 0);
  const text = canonicalize(value);
  if (text === undefined) throw refusal('$', 'undefined');
  return text;
}

/** Returns the SHA-256 of the canonical JSON of `value` as 64 lower-case hex digits. */
export function digestOf(value: Json): string {
  return sha256Hex(canonicalJson(value));
}

/** Returns the SHA-256 of bytes, or of a string's UTF-8, as 64 lower-case hex digits. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function check(value: unknown, path: string, depth: number): void {
  if (value === null || typeof value === 'boolean') return;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refusal(path, 'a number that is not finite');
    return;
  }
  if (typeof value === 'string') {
    if (LONE_SURROGATE.test(value)) throw refusal(path, 'a string with a lone surrogate');
    return;
  }
  if (typeof value !== 'object') throw refusal(path, `a value of type ${typeof value}`);
  if (depth >= MAX_DEPTH) throw refusal(path, `more than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) {
    // A counted loop: `forEach` would skip the holes of a sparse array.
    for (let index = 0; index < value.length; index += 1) check(value[index], `${path}[${index}]`, depth + 1);
    return;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw refusal(path, 'an object of a class');
  for (const [key, member] of Object.entries(value)) {
    if (LONE_SURROGATE.test(key)) throw refusal(path, 'a property name with a lone surrogate');
    if (key === 'toJSON' && typeof member === 'function') throw refusal(path, 'a toJSON method');
    if (member !== undefined) check(member, `${path}.${key}`, depth + 1);
  }
}

function refusal(path: string, found: string): CanonicalError {
  return new CanonicalError(
    'cordon_not_canonical',
    `Expected plain JSON at ${path.slice(0, 200)}, found ${found}. Pass null, booleans, finite numbers, ` +
      'well-formed strings, lists and plain objects only.',
  );
}
