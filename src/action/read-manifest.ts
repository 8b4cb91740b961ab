import type { Json, JsonObject } from '../json.ts';
import type { Permission } from './action.ts';
import { openDoorsOf } from './open-doors.ts';
import type { ActionContext, FunctionConfiguration, FunctionDescription } from './ports.ts';
import { MAX_LOG_GROUPS } from './quarantine-policy.ts';
import { readRole, type Unreadable } from './read-role.ts';
import { ANY, FUNCTIONS } from './resources.ts';
import { READ_ROLE_PERMISSIONS } from './role-permissions.ts';
import { trustedSinks, usersOf } from './role-users.ts';
import { type Found, tolerant } from './tolerant.ts';
import { type PersonalVariant, personalVariants, publishedOf } from './variant.ts';

/** What a function is, read side by side; a part that could not be read is `null` in `manifest` and named in `unknown`. */
export interface ReadManifest {
  readonly manifest: JsonObject;
  readonly roles: readonly string[];
  readonly siblings: readonly { readonly functionArn: string; readonly roleArn: string }[] | null;
  readonly latest: FunctionDescription | null;
  /** `$LATEST` and the version that the alert names, as far as they could be read. */
  readonly described: readonly FunctionDescription[];
  readonly facts: ContainmentFacts;
  readonly unknown: Unreadable[];
}

/** What containment needs to know of the function, beside what release has to put back. */
export interface ContainmentFacts {
  readonly exclusive: string[];
  readonly outside: string[];
  readonly sinks: string[];
  readonly logGroups: string[];
  readonly published: string[];
  readonly forPeople: PersonalVariant[];
  readonly openUrls: string[];
  readonly strangers: string[];
  readonly codes: string[];
}

// Each alias costs a call, and few functions have more.
const MOST_ALIASES = 10;
// The newest come first, and a redeployment is of one of these.
const MOST_CODES = 50;

/** What `readManifest` needs. */
export const MANIFEST_PERMISSIONS: readonly Permission[] = [
  {
    action: 'lambda:GetFunction',
    purpose: 'read',
    resource: FUNCTIONS,
    why: 'configuration, concurrency, tags',
  },
  {
    action: 'lambda:ListVersionsByFunction',
    purpose: 'read',
    resource: FUNCTIONS,
    why: 'each version carries its own role',
  },
  {
    action: 'lambda:ListAliases',
    purpose: 'read',
    resource: FUNCTIONS,
    why: 'which version takes traffic',
  },
  {
    action: 'lambda:ListProvisionedConcurrencyConfigs',
    purpose: 'read',
    resource: FUNCTIONS,
    why: 'must be gone before concurrency 0',
  },
  {
    action: 'lambda:GetFunctionConcurrency',
    purpose: 'read',
    resource: FUNCTIONS,
    why: 'what release restores',
  },
  { action: 'lambda:ListEventSourceMappings', purpose: 'read', resource: ANY, why: 'triggers that pull' },
  {
    action: 'lambda:ListFunctionEventInvokeConfigs',
    purpose: 'read',
    resource: FUNCTIONS,
    why: 'where asynchronous events go',
  },
  {
    action: 'lambda:ListFunctionUrlConfigs',
    purpose: 'read',
    resource: FUNCTIONS,
    why: 'doors from outside',
  },
  {
    action: 'lambda:GetPolicy',
    purpose: 'read',
    resource: FUNCTIONS,
    why: 'triggers that push, and grants',
  },
  {
    action: 'lambda:ListFunctions',
    purpose: 'read',
    resource: ANY,
    why: 'who shares the role: the blast radius',
  },
  ...READ_ROLE_PERMISSIONS,
];

/** Reads all that containment may change and release must put back, and who shares it. Writes nothing. */
export async function readManifest(context: ActionContext): Promise<ReadManifest> {
  const { lambda, iam } = context.aws('read');
  const { target } = context;
  const arn = target.functionArn;
  // Only of the function that the alert is about: a target that was added later has other versions.
  const about = context.alert.target;
  const qualifier = about?.functionArn === arn ? about.qualifier : undefined;
  const named = qualifier !== undefined && qualifier !== '$LATEST' ? qualifier : undefined;
  const capturedAt = context.clock.now().toISOString();

  const [
    latest,
    version,
    versions,
    aliases,
    provisioned,
    reserved,
    mappings,
    invokeConfigs,
    urls,
    policy,
    all,
  ] = await Promise.all([
    tolerant(() => lambda.getFunction(arn)),
    tolerant(async () => (named === undefined ? null : await lambda.getFunction(arn, named))),
    tolerant(() => lambda.listVersions(arn)),
    tolerant(() => lambda.listAliases(arn)),
    tolerant(() => lambda.listProvisionedConcurrency(arn)),
    tolerant(() => lambda.getReservedConcurrency(arn)),
    tolerant(() => lambda.listEventSourceMappings(arn)),
    tolerant(() => lambda.listEventInvokeConfigs(arn)),
    tolerant(() => lambda.listFunctionUrls(arn)),
    tolerant(() => lambda.getPolicy(arn)),
    tolerant(() => lambda.listFunctions()),
  ]);

  const unknown: Unreadable[] = [];
  const part = <Value>(name: string, found: Found<Value>, show: (value: Value) => Json): Json => {
    if (found.kind === 'found') return show(found.value);
    unknown.push({ part: name, code: found.code, reason: found.reason });
    return null;
  };
  const described = [
    ...(latest.kind === 'found' ? [latest.value] : []),
    ...(version.kind === 'found' && version.value !== null ? [version.value] : []),
  ];
  const configurations: readonly FunctionConfiguration[] = [
    ...(latest.kind === 'found' ? [latest.value.configuration] : []),
    ...(version.kind === 'found' && version.value !== null ? [version.value.configuration] : []),
    ...(versions.kind === 'found' ? versions.value : []),
  ];
  const roles = [...new Set([...configurations.map((item) => item.roleArn), ...target.roles])].sort();
  const names =
    aliases.kind === 'found' ? aliases.value.map((alias) => String(alias.Name)).slice(0, MOST_ALIASES) : [];
  const [readRoles, aliasPolicies] = await Promise.all([
    Promise.all(roles.map((role) => readRole(iam, target, role))),
    // A grant on an alias is in a policy of its own, where a backdoor is seldom looked for.
    Promise.all(names.map((name) => tolerant(() => lambda.getPolicy(arn, name)))),
  ]);
  const policies = [policy, ...aliasPolicies].map((found, index) => ({
    qualifier: index === 0 ? null : (names[index - 1] ?? null),
    policy: found.kind === 'found' ? found.value : null,
  }));
  const doors = openDoorsOf({
    account: target.account,
    urls: urls.kind === 'found' ? urls.value : [],
    policies,
  });
  const siblings =
    all.kind === 'found'
      ? all.value.filter((item) => roles.includes(item.roleArn) && item.functionArn !== arn)
      : null;

  const manifest: JsonObject = {
    target: { ...target },
    capturedAt,
    function: part('function', latest, describe),
    alertedVersion: part('alerted version', version, (value) => (value === null ? null : describe(value))),
    versions: part('versions', versions, (value) => value.map((item) => item.raw)),
    aliases: part('aliases', aliases, (value) => value),
    provisionedConcurrency: part('provisioned concurrency', provisioned, (value) =>
      value.map((item) => ({ ...item })),
    ),
    // Unset is null here, and unreadable is named in `unknown`: the two are never the same.
    reservedConcurrency: part('reserved concurrency', reserved, (value) => value),
    eventSourceMappings: part('event source mappings', mappings, (value) => value),
    eventInvokeConfigs: part('event invoke configs', invokeConfigs, (value) => value),
    functionUrls: part('function URLs', urls, (value) => value),
    resourcePolicy: part('resource policy', policy, (value) => value),
    aliasPolicies: Object.fromEntries(
      aliasPolicies.map((found, index) => [
        names[index] ?? '',
        part(`resource policy of ${names[index] ?? ''}`, found, (value) => value),
      ]),
    ),
    roles: readRoles.map((item) => item.document),
    sharedWith: part('functions on the same role', all, () =>
      (siblings ?? []).map((item) => ({ functionArn: item.functionArn, roleArn: item.roleArn })),
    ),
  };
  for (const item of readRoles) unknown.push(...item.unknown);
  return {
    manifest,
    roles,
    siblings,
    latest: latest.kind === 'found' ? latest.value : null,
    described,
    facts: {
      ...usersOf(readRoles, roles, siblings),
      sinks: trustedSinks({
        account: target.account,
        suspectedAt: context.alert.firstSeenAt,
        configurations,
        invokeConfigs: invokeConfigs.kind === 'found' ? invokeConfigs.value : [],
      }),
      logGroups: [...new Set(configurations.map((item) => item.logGroup))]
        .filter((group) => group !== `/aws/lambda/${target.functionName}`)
        .sort()
        .slice(0, MAX_LOG_GROUPS - 2),
      published: publishedOf(configurations),
      forPeople: [...personalVariants(configurations, readRoles, doors.unbuildable)],
      openUrls: doors.openUrls,
      strangers: doors.strangers,
      codes: [...new Set(configurations.map((one) => one.codeSha256))].slice(0, MOST_CODES),
    },
    unknown,
  };
}

/** A function as the manifest shows it: without environment values, and without the presigned link. */
export function describe(found: FunctionDescription): JsonObject {
  return {
    configuration: found.configuration.raw,
    reservedConcurrency: found.reservedConcurrency,
    tags: found.tags,
    imageUri: found.imageUri ?? null,
  };
}
