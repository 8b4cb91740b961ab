import type { Json, JsonObject } from '../../json.ts';
import { ExerciseError } from './error.ts';
import type { Stamp } from './scenario.ts';

/**
 * Returns `document` with the members that `stamps` name made anew. `id` is the run's own, 32 hex digits.
 * Throws `cordon_exercise_script` for a path that is not in the document: a stamp that adds a member
 * would hide a misspelling. Pure.
 */
export function stamped(
  document: JsonObject,
  stamps: readonly Stamp[],
  fresh: { readonly id: string; readonly now: Date },
): JsonObject {
  return stamps.reduce((made: JsonObject, { path, as }) => {
    const replaced = replace(made, path, freshValue(as, fresh), path);
    return replaced as JsonObject; // the top of the document stays the object that it was
  }, document);
}

function freshValue(as: Stamp['as'], fresh: { readonly id: string; readonly now: Date }): string {
  if (as === 'id') return fresh.id;
  if (as === 'now') return fresh.now.toISOString();
  if ('text' in as) return as.text.replaceAll('{id}', fresh.id);
  return new Date(fresh.now.getTime() - as.ago).toISOString();
}

function replace(
  value: Json | undefined,
  path: readonly (string | number)[],
  by: string,
  whole: readonly (string | number)[],
): Json {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  if (isList(value)) {
    const index = Number(key);
    if (value[index] === undefined) throw missing(whole);
    return value.map((member, at) => (at === index ? replace(member, rest, by, whole) : member));
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) throw missing(whole);
  return { ...value, [key]: replace(value[key], rest, by, whole) };
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function missing(path: readonly (string | number)[]): ExerciseError {
  return new ExerciseError(
    'cordon_exercise_script',
    `expected the document to have a member at ${path.join('.')}; it has none. Correct the stamp in the scenario`,
  );
}
