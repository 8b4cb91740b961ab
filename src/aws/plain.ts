import type { Json, JsonObject } from '../json.ts';
import { badResponse } from './classify.ts';
import type { Operation } from './operations.ts';

/** Plain JSON of an SDK output: dates become ISO strings, bytes base64, absent fields vanish, metadata goes. */
export function plain(value: unknown): JsonObject {
  const text = JSON.stringify(value, (key, item: unknown) => {
    if (key === '$metadata') return undefined;
    return item instanceof Uint8Array ? Buffer.from(item).toString('base64') : item;
  });
  const parsed: Json = JSON.parse(text ?? '{}');
  return isObject(parsed) ? parsed : {};
}

/** Reads a JSON document that AWS hands over as a string. Throws `cordon_aws_bad_response`. */
export function parseDocument(text: string, operation: Operation): JsonObject {
  let parsed: Json;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw badResponse(operation, 'expected a JSON document, found something that does not parse', error);
  }
  if (!isObject(parsed)) throw badResponse(operation, 'expected a JSON object as the document');
  return parsed;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
