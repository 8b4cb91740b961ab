import type { Json, JsonObject } from '../json.ts';
import { isList, isObject } from './envelope.ts';
import { genericAlertJsonSchema } from './generic.ts';

/** The table of the generic alert's fields in docs/alerts.md, generated from what the reader checks. */
export function genericAlertReference(): string {
  const rows = rowsOf(genericAlertJsonSchema(), '');
  return ['| field | type | needed | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function rowsOf(schema: JsonObject, prefix: string): string[] {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = isList(schema.required) ? schema.required : [];
  return Object.entries(properties).flatMap(([name, property]) => {
    if (!isObject(property)) return [];
    const needed = required.includes(name) ? 'yes' : 'no';
    const description = typeof property.description === 'string' ? property.description : '';
    const row = `| \`${prefix}${name}\` | ${typeOf(property)} | ${needed} | ${description} |`;
    return [row, ...rowsOf(property, `${prefix}${name}.`)];
  });
}

function typeOf(property: JsonObject): string {
  if (property.const !== undefined) return `\`${JSON.stringify(property.const)}\``;
  if (isList(property.enum))
    return property.enum.map((value: Json) => `\`${JSON.stringify(value)}\``).join(', ');
  return typeof property.type === 'string' ? property.type : 'any';
}
