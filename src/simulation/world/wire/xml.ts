import type { Json, JsonObject } from '../../../json.ts';

// Characters that XML 1.0 cannot hold at all, not even escaped.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is being removed
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g;

/** Escapes text for an element. */
export function xmlText(text: string): string {
  return text
    .replace(NOT_XML, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Writes a value as the query protocols do: a list is a run of elements of one name. */
function element(name: string, value: Json | undefined, member: string): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value))
    return `<${name}>${value.map((one: Json) => element(member, one, member)).join('')}</${name}>`;
  if (typeof value === 'object') return `<${name}>${elements(value as JsonObject, member)}</${name}>`; // arrays are out
  return `<${name}>${xmlText(String(value))}</${name}>`;
}

/** Writes the members of an object as elements, in their order; `member` names those of a list. */
export function elements(object: JsonObject, member = 'member'): string {
  return Object.entries(object)
    .map(([name, value]) => element(name, value, member))
    .join('');
}
