import type { Json, JsonObject } from '../json.ts';
import type { FunctionConfiguration } from './ports.ts';

/** A role as the manifest read it: `role.AssumeRolePolicyDocument` is its trust. */
interface ReadRole {
  readonly document: JsonObject;
}

/**
 * Who else can use each role: `exclusive` to this function, or also for the `outside` of Lambda. A role whose
 * trust or whose siblings could not be read is neither: it is treated as shared. Pure.
 */
export function usersOf(
  read: readonly ReadRole[],
  roles: readonly string[],
  siblings: readonly { readonly roleArn: string }[] | null,
): { readonly exclusive: string[]; readonly outside: string[] } {
  const shared = new Set(siblings?.map((sibling) => sibling.roleArn));
  const exclusive: string[] = [];
  const outside: string[] = [];
  for (const role of roles) {
    const document = read.find((one) => one.document.arn === role)?.document;
    const principals = document === undefined ? null : trustedBy(document);
    if (principals === null) continue;
    if (principals.some((principal) => principal !== 'Service lambda.amazonaws.com')) outside.push(role);
    else if (siblings !== null && !shared.has(role)) exclusive.push(role);
  }
  return { exclusive, outside };
}

/** The principals that a role's trust lets in, as `<kind> <name>`; `null` when it could not be read. */
export function trustedBy(document: JsonObject): readonly string[] | null {
  const trust = member(document.role, 'AssumeRolePolicyDocument');
  const statements = member(trust, 'Statement');
  if (statements === undefined || statements === null) return null;
  return list(statements).flatMap((statement) => {
    if (member(statement, 'Effect') !== 'Allow') return [];
    const principal = member(statement, 'Principal');
    // NotPrincipal lets in everybody else.
    if (principal === undefined) return ['* *'];
    if (typeof principal !== 'object' || principal === null || Array.isArray(principal))
      return [`* ${String(principal)}`];
    return Object.entries(principal).flatMap(([kind, names]) =>
      list(names ?? null).map((name) => `${kind} ${String(name)}`),
    );
  });
}

/**
 * The sinks that failed events may go on going to (reference, 1.8.2): of this account, and configured before
 * suspicion. A destination that the attacker set, or in somebody else's account, is not pinned: ours is. Pure.
 */
export function trustedSinks(found: {
  readonly account: string;
  readonly suspectedAt: string;
  readonly configurations: readonly FunctionConfiguration[];
  readonly invokeConfigs: readonly JsonObject[];
}): string[] {
  const deadLetters = found.configurations.map((one) => [one.deadLetterArn, one.lastModified] as const);
  const destinations = found.invokeConfigs.flatMap((config) =>
    ['OnFailure', 'OnSuccess'].map(
      (kind) => [member(member(config.DestinationConfig, kind), 'Destination'), config.LastModified] as const,
    ),
  );
  return [
    ...new Set(
      [...deadLetters, ...destinations].flatMap(([arn, changed]) =>
        typeof arn === 'string' && isTrusted(found, arn, changed) ? [arn] : [],
      ),
    ),
  ].sort();
}

/**
 * Whether a sink is of the function's own account and was set, at `changed` (an instant in any of AWS's forms), before the
 * first suspicion. The ARN of a bucket names no account: whose it is is asked in the deny itself.
 */
export function isTrusted(
  since: { readonly account: string; readonly suspectedAt: string },
  arn: string,
  changed: unknown,
): boolean {
  const [, , service, , account] = arn.split(':');
  const mine = service === 's3' || account === since.account;
  return mine && instantOf(changed) < new Date(since.suspectedAt).getTime();
}

/** Lambda's answers have ISO 8601 in configurations; what is no instant counts as of now. */
function instantOf(changed: unknown): number {
  const ms = new Date(String(changed)).getTime();
  return Number.isFinite(ms) ? ms : Number.POSITIVE_INFINITY;
}

function member(value: Json | undefined, key: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)[key] // neither null nor a list: an object
    : undefined;
}

function list(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [value];
}
