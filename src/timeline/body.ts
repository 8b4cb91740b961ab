import type { Json, JsonObject } from '../json.ts';
import type { Actor, EntryBody, EntryKind } from './entry.ts';

/**
 * What goes into an entry. The timeline cannot be edited, so what must never be in it is taken out on
 * its way in, and text that has no canonical form is mended: an attacker who names a function with a
 * lone surrogate must not be able to stop the commit that contains it.
 */

/** Members whose value is secret wherever AWS and Slack use them, compared in lower case. */
const SECRET_MEMBERS = new Set([
  'secretaccesskey',
  'sessiontoken',
  'authorization',
  'password',
  'signingsecret',
  'clientsecret',
  'privatekey',
  'codelocation',
]);

/** Secrets that can be told by their shape, inside any text. */
const SECRET_SHAPES: readonly RegExp[] = [
  /(?<=[?&]X-Amz-(?:Signature|Credential|Security-Token)=)[^&\s"']+/giu,
  /\bx(?:ox[a-z]|app)-[A-Za-z0-9-]{10,}/gu,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/gu,
  /(?<=\bBearer )[A-Za-z0-9._~+/-]{16,}=*/gu,
];

const REMOVED = '[removed: secret]';
const LONE_SURROGATES = /\p{Surrogate}/gu;
/** Longest summary in characters; what is longer belongs into `data`. */
const MAX_SUMMARY = 1_000;

/** Builds the body of one entry: the actor as JSON, text well-formed, secrets that can be told removed. */
export function entryBody(kind: EntryKind, actor: Actor, summary: string, data: Json = null): EntryBody {
  return sealableBody({ kind, actor: { ...actor }, summary, data });
}

/** Returns the body as the chain may commit to it: without secrets, lone surrogates and absent members. */
export function sealableBody(body: EntryBody): EntryBody {
  const summary = text(body.summary);
  return {
    kind: body.kind,
    actor: object(body.actor),
    summary: summary.length > MAX_SUMMARY ? `${mend(summary.slice(0, MAX_SUMMARY - 1))}…` : summary,
    data: clean(body.data),
  };
}

function clean(value: Json): Json {
  if (typeof value === 'string') return text(value);
  if (value === null || typeof value !== 'object') return value;
  // `Array.isArray` does not narrow a readonly list out of a union, hence the test on the other side.
  return isList(value) ? value.map((member) => clean(member)) : object(value);
}

function object(value: JsonObject): JsonObject {
  const members: [string, Json][] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    members.push([mend(key), SECRET_MEMBERS.has(key.toLowerCase()) ? REMOVED : secretMap(key, member)]);
  }
  // `fromEntries` defines members, so an attacker's `__proto__` stays a plain member.
  return Object.fromEntries(members);
}

/** Environment values are secrets; their names are not, and say what was at stake. */
function secretMap(key: string, member: Json): Json {
  const isEnvironment = key === 'Environment' || key === 'environment' || key === 'Variables';
  if (!isEnvironment || member === null || typeof member !== 'object' || isList(member)) return clean(member);
  return Object.fromEntries(
    Object.entries(member).map(([name, value]) => [
      mend(name),
      value !== null && typeof value === 'object' ? secretMap('Variables', value) : REMOVED,
    ]),
  );
}

function isList(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value);
}

function text(value: string): string {
  return SECRET_SHAPES.reduce((kept, shape) => kept.replace(shape, REMOVED), mend(value));
}

function mend(value: string): string {
  return value.replace(LONE_SURROGATES, '\uFFFD');
}
