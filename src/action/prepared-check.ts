import type { Json, JsonObject } from '../json.ts';
import { canonicalJson } from '../timeline/canonical.ts';
import { AwsError } from './failure.ts';
import type { ActionContext } from './ports.ts';
import { DELIVERY, type QuarantineScope, quarantinePolicy } from './quarantine-policy.ts';

/**
 * A prepared policy has only its name in common with what it should say: whoever may write policies can have changed it
 * since the template made it, and then attaching it would deny nothing, or allow something. So its document is compared
 * before it is attached, and one of another content is refused: the ladder goes on to the next way.
 */

/** Refuses a prepared policy whose default version is not as `fits` wants it. */
export async function refuseForeign(
  context: ActionContext,
  policyArn: string,
  fits: (document: JsonObject) => boolean,
): Promise<void> {
  if (await isAsMade(context, policyArn, fits)) return;
  throw new AwsError(
    'cordon_prepared_policy_differs',
    'iam:GetPolicyVersion',
    `expected ${policyArn} to hold the document that the account template makes, found another in its default version: it is not attached; install the template again and find out who changed it`,
    { classification: 'terminal' },
  );
}

async function isAsMade(
  context: ActionContext,
  policyArn: string,
  fits: (document: JsonObject) => boolean,
): Promise<boolean> {
  try {
    return fits(await context.aws('read').iam.getManagedPolicy(policyArn));
  } catch (error) {
    // A role from before this check may not look: that is no reason to contain less.
    if (error instanceof AwsError && error.code === 'cordon_aws_access_denied') return true;
    throw error;
  }
}

/** Whether two documents say the same: the order of keys, and of names in a list, means nothing to IAM. Pure. */
export function sameDocument(left: JsonObject, right: JsonObject): boolean {
  return canonicalJson(sorted(left)) === canonicalJson(sorted(right));
}

/**
 * Whether a document is a quarantine of `scope` as we generate it, for some log groups and sinks of this account. Which
 * ones there were when the template was made is not known here: older versions log elsewhere. None may be a pattern. Pure.
 */
export function isQuarantine(
  document: JsonObject,
  scope: QuarantineScope,
  place: { readonly partition: string; readonly account: string; readonly region: string },
): boolean {
  const open = pinned(document);
  if (open === null) return false;
  const groups = `arn:${place.partition}:logs:${place.region}:${place.account}:log-group:`;
  const logGroups = open.filter((arn) => arn.startsWith(groups));
  const sinks = open.filter((arn) => !arn.startsWith(groups));
  return (
    sinks.every((arn) => isSinkOf(arn, place.account)) &&
    sameDocument(document, quarantinePolicy(scope, { logGroups: logGroups.sort(), sinks: sinks.sort() }))
  );
}

/** The resources that the document leaves open, each by its plain ARN; `null` where one of them is a pattern. */
function pinned(document: JsonObject): string[] | null {
  const statements = Array.isArray(document.Statement) ? document.Statement : [];
  const listed = statements.flatMap((statement) => {
    const names =
      typeof statement === 'object' && statement !== null && !Array.isArray(statement)
        ? statement.NotResource
        : undefined;
    return Array.isArray(names) ? names.map(String) : [];
  });
  const plain = [...new Set(listed.map((name) => name.replace(/(:|\/)\*$/, '')))];
  return plain.length === 0 || plain.some((arn) => /[*?$]/.test(arn)) ? null : plain;
}

/** The ARN of a bucket names no account: the document itself then holds S3 to this one. */
function isSinkOf(arn: string, account: string): boolean {
  const [, , service = '', , owner] = arn.split(':');
  return DELIVERY[service] !== undefined && (service === 's3' || owner === account);
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) {
    const inner = value.map(sorted);
    return inner.every((each) => typeof each === 'string') ? [...inner].sort() : inner;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, sorted(inner ?? null)]));
}
