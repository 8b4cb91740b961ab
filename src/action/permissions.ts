import type { Json, JsonObject } from '../json.ts';
import type { Action, Permission, PolicyCondition } from './action.ts';
import { historyRegion } from './history-region.ts';
import type { AwsPurpose, Profile } from './ports.ts';
import { MANAGED_POLICY_LIMIT } from './quarantine-names.ts';
import { ANY } from './resources.ts';

/** Which account, Regions and profile a policy is for. */
export interface PolicyScope {
  readonly partition: string;
  /** `*` for a policy that is for any account: a role's policy reaches its own account only. */
  readonly account: string;
  /** `{region}` becomes `*` when it is for all of them. */
  readonly region?: string | readonly string[];
  /** Default `static`. */
  readonly profile?: Profile;
  /** ARNs of Cordon's own roles, which the policy then denies to change. */
  readonly ownRoles?: readonly string[];
}

export const PURPOSES: readonly AwsPurpose[] = ['read', 'contain', 'release'];

/** One statement of a generated policy. */
export interface PolicyStatement extends JsonObject {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

/** A generated policy: plain JSON in IAM's grammar. */
export interface PolicyDocument extends JsonObject {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

/**
 * Who may make these calls on any role may give any role every right, whatever else is forbidden (reference,
 * 1.8.6). Confined to prepared policies they give nothing.
 */
const ROLE_WRITES: ReadonlySet<string> = new Set(['iam:PutRolePolicy', 'iam:AttachRolePolicy']);

/**
 * The least-privilege policy of one of the three roles, generated from what the actions declare: one statement
 * per set of resources and conditions, actions sorted, nothing else. Pure.
 */
export function policyFor(
  actions: readonly Action[],
  purpose: AwsPurpose,
  scope: PolicyScope,
): PolicyDocument {
  const profile = scope.profile ?? 'static';
  const needed = actions
    .flatMap((action) => action.permissions)
    .filter((item) => item.purpose === purpose && (item.profile ?? profile) === profile);
  // By action and condition first: the same action may be declared by several, on several resources.
  const rights = new Map<string, { name: string; condition: Json | undefined; resources: Set<string> }>();
  for (const item of needed) {
    const condition = conditionIn(item, scope);
    const key = `${item.action} ${JSON.stringify(condition)}`;
    const right = rights.get(key) ?? { name: item.action, condition, resources: new Set() };
    for (const resource of resourcesIn(item.resource, scope)) right.resources.add(resource);
    rights.set(key, right);
  }
  const statements = new Map<string, { names: string[]; resources: string[]; condition: Json | undefined }>();
  for (const [, { name, condition, resources }] of [...rights].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const sorted = [...resources].sort();
    const key = JSON.stringify([sorted, condition ?? null, isRoleWrite(name, condition)]);
    const statement = statements.get(key) ?? { names: [], resources: sorted, condition };
    statement.names.push(name);
    statements.set(key, statement);
  }
  const title = `Cordon${purpose.charAt(0).toUpperCase()}${purpose.slice(1)}`;
  const allowed = [...statements.values()].map(({ names, resources, condition }, index): PolicyStatement => {
    const equivalent = names.some((name) => isRoleWrite(name, condition)) ? 'AdministratorEquivalent' : '';
    return {
      Sid: `${title}${equivalent}${index + 1}`,
      Effect: 'Allow',
      Action: names,
      Resource: resources,
      ...(condition === undefined ? {} : { Condition: condition }),
    };
  });
  return { Version: '2012-10-17', Statement: [...allowed, ...ownRolesKept(allowed, title, scope)] };
}

/** True when the policy's holder could give itself, or any role, every right. */
export function isAdministratorEquivalent({ Statement }: PolicyDocument): boolean {
  return Statement.some(
    ({ Effect, Action: names, Condition }) =>
      Effect === 'Allow' && names.some((name) => isRoleWrite(name, Condition)),
  );
}

/**
 * The same rights as documents that each fit into a managed policy (6,144 characters without white space). A
 * statement that is too long by itself is cut between its actions.
 */
export function fitted({ Version, Statement }: PolicyDocument): readonly PolicyDocument[] {
  const documents: PolicyStatement[][] = [];
  for (const statement of Statement.flatMap(cut)) {
    const open = documents.find(
      (held) => sizeOf({ Version, Statement: [...held, statement] }) <= MANAGED_POLICY_LIMIT,
    );
    if (open === undefined) documents.push([statement]);
    else open.push(statement);
  }
  return documents.map((statements) => ({ Version, Statement: statements }));
}

/** A document's size as IAM counts it: without white space. Strings of a policy hold none. */
export function sizeOf(document: JsonObject): number {
  return JSON.stringify(document).replace(/\s/g, '').length;
}

function cut(statement: PolicyStatement): readonly PolicyStatement[] {
  const { Action: names, Sid } = statement;
  if (names.length < 2 || sizeOf({ Version: '2012-10-17', Statement: [statement] }) <= MANAGED_POLICY_LIMIT)
    return [statement];
  const half = Math.ceil(names.length / 2);
  return [
    ...cut({ ...statement, Sid: `${Sid}A`, Action: names.slice(0, half) }),
    ...cut({ ...statement, Sid: `${Sid}B`, Action: names.slice(half) }),
  ];
}

/** A deny of the same changes to Cordon's own roles: it can neither widen nor lame itself. */
function ownRolesKept(
  allowed: readonly PolicyStatement[],
  title: string,
  { ownRoles = [] }: PolicyScope,
): readonly PolicyStatement[] {
  const changes = allowed
    .flatMap((statement) => statement.Action)
    .filter((name) => /^iam:(?!Get|List|Simulate)/.test(name));
  if (changes.length === 0 || ownRoles.length === 0) return [];
  return [
    {
      Sid: `${title}NeverItself`,
      Effect: 'Deny',
      Action: [...new Set(changes)].sort(),
      Resource: [...ownRoles].sort(),
    },
  ];
}

function isRoleWrite(name: string, condition: Json | undefined): boolean {
  return ROLE_WRITES.has(name) && !JSON.stringify(condition ?? null).includes('"iam:PolicyARN"');
}

/** The ARN patterns of a permission's resource in one scope. */
export function resourcesIn(pattern: string, scope: PolicyScope): readonly string[] {
  const resource = pattern.replaceAll('{partition}', scope.partition).replaceAll('{account}', scope.account);
  return [...new Set(regionsOf(scope).map((region) => resource.replaceAll('{region}', region)))];
}

function conditionIn(permission: Permission, scope: PolicyScope): Json | undefined {
  const declared: PolicyCondition = permission.condition ?? {};
  const filled: [string, JsonObject][] = Object.entries(declared).map(([operator, block]) => [
    operator,
    Object.fromEntries(Object.entries(block).map(([key, value]) => [key, [...resourcesIn(value, scope)]])),
  ]);
  // Where IAM knows no resource the Region still narrows; IAM's and STS's own calls are of no Region.
  const regions = regionsOf(scope).filter((region) => region !== '*');
  if (permission.resource === ANY && regions.length > 0 && !/^(iam|sts):/.test(permission.action)) {
    // The history of IAM's calls is in one Region of the partition, wherever the function is.
    const history =
      permission.action === 'cloudtrail:LookupEvents' ? historyRegion(scope.partition) : undefined;
    const all = new Set([...regions, ...(history === undefined ? [] : [history])]);
    filled.push(['StringEquals', { 'aws:RequestedRegion': [...all].sort() }]);
  }
  return filled.length === 0 ? undefined : Object.fromEntries(filled);
}

function regionsOf({ region }: PolicyScope): readonly string[] {
  if (region === undefined) return ['*'];
  return typeof region === 'string' ? [region] : region;
}
