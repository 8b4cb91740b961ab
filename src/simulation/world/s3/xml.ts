import type { Json, JsonObject } from '../../../json.ts';
import type { Answer } from '../call.ts';
import { xmlText } from '../wire/xml.ts';

/** S3 writes a list as the element repeated, without a wrapper. */
function element(name: string, value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map((one: Json) => element(name, one)).join('');
  const inner =
    typeof value === 'object'
      ? Object.entries(value as JsonObject) // arrays are out
          .map(([key, one]) => element(key, one))
          .join('')
      : xmlText(String(value));
  return `<${name}>${inner}</${name}>`;
}

/** An answer in S3's XML. */
export function xmlAnswer(root: string, content: JsonObject, headers: Record<string, string> = {}): Answer {
  const inner = element(root, content).replace(
    `<${root}>`,
    `<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`,
  );
  return {
    raw: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${inner}`),
    headers: { 'content-type': 'application/xml', ...headers },
  };
}

/** Text of the first element of that name in a request's body. Enough for the flat documents that S3 takes. */
export function textOf(raw: Uint8Array, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(Buffer.from(raw).toString('utf8'))?.[1];
  return found
    ?.replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
