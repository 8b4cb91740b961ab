import { z } from 'zod';
import type { Json, JsonObject } from '../../json.ts';
import { SCENARIO_SHAPE } from './scenario.ts';
import { matcher } from './terms.ts';

/** The tables of docs/exercises.md, made from what the reader checks: fields that it does not have cannot be documented. */
export function scenarioReference(): { readonly fields: string; readonly matchers: string } {
  return {
    fields: tableOf(schemaOf(SCENARIO_SHAPE)),
    matchers: tableOf({ anyOf: [schemaOf(matcher)] }, false),
  };
}

function schemaOf(shape: z.ZodType): JsonObject {
  // toJSONSchema returns plain JSON; its declared type also covers boolean schemas inside.
  return z.toJSONSchema(shape, { io: 'input' }) as JsonObject;
}

function tableOf(schema: JsonObject, stopAtMatchers = true): string {
  return [
    '| field | type | needed | meaning |',
    '| --- | --- | --- | --- |',
    ...rowsOf(schema, '', stopAtMatchers),
  ].join('\n');
}

function rowsOf(
  schema: JsonObject,
  prefix: string,
  stopAtMatchers: boolean,
  must = 'yes',
): readonly string[] {
  const below = branches(schema).flatMap((branch) => rowsOf(branch, prefix, stopAtMatchers, 'one of'));
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = isList(schema.required) ? schema.required : [];
  const own = Object.entries(properties).flatMap(([name, property]) => {
    if (!isObject(property)) return [];
    const items = isObject(property.items) ? property.items : undefined;
    const path = `${prefix}${name}${items === undefined ? '' : '[]'}`;
    const needed = required.includes(name) ? must : 'no';
    const row = `| \`${path}\` | ${typeOf(property)} | ${needed} | ${meaningOf(name, property)} |`;
    const inner = items ?? property;
    if (stopAtMatchers && isMatcher(inner)) return [row];
    return [row, ...rowsOf(inner, `${path}.`, stopAtMatchers)];
  });
  return [...own, ...below];
}

/** Objects of which one is meant. */
function branches(schema: JsonObject): readonly JsonObject[] {
  return (isList(schema.anyOf) ? schema.anyOf : []).filter(isObject);
}

function isMatcher(schema: JsonObject): boolean {
  return branches(schema).some(({ properties }) => isObject(properties) && properties.timeline !== undefined);
}

function typeOf(property: JsonObject): string {
  if (typeof property.of === 'string') return property.of;
  if (isMatcher(property)) return 'matcher';
  if (property.const !== undefined) return `\`${String(property.const)}\``;
  if (isList(property.enum)) return property.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (isObject(property.items)) {
    const inner = typeOf(property.items);
    return inner === 'object' || inner === 'any' ? 'list' : `list of ${inner}`;
  }
  if (branches(property).some((branch) => branch.properties !== undefined)) return 'object';
  return typeof property.type === 'string' ? property.type : 'any';
}

function meaningOf(name: string, property: JsonObject): string {
  const said = typeof property.description === 'string' ? property.description : '';
  const meaning = said === '' && name === 'id' ? 'Its name, unique in its list.' : said;
  const fallback = defaultOf(property.default);
  return [meaning, ...(fallback === undefined ? [] : [`Default: \`${fallback}\`.`])]
    .filter((part) => part !== '')
    .join(' ')
    .replaceAll('|', '\\|');
}

function defaultOf(value: Json | undefined): string | undefined {
  if (value === undefined || isList(value) || isObject(value)) return undefined;
  return String(value);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
