import type { Json, JsonObject } from '../json.ts';
import { digestOf } from '../timeline/canonical.ts';

/** A difference between two manifests of one function. */
export interface Difference extends JsonObject {
  readonly part: string;
  readonly was: string;
  readonly now: string;
}

// Changed by every write, or by time: no state that anybody set.
const VOLATILE: ReadonlySet<string> = new Set([
  'RevisionId',
  'LastModified',
  'LastUpdateStatus',
  'LastUpdateStatusReason',
  'LastUpdateStatusReasonCode',
  'State',
  'StateReason',
  'StateReasonCode',
  'StateTransitionReason',
  'LastProcessingResult',
  'LastModifiedTime',
  'CreationTime',
  'RoleLastUsed',
  'ConfigSha256',
]);

const ABSENT = 'absent';

/** How many versions are published besides `$LATEST`: a part's name, and what release asks about. */
export const PUBLISHED_VERSIONS = 'published versions';

/**
 * A manifest in short: each part that somebody can set, as its value where that is a word, else as a digest. Pure. Two of
 * one function are compared with `differencesOf`.
 */
export function manifestParts(manifest: JsonObject): Readonly<Record<string, string>> {
  const parts: Record<string, string> = {};
  const put = (part: string, value: Json | undefined) => {
    parts[part] = shortOf(value ?? null);
  };
  const described = objectOf(manifest.function);
  const configuration = objectOf(described.configuration);
  put('code', configuration.CodeSha256);
  put('configuration', described.configuration);
  put('tags', described.tags);
  parts['reserved concurrency'] =
    manifest.reservedConcurrency === null ? 'unset' : shortOf(manifest.reservedConcurrency ?? null);
  parts[PUBLISHED_VERSIONS] = Array.isArray(manifest.versions)
    ? String(listOf(manifest.versions).filter((each) => each.Version !== '$LATEST').length)
    : ABSENT;
  for (const each of listOf(manifest.aliases)) put(`alias ${text(each.Name)}`, each);
  for (const each of listOf(manifest.provisionedConcurrency))
    put(`provisioned concurrency of ${text(each.qualifier)}`, each.requested);
  for (const each of listOf(manifest.eventSourceMappings)) {
    put(`event source mapping ${text(each.UUID)}`, each);
    parts[`event source mapping ${text(each.UUID)} is`] = settled(text(each.State));
  }
  for (const each of listOf(manifest.eventInvokeConfigs))
    put(`asynchronous invocation of ${qualifierOf(text(each.FunctionArn))}`, each);
  for (const each of listOf(manifest.functionUrls))
    put(`function URL of ${qualifierOf(text(each.FunctionArn))}`, each.AuthType);
  for (const each of listOf(objectOf(manifest.resourcePolicy).Statement))
    put(`permission ${text(each.Sid)}`, each);
  for (const [alias, policy] of Object.entries(objectOf(manifest.aliasPolicies)))
    for (const each of listOf(objectOf(policy).Statement))
      put(`permission ${text(each.Sid)} of ${alias}`, each);
  for (const role of listOf(manifest.roles)) {
    const name = text(role.arn).split('/').at(-1) ?? '';
    put(`role ${name}`, role.role);
    for (const [policy, document] of Object.entries(objectOf(role.inlinePolicies)))
      put(`inline policy ${policy} of role ${name}`, document);
    for (const each of listOf(role.attachedPolicies))
      put(`attached policy ${text(each.name)} of role ${name}`, text(each.arn));
  }
  return parts;
}

/** What differs, in the order of the parts' names. */
export function differencesOf(
  was: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): readonly Difference[] {
  return [...new Set([...Object.keys(was), ...Object.keys(now)])]
    .sort()
    .filter((part) => was[part] !== now[part])
    .map((part) => ({ part, was: was[part] ?? ABSENT, now: now[part] ?? ABSENT }));
}

function shortOf(value: Json): string {
  if (value === null) return ABSENT;
  if (typeof value !== 'object') return String(value).slice(0, 200);
  return `sha256:${digestOf(steady(value)).slice(0, 16)}`;
}

function steady(value: Json): Json {
  if (Array.isArray(value)) return value.map(steady);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !VOLATILE.has(key))
      .map(([key, inner]) => [key, steady(inner ?? null)]),
  );
}

/** A mapping on its way counts as where it goes. */
function settled(state: string): string {
  if (state === 'Enabling' || state === 'Updating' || state === 'Creating') return 'Enabled';
  return state === 'Disabling' ? 'Disabled' : state;
}

function qualifierOf(functionArn: string): string {
  return functionArn.split(':')[7] ?? '$LATEST';
}

function objectOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
