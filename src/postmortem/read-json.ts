import type { Json, JsonObject } from '../json.ts';

/** The data of timeline entries and evidence, read without trusting its shape: what is not as expected is not there. */

export function members(data: Json | undefined): JsonObject {
  if (data === undefined || data === null || typeof data !== 'object' || Array.isArray(data)) return {};
  return data as JsonObject; // not null, not a scalar, not a list: an object is all that Json leaves
}

export function text(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

export function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []; // `Array.isArray` does not narrow a readonly list
}

export function texts(value: Json | undefined): readonly string[] {
  return list(value).flatMap((member) => (typeof member === 'string' ? [member] : []));
}
