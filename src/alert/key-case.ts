import type { Json } from '../json.ts';

export type KeyCase =
  | { readonly kind: 'lowered'; readonly value: Json }
  /** One object has the same key in both cases: whichever is taken, somebody reads the other. */
  | { readonly kind: 'ambiguous' };

/**
 * Copies JSON with the first letter of each key in lower case, so that the PascalCase of the AWS SDK
 * (`GetFindings`, S3 exports) and the lower camel case of EventBridge read alike. The value's nesting
 * must be bounded already: this recurses.
 */
export function lowerKeys(value: Json): KeyCase {
  const collision = { found: false };
  const lowered = lower(value, collision);
  return collision.found ? { kind: 'ambiguous' } : { kind: 'lowered', value: lowered };
}

function lower(value: Json, collision: { found: boolean }): Json {
  if (value === null || typeof value !== 'object') return value;
  if (isArray(value)) return value.map((item) => lower(item, collision));
  const seen = new Set<string>();
  const entries: [string, Json][] = [];
  for (const [key, item] of Object.entries(value)) {
    const name = key.charAt(0).toLowerCase() + key.slice(1);
    if (seen.has(name)) collision.found = true;
    seen.add(name);
    if (item !== undefined) entries.push([name, lower(item, collision)]);
  }
  // fromEntries defines properties, it does not assign them: a key `__proto__` stays a plain key.
  return Object.fromEntries(entries);
}

/** `Array.isArray` does not narrow readonly arrays. */
function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
