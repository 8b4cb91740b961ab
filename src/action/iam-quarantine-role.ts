import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { type ActionObject, defineContainAction } from './action.ts';
import { logGroupArn, roleNameIn } from './arn.ts';
import type { Target } from './ports.ts';
import { isQuarantine, refuseForeign, sameDocument } from './prepared-check.ts';
import { quarantinePolicyName } from './quarantine-names.ts';
import { anyFunctionPolicy, MAX_LOG_GROUPS, quarantinePolicy } from './quarantine-policy.ts';
import { nextWay, preparedArn, QUARANTINE_WAYS, stopsSiblings, takenBoundary } from './quarantine-ways.ts';
import { FUNCTIONS, QUARANTINE_BOUNDARIES_ONLY, ROLES } from './resources.ts';
import {
  applyRolePolicy,
  isAttached,
  nameOf,
  observeRolePolicy,
  policyDocument,
  type RolePolicyDesired,
  type RolePolicyPrior,
  revertRolePolicy,
  rolePolicyChanges,
  rolePolicyDesired,
  rolePolicyPrior,
  wayOf,
} from './role-policy.ts';
import { rolePolicyPermissions } from './role-policy-permissions.ts';
import { tolerant } from './tolerant.ts';

const DENY = rolePolicyPermissions('deny');

const input = z.strictObject({
  /** Every distinct role of every version; one object each. */
  roles: z
    .array(z.string().regex(/^arn:[a-z-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/))
    .min(1)
    .max(50),
  mode: z.enum(['function', 'role']),
  /** Absent: as the account's profile says, inline in `dynamic`, by the function's own prepared policy in `static`. */
  way: z.enum(QUARANTINE_WAYS).optional(),
  /** Further log groups to leave open, where versions log elsewhere than `$LATEST`. */
  logGroups: z
    .array(z.string().min(1).max(512))
    .max(MAX_LOG_GROUPS - 2)
    .optional(),
  /** Sinks of failed events, of every qualifier and version, that a whole-role deny must leave open. */
  sinks: z.array(z.string().startsWith('arn:').max(2048)).max(40).optional(),
});

/** What a held quarantine is; `containment.verify` reads it back. */
export const quarantineDesired = rolePolicyDesired;

type Input = z.infer<typeof input>;
type Prior = RolePolicyPrior;

export const quarantineRole = defineContainAction<Input, Prior>({
  id: 'iam.quarantine-role',
  title: 'Deny the execution role everything but its logs',
  description:
    'Puts one named policy on the role that denies everything except writing the logs and traces that are evidence, and ' +
    'delivering failed events. Mode function denies only calls from inside this function, so that siblings on a shared ' +
    "role and Lambda's own polling and delivery go on; mode role denies every session of the role, wherever it is used. " +
    'Issued credentials stay valid and powerless. IAM takes about four seconds to apply it. Profile static attaches a ' +
    'policy that the template made beforehand, and nothing else; profile dynamic writes an inline one, for which it ' +
    'needs iam:PutRolePolicy on roles, which is administrator-equivalent. Where that cannot be had, mode function goes ' +
    'another way by itself: the prepared policy, the one that the account has for every function on a role, the ' +
    'permissions boundary. The last two also stop siblings, and are asked about like a deny of the whole role.',
  effect: 'contain',
  reversible: true,
  permissions: [
    ...DENY.observed,
    {
      action: 'lambda:GetFunction',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'learns which log group stays open',
    },
    ...DENY.prepared,
    {
      action: 'iam:GetRole',
      purpose: 'read',
      resource: ROLES,
      why: 'captures and observes the permissions boundary',
    },
    {
      action: 'iam:PutRolePermissionsBoundary',
      purpose: 'contain',
      resource: ROLES,
      why: 'puts the prepared deny where no policy can be attached any more',
      condition: QUARANTINE_BOUNDARIES_ONLY,
    },
    {
      action: 'iam:DeleteRolePermissionsBoundary',
      purpose: 'release',
      resource: ROLES,
      why: 'takes it away',
      condition: QUARANTINE_BOUNDARIES_ONLY,
    },
    {
      action: 'iam:PutRolePermissionsBoundary',
      purpose: 'release',
      resource: ROLES,
      why: 'puts the former boundary back',
      profile: 'dynamic',
    },
    ...DENY.inline,
  ],
  input,
  prior: rolePolicyPrior,

  objects: (target, request) =>
    [...new Set(request.roles)].map((arn) => ({ key: keyOf(target, request, arn), arn })),

  async capture(context, object, request) {
    const { target } = context;
    const roleName = roleNameIn(target, object.arn, 'iam:PutRolePolicy');
    const way = wayOf(target, request.way);
    const prepared = preparedArn(target, way, request.mode);
    const untouched = prepared === null ? null : refuseForeign(context, prepared, isOurs(target, request));
    if (way === 'boundary') {
      const [boundary] = await Promise.all([takenBoundary(context, roleName), untouched]);
      return { document: null, logGroup: null, attached: false, boundary };
    }
    if (prepared !== null) {
      const [attached] = await Promise.all([isAttached(context, roleName, prepared), untouched]);
      return { document: null, logGroup: null, attached, boundary: null };
    }
    const { iam, lambda } = context.aws('read');
    // Side by side, and from another bucket than Lambda's 15 calls a second: no extra round for the log group.
    const [document, described] = await Promise.all([
      iam.getInlinePolicy(roleName, quarantinePolicyName(target, request.mode)),
      tolerant(() => lambda.getFunctionOnce(target.functionArn)),
    ]);
    return {
      document: document === null ? null : policyDocument.parse(document),
      logGroup: described.kind === 'found' ? described.value.configuration.logGroup : null,
      attached: false,
      boundary: null,
    };
  },

  otherwise(request, object, code) {
    const way = nextWay(request.mode, request.way, code);
    return way === null ? null : { ...request, roles: [object.arn], way };
  },

  plan({ object, input: request, prior, target }) {
    const wanted = wantedOf(object, request, prior, target);
    const whom = whomOf(target, request);
    const what = `Deny ${whom} of role ${nameOf(object)} everything but logs`;
    return { changes: rolePolicyChanges(object, prior, wanted, what), desired: wanted };
  },

  apply: applyRolePolicy,
  observe: observeRolePolicy,
  revert: revertRolePolicy,
});

function wantedOf(
  object: ActionObject,
  request: Input,
  prior: Prior | null,
  target: Target,
): RolePolicyDesired {
  const { mode } = request;
  const way = wayOf(target, request.way);
  const prepared = preparedArn(target, way, mode);
  const named = {
    roleArn: object.arn,
    policyName: prepared?.split('/').at(-1) ?? quarantinePolicyName(target, mode),
    functionArn: mode === 'function' ? target.functionArn : null,
    boundary: way === 'boundary',
  };
  if (prepared !== null) return { ...named, policyArn: prepared, document: {} };
  // The default group is open too: older versions, and a configuration that changed, log there.
  // What the manifest found is left open whoever asks for the deny: a person does not list sinks at 3 a.m.
  const open = mode === 'role' ? target.open : undefined;
  const groups = new Set([
    `/aws/lambda/${target.functionName}`,
    ...(request.logGroups ?? []),
    ...(open?.logGroups ?? []),
  ]);
  if (prior !== null && prior.logGroup !== null) groups.add(prior.logGroup);
  const ours = target.means?.sink ?? null;
  const document = quarantinePolicy(
    mode === 'function' ? { kind: 'function', functionArn: target.functionArn } : { kind: 'role' },
    {
      logGroups: [...groups].sort().map((group) => logGroupArn(target, group)),
      sinks: [
        ...new Set([...(request.sinks ?? []), ...(open?.sinks ?? []), ...(ours === null ? [] : [ours])]),
      ].sort(),
    },
  );
  return { ...named, policyArn: null, document: policyDocument.parse(document) };
}

/** What denies every function on the role is the same for each of them: the last incident takes it away. */
function keyOf(target: Target, request: Input, roleArn: string): string {
  const way = wayOf(target, request.way);
  if (stopsSiblings(way)) return `role-quarantine:${way}:${roleArn}`;
  return `role-quarantine:${way === 'attached' ? 'attached:' : ''}${request.mode}:${roleArn}#${target.functionArn}`;
}

/** What tells the prepared policy of a way from one that somebody changed. */
function isOurs(target: Target, request: Input): (document: JsonObject) => boolean {
  const way = wayOf(target, request.way);
  if (stopsSiblings(way)) {
    const wanted = anyFunctionPolicy(target, way === 'boundary' ? 'boundary' : 'policy');
    return (document) => sameDocument(document, wanted);
  }
  const scope =
    request.mode === 'role'
      ? { kind: 'role' as const }
      : { kind: 'function' as const, functionArn: target.functionArn };
  return (document) => isQuarantine(document, scope, target);
}

function whomOf(target: Target, request: Input): string {
  if (stopsSiblings(wayOf(target, request.way))) return 'calls from every function';
  return request.mode === 'function' ? `calls from ${target.functionName}` : 'every session';
}
