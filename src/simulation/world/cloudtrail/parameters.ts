import type { Json, JsonObject } from '../../../json.ts';
import type { Input } from '../call.ts';

/** Members that CloudTrail leaves out: environments, packages, secrets and payloads (reference, section 2.1). */
const HIDDEN: ReadonlySet<string> = new Set([
  'ZipFile',
  'Environment',
  'SecretString',
  'SecretBinary',
  'Plaintext',
  'CiphertextBlob',
  'Message',
  'MessageBody',
  'Signature',
  'SecretAccessKey',
]);

/** Members whose keys are the caller's own words, and stay as they are. */
const MAPS: ReadonlySet<string> = new Set(['Tags', 'AdditionalVersionWeights', 'EncryptionContext']);

function lowerFirst(name: string): string {
  return `${name[0]?.toLowerCase() ?? ''}${name.slice(1)}`;
}

function lowered(value: Json): Json {
  if (Array.isArray(value)) return value.map((one: Json) => lowered(one));
  if (typeof value !== 'object' || value === null) return value;
  return camelCase(value as JsonObject); // arrays are out
}

/** Members as CloudTrail spells them: the first letter small, at every depth; what it hides is left out. */
export function camelCase(members: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) => {
      if (value === undefined || HIDDEN.has(name)) return [];
      const isMap = MAPS.has(name) && !Array.isArray(value);
      return [[lowerFirst(name), isMap ? value : lowered(value)]];
    }),
  );
}

/** A form of the query protocol as members: `Tags.member.1.Key` is the `Key` of the first of `Tags`. */
function formMembers(form: URLSearchParams): JsonObject {
  const members: Record<string, Json> = {};
  for (const [name, value] of form) {
    if (name === 'Action' || name === 'Version') continue;
    const [first = '', second, index, field] = name.split('.');
    if (second !== 'member') {
      members[first] = value;
      continue;
    }
    const before = members[first];
    const list: Json[] = Array.isArray(before) ? [...before] : [];
    const at = Number(index) - 1;
    const item = list[at];
    const fields = typeof item === 'object' && item !== null && !Array.isArray(item) ? item : {};
    list[at] = field === undefined ? value : { ...fields, [field]: value };
    members[first] = list;
  }
  return members;
}

/** The `requestParameters` of a call. */
export function requestParameters(service: string, input: Input): JsonObject | null {
  const fromQuery =
    service === 'lambda' || service === 's3' ? Object.fromEntries(input.query) : formMembers(input.query);
  const members = camelCase({ ...input.path, ...fromQuery, ...input.body });
  return Object.keys(members).length === 0 ? null : members;
}
