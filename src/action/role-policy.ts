import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { canonicalJson } from '../timeline/canonical.ts';
import type { ActionObject, Change, Observation } from './action.ts';
import { roleNameIn } from './arn.ts';
import { AwsError } from './failure.ts';
import type { ActionContext, IamPort, Target } from './ports.ts';

/**
 * One named policy on one role, as several actions put it: inline, or by attaching one that was prepared. The name
 * follows from what is denied and never from the incident, so that a second incident on the role finds, keeps and at last
 * removes the very policy that the first one put.
 */

export const policyDocument = z.record(z.string(), z.json());

export const rolePolicyPrior = z.strictObject({
  /** The document found under our policy's name; `null`, as nearly always, when there is none. */
  document: policyDocument.nullable(),
  /** Where the function logs, as far as it could be read and matters. */
  logGroup: z.string().nullable(),
  /** Whether the prepared policy was attached already. */
  attached: z.boolean().default(false),
  /** The permissions boundary that was there, where ours takes its place; `null` when there was none. */
  boundary: z.string().nullable().optional(),
});

export const rolePolicyDesired = z.strictObject({
  roleArn: z.string(),
  policyName: z.string(),
  /** The prepared policy that is attached; `null` when the deny is inline. */
  policyArn: z.string().nullable().default(null),
  /** True when it is in the slot of the permissions boundary. */
  boundary: z.boolean().optional(),
  /** The inline document; empty for a prepared policy, whose document is its own. */
  document: policyDocument,
  /** The function that the deny is confined to; `null` when it holds for the whole role. */
  functionArn: z.string().nullable(),
});

export type RolePolicyPrior = z.infer<typeof rolePolicyPrior>;
export type RolePolicyDesired = z.infer<typeof rolePolicyDesired>;

/** How a deny is put on a role: as asked, else by profile. Targets of incidents that began before there were profiles: inline. */
export function wayOf<Way extends string>(
  target: Target,
  asked: Way | undefined,
): Way | 'inline' | 'attached' {
  return asked ?? (target.means?.profile === 'static' ? 'attached' : 'inline');
}

/** Whether a role has a policy attached. */
export async function isAttached(
  context: ActionContext,
  roleName: string,
  policyArn: string,
): Promise<boolean> {
  const attached = await context.aws('read').iam.listAttachedPolicies(roleName);
  return attached.some((policy) => policy.arn === policyArn);
}

/** The one write that leads to `wanted`, with its undoing; none when it is there already. Pure. */
export function rolePolicyChanges(
  object: ActionObject,
  prior: RolePolicyPrior | null,
  wanted: RolePolicyDesired,
  what: string,
): readonly Change[] {
  const { policyName, policyArn, document } = wanted;
  if (wanted.boundary === true) return boundaryChanges(object, prior, wanted, what);
  const there = policyArn === null ? same(prior?.document ?? null, document) : prior?.attached === true;
  if (prior !== null && there) return [];
  const change =
    policyArn === null
      ? {
          call: 'iam:PutRolePolicy',
          request: { RoleName: nameOf(object), PolicyName: policyName, PolicyDocument: document },
          summary: `${what} (inline policy ${policyName})`,
        }
      : {
          call: 'iam:AttachRolePolicy',
          request: { RoleName: nameOf(object), PolicyArn: policyArn },
          summary: `${what} (prepared policy ${policyName})`,
        };
  return [{ ...change, objectArn: object.arn, undo: undoOf(prior, wanted, nameOf(object)) }];
}

function boundaryChanges(
  object: ActionObject,
  prior: RolePolicyPrior | null,
  { policyName, policyArn }: RolePolicyDesired,
  what: string,
): readonly Change[] {
  if (prior !== null && prior.boundary === policyArn) return [];
  const role = nameOf(object);
  return [
    {
      call: 'iam:PutRolePermissionsBoundary',
      objectArn: object.arn,
      request: { RoleName: role, PermissionsBoundary: policyArn },
      summary: `${what} (permissions boundary ${policyName})`,
      undo:
        prior === null
          ? `A person must say which permissions boundary ${role} had`
          : (prior.boundary ?? null) === null
            ? `Take the permissions boundary of role ${role} away`
            : `Put the permissions boundary ${prior.boundary} of role ${role} back`,
    },
  ];
}

/** Makes the write of `rolePolicyChanges`. */
export async function applyRolePolicy(
  context: ActionContext,
  object: ActionObject,
  wanted: JsonObject,
): Promise<void> {
  const { policyName, policyArn, document, boundary } = rolePolicyDesired.parse(wanted);
  const { iam } = context.aws('contain');
  if (policyArn !== null && boundary === true) {
    const roleName = roleNameIn(context.target, object.arn, 'iam:PutRolePermissionsBoundary');
    await iam.putBoundary(roleName, policyArn);
    return;
  }
  if (policyArn !== null) {
    await iam.attachPolicy(roleNameIn(context.target, object.arn, 'iam:AttachRolePolicy'), policyArn);
    return;
  }
  await iam.putInlinePolicy(
    roleNameIn(context.target, object.arn, 'iam:PutRolePolicy'),
    policyName,
    document,
  );
}

/** See `ContainAction.observe`. */
export async function observeRolePolicy(
  context: ActionContext,
  object: ActionObject,
  prior: RolePolicyPrior | null,
  wanted: JsonObject,
): Promise<Observation> {
  const { policyName, policyArn, document, boundary } = rolePolicyDesired.parse(wanted);
  const roleName = roleNameIn(context.target, object.arn, 'iam:GetRolePolicy');
  if (boundary === true) {
    const found = (await context.aws('read').iam.getRole(roleName)).permissionsBoundaryArn;
    if (found === policyArn) return { kind: 'in-effect' };
    if (found === (prior?.boundary ?? null)) return { kind: 'not-in-effect' };
    return { kind: 'conflict', found: `the permissions boundary of ${object.arn} is ${found ?? 'gone'}` };
  }
  if (policyArn !== null) {
    const there = await isAttached(context, roleName, policyArn);
    return { kind: there ? 'in-effect' : 'not-in-effect' };
  }
  const found = await context.aws('read').iam.getInlinePolicy(roleName, policyName);
  if (same(found, document)) return { kind: 'in-effect' };
  if (prior === null ? found === null : same(found, prior.document)) return { kind: 'not-in-effect' };
  return {
    kind: 'conflict',
    found: `inline policy ${policyName} of ${object.arn} has another content than ours`,
  };
}

/** See `ContainAction.revert`. */
export async function revertRolePolicy(
  context: ActionContext,
  object: ActionObject,
  prior: RolePolicyPrior,
  wanted: JsonObject,
): Promise<void> {
  const { policyName, policyArn, boundary } = rolePolicyDesired.parse(wanted);
  const { iam } = context.aws('release');
  if (boundary === true) {
    await putBoundaryBack(iam, roleNameIn(context.target, object.arn, 'iam:GetRole'), prior.boundary ?? null);
    return;
  }
  const call = policyArn === null ? 'iam:DeleteRolePolicy' : 'iam:DetachRolePolicy';
  const roleName = roleNameIn(context.target, object.arn, call);
  if (policyArn === null && prior.document !== null) {
    await iam.putInlinePolicy(roleName, policyName, prior.document);
    return;
  }
  if (policyArn !== null && prior.attached) return;
  try {
    if (policyArn === null) await iam.deleteInlinePolicy(roleName, policyName);
    else await iam.detachPolicy(roleName, policyArn);
  } catch (error) {
    // Gone already, with or without its role: that is what was wanted.
    if (!(error instanceof AwsError) || error.code !== 'cordon_aws_not_found') throw error;
  }
}

async function putBoundaryBack(iam: IamPort, roleName: string, boundary: string | null): Promise<void> {
  if (boundary !== null) {
    await iam.putBoundary(roleName, boundary);
    return;
  }
  try {
    await iam.deleteBoundary(roleName);
  } catch (error) {
    // Gone already, with or without its role: that is what was wanted.
    if (!(error instanceof AwsError) || error.code !== 'cordon_aws_not_found') throw error;
  }
}

/** Whether two policy documents say the same, whatever the order of their keys. */
export function same(left: JsonObject | null, right: JsonObject | null): boolean {
  return canonicalJson(left) === canonicalJson(right);
}

/** The role's name, without its path. */
export function nameOf(object: ActionObject): string {
  return object.arn.split('/').at(-1) ?? object.arn;
}

function undoOf(
  prior: RolePolicyPrior | null,
  { policyName, policyArn }: RolePolicyDesired,
  roleName: string,
): string {
  if (prior === null) return `A person must say whether ${roleName} had a policy ${policyName}`;
  if (policyArn !== null) return `Detach the prepared policy ${policyName} from role ${roleName}`;
  return prior.document === null
    ? `Delete the inline policy ${policyName} of role ${roleName}`
    : `Put back the policy that was named ${policyName} before`;
}
