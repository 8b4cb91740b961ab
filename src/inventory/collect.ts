import type { Action } from '../action/action.ts';
import { AwsError } from '../action/failure.ts';
import { grantsOf, othersTrusted } from '../action/grants.ts';
import { policyFor } from '../action/permissions.ts';
import type { AwsAccess, AwsPurpose, FunctionConfiguration, Profile, Target } from '../action/ports.ts';
import { quarantinePolicyArn } from '../action/quarantine-names.ts';
import { readRole } from '../action/read-role.ts';
import { tolerant } from '../action/tolerant.ts';
import type { Clock } from '../clock.ts';
import type { Json, JsonObject } from '../json.ts';
import type { InventoryFunction, InventoryRole, Picture } from './picture.ts';

/** What is looked at, and as what. */
export interface CollectRequest {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  readonly profile: Profile;
  readonly ownRoles: Readonly<Partial<Record<AwsPurpose, string>>>;
  readonly actions: readonly Action[];
}

/** Calls with which a role could undo its own containment (reference, 1.1, row 14). */
const UNDOING = [
  'iam:DeleteRolePolicy',
  'iam:DetachRolePolicy',
  'iam:PutRolePolicy',
  'lambda:DeleteFunctionConcurrency',
  'lambda:PutFunctionConcurrency',
  'lambda:UpdateFunctionCode',
  'sts:AssumeRole',
] as const;

/** Changes of functions that are news, by the name that CloudTrail has (reference, 1.2, row 11). */
const CHANGES = [
  'UpdateFunctionCode20150331v2',
  'UpdateFunctionConfiguration20150331v2',
  'AddPermission20150331v2',
] as const;

const MOST_CHANGES = 50;

/** Notes a part that could not be read and gives `null` for it; the rest goes on. */
type Keep = <Value>(part: string, read: () => Promise<Value>) => Promise<Value | null>;

/**
 * Looks at one account and Region, one call after the other: the background reader has the least share of the rate
 * budget, and a crowd of its calls would only stand in line. Throws when the functions themselves cannot be listed, since a
 * picture without them would say that there are none.
 */
export async function collect(aws: AwsAccess, request: CollectRequest, clock: Clock): Promise<Picture> {
  const unknown: Picture['unknown'] = [];
  const note = ({ part, code, reason }: Picture['unknown'][number]) => {
    unknown.push({ part, code, reason: reason.slice(0, 300) });
  };
  const keep: Keep = async (part, read) => {
    const found = await tolerant(read);
    if (found.kind === 'found') return found.value;
    note({ part, code: found.code, reason: found.reason });
    return null;
  };
  const takenAt = clock.now().toISOString();
  const versions = new Map<string, FunctionConfiguration[]>();
  for (const version of await aws.lambda.listAllVersions()) {
    const arn = version.functionArn.split(':').slice(0, 7).join(':');
    versions.set(arn, [...(versions.get(arn) ?? []), version]);
  }
  const functions: InventoryFunction[] = [];
  for (const [arn, all] of versions) {
    const one = await functionOf(aws, request, arn, all, keep);
    if (one !== undefined) functions.push(one);
  }
  const roles: InventoryRole[] = [];
  for (const roleArn of [...new Set(functions.flatMap((each) => each.roles))].sort()) {
    roles.push(await roleOf(aws, request, roleArn, keep, note));
  }
  const ownRoles: Picture['ownRoles'] = [];
  for (const [purpose, roleArn] of Object.entries(request.ownRoles)) {
    if (roleArn === undefined) continue;
    const known = purpose as AwsPurpose; // a key of the record
    const missing = await keep(`permissions of ${roleArn}`, () => missingOf(aws, request, known, roleArn));
    ownRoles.push({ purpose: known, roleArn, missing });
  }
  const changes = await keep('latest changes', () => changesOf(aws));
  const { account, region } = request;
  return { account, region, takenAt, functions, roles, ownRoles, changes, unknown };
}

async function functionOf(
  aws: AwsAccess,
  request: CollectRequest,
  functionArn: string,
  versions: readonly FunctionConfiguration[],
  keep: Keep,
): Promise<InventoryFunction | undefined> {
  const latest = versions.find(({ version }) => version === '$LATEST') ?? versions[0];
  if (latest === undefined) return undefined;
  const { lambda } = aws;
  const { functionName } = latest;
  const described = await keep(`function ${functionName}`, () => lambda.getFunction(functionArn));
  const mappings = await keep(`event sources of ${functionName}`, () =>
    lambda.listEventSourceMappings(functionArn),
  );
  const urls = await keep(`URLs of ${functionName}`, () => lambda.listFunctionUrls(functionArn));
  const policy = await keep(`resource policy of ${functionName}`, async () => ({
    document: await lambda.getPolicy(functionArn),
  }));
  const invokes = await keep(`destinations of ${functionName}`, () =>
    lambda.listEventInvokeConfigs(functionArn),
  );
  const prepared =
    request.profile === 'dynamic'
      ? null
      : await keep(`prepared policy of ${functionName}`, () => isPrepared(aws, request, functionName));
  const readable = mappings !== null && urls !== null && policy !== null;
  return {
    functionArn,
    functionName,
    roles: distinct(versions.map(({ roleArn }) => roleArn)),
    logGroups: distinct(versions.map(({ logGroup }) => logGroup)),
    triggers: readable
      ? [
          ...mappings.map((each) => ({ kind: 'source' as const, from: text(each.EventSourceArn) })),
          ...grantsOn(policy.document).map((from) => ({ kind: 'grant' as const, from })),
          ...urls.map((each) => ({ kind: 'url' as const, from: text(each.AuthType) })),
        ]
      : null,
    sinks:
      invokes === null
        ? null
        : distinct([
            ...versions.flatMap(({ deadLetterArn }) => (deadLetterArn === undefined ? [] : [deadLetterArn])),
            ...invokes.flatMap((each) => destinationsOf(each.DestinationConfig)),
          ]),
    tags: described === null ? null : { ...described.tags },
    reserved: described === null ? null : described.reservedConcurrency,
    prepared,
    codeSha256: latest.codeSha256,
    lastModified: latest.lastModified,
  };
}

/** Whether the policy that profile `static` would attach is there. */
async function isPrepared(aws: AwsAccess, request: CollectRequest, functionName: string): Promise<boolean> {
  try {
    await aws.iam.getManagedPolicy(quarantinePolicyArn({ ...request, functionName }, 'function'));
    return true;
  } catch (error) {
    if (error instanceof AwsError && error.code === 'cordon_aws_not_found') return false;
    throw error;
  }
}

async function roleOf(
  aws: AwsAccess,
  request: CollectRequest,
  roleArn: string,
  keep: Keep,
  note: (unreadable: Picture['unknown'][number]) => void,
): Promise<InventoryRole> {
  const place: Pick<Target, 'account' | 'partition'> = request;
  // Only account and partition of a target are looked at: a role of another account is refused by them.
  const { document, unknown } = await readRole(aws.iam, place as Target, roleArn);
  for (const each of unknown) note(each);
  const inline = objectOf(document.inlinePolicies);
  const attached = document.attachedPolicies;
  const trust = objectOf(objectOf(document.role)?.AssumeRolePolicyDocument ?? null);
  const managed = Array.isArray(attached) ? attached.map((each) => objectOf(each)) : null;
  const documents =
    inline === null || managed === null
      ? null
      : [
          ...Object.values(inline).map((each) => objectOf(each ?? null)),
          ...managed.map((each) => objectOf(each?.document ?? null)),
        ];
  const whole = documents?.every((each) => each !== null) === true;
  const undoes = await keep(`simulation of ${roleArn}`, () =>
    aws.iam.simulate({ roleArn, actions: UNDOING, resourceArns: [] }),
  );
  return {
    roleArn,
    others: trust === null ? null : [...othersTrusted(trust)],
    grants:
      whole && documents !== null
        ? [...grantsOf(documents.flatMap((each) => (each === null ? [] : [each])))]
        : null,
    inlineSize:
      inline === null
        ? null
        : Object.values(inline).reduce<number>((sum, each) => sum + sizeOf(each ?? null), 0),
    attached: managed === null ? null : managed.map((each) => text(each?.arn)),
    undoes: undoes === null ? null : undoes.filter(({ allowed }) => allowed).map(({ action }) => action),
  };
}

/** Declared permissions that the simulator denies one of Cordon's own roles, each on a resource of its pattern. */
async function missingOf(
  aws: AwsAccess,
  request: CollectRequest,
  purpose: AwsPurpose,
  roleArn: string,
): Promise<string[]> {
  const { partition, account, region, profile } = request;
  const policy = policyFor(request.actions, purpose, { partition, account, region, profile });
  const missing: string[] = [];
  for (const { Effect, Action: actions, Resource: resources, Condition } of policy.Statement) {
    // A denial of one's own roles takes nothing from what is needed.
    if (Effect === 'Deny') continue;
    const named = resources.map(anExample).slice(0, 1);
    const answers = await aws.iam.simulate({
      roleArn,
      actions,
      resourceArns: resources.includes('*') ? [] : named,
      context: { 'aws:RequestedRegion': region, ...exampleOf(Condition ?? null) },
    });
    missing.push(...answers.filter(({ allowed }) => !allowed).map(({ action }) => action));
  }
  return distinct(missing);
}

/** One request that meets a condition: each key with a value of its pattern. */
function exampleOf(condition: Json): Readonly<Record<string, string>> {
  const example: Record<string, string> = {};
  for (const keys of Object.values(objectOf(condition) ?? {})) {
    for (const [key, value] of Object.entries(objectOf(keys ?? null) ?? {})) {
      const [first] = Array.isArray(value) ? listOf(value) : [value ?? ''];
      example[key] = anExample(text(first));
    }
  }
  return example;
}

function anExample(pattern: string): string {
  return pattern.replaceAll('*', 'cordon-readiness');
}

async function changesOf(aws: AwsAccess): Promise<NonNullable<Picture['changes']>> {
  const found: NonNullable<Picture['changes']> = [];
  for (const EventName of CHANGES) {
    const pages = aws.survey.pages({
      call: 'cloudtrail:LookupEvents',
      input: { LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: EventName }], MaxResults: 50 },
    });
    // The newest come first; older pages are history.
    for await (const page of pages) {
      for (const each of listOf(page.Events)) {
        const event = objectOf(each);
        const record = parsed(text(event?.CloudTrailEvent));
        const name = text(objectOf(record?.requestParameters ?? null)?.functionName);
        found.push({
          at: text(event?.EventTime),
          call: EventName,
          by: text(objectOf(record?.userIdentity ?? null)?.arn) || text(event?.Username),
          functionName: name.split(':function:').at(-1)?.split(':')[0] ?? name,
        });
      }
      break;
    }
  }
  return found.sort((a, b) => (a.at < b.at ? 1 : -1)).slice(0, MOST_CHANGES);
}

function grantsOn(policy: JsonObject | null): readonly string[] {
  return listOf(policy?.Statement).map((each) => {
    const statement = objectOf(each);
    return `${text(statement?.Sid)}: ${JSON.stringify(statement?.Principal ?? null)}`;
  });
}

function destinationsOf(config: Json | undefined): readonly string[] {
  const destinations = objectOf(config ?? null);
  return Object.values(destinations ?? {}).flatMap((each) => {
    const arn = text(objectOf(each ?? null)?.Destination);
    return arn === '' ? [] : [arn];
  });
}

function parsed(json: string): JsonObject | null {
  try {
    const value: Json = JSON.parse(json);
    return objectOf(value);
  } catch {
    return null;
  }
}

function sizeOf(document: Json): number {
  return JSON.stringify(document).replace(/\s/g, '').length;
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function objectOf(value: Json | undefined): JsonObject | null {
  // `Array.isArray` does not narrow a readonly list.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []; // as above
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}
