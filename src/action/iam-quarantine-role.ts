import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { canonicalJson } from '../timeline/canonical.ts';
import { type ActionObject, defineContainAction } from './action.ts';
import { logGroupArn, roleNameIn } from './arn.ts';
import { AwsError } from './failure.ts';
import type { ActionContext, Target } from './ports.ts';
import { quarantinePolicyArn, quarantinePolicyName } from './quarantine-names.ts';
import { MAX_LOG_GROUPS, quarantinePolicy } from './quarantine-policy.ts';
import { FUNCTIONS, QUARANTINE_POLICIES_ONLY, ROLES } from './resources.ts';
import { tolerant } from './tolerant.ts';

const policyDocument = z.record(z.string(), z.json());

const input = z.strictObject({
  /** Every distinct role of every version; one object each. */
  roles: z
    .array(z.string().regex(/^arn:[a-z-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/))
    .min(1)
    .max(50),
  mode: z.enum(['function', 'role']),
  /**
   * How the deny is put on the role. Absent: as the account's profile says, inline in `dynamic`, by a policy
   * that was prepared in `static`. `attached` is also the way out where the inline policies are full.
   */
  way: z.enum(['inline', 'attached']).optional(),
  /** Further log groups to leave open, where versions log elsewhere than `$LATEST`. */
  logGroups: z
    .array(z.string().min(1).max(512))
    .max(MAX_LOG_GROUPS - 2)
    .optional(),
  /** Sinks of failed events, of every qualifier and version, that a whole-role deny must leave open. */
  sinks: z.array(z.string().startsWith('arn:').max(2048)).max(40).optional(),
});

const prior = z.strictObject({
  /** The document found under our policy's name; `null`, as nearly always, when there is none. */
  document: policyDocument.nullable(),
  /** Where the function logs, as far as it could be read. */
  logGroup: z.string().nullable(),
  /** Whether the prepared policy was attached already. */
  attached: z.boolean().default(false),
});

const desired = z.strictObject({
  roleArn: z.string(),
  policyName: z.string(),
  /** The prepared policy that is attached; `null` when the deny is inline. */
  policyArn: z.string().nullable().default(null),
  /** The inline document; empty for a prepared policy, whose document is its own. */
  document: policyDocument,
  /** The function that the deny is confined to; `null` when it holds for the whole role. */
  functionArn: z.string().nullable(),
});

/** What a held quarantine is; `containment.verify` reads it back. */
export const quarantineDesired = desired;

type Input = z.infer<typeof input>;
type Prior = z.infer<typeof prior>;
type Desired = z.infer<typeof desired>;

export const quarantineRole = defineContainAction<Input, Prior>({
  id: 'iam.quarantine-role',
  title: 'Deny the execution role everything but its logs',
  description:
    'Puts one named policy on the role that denies everything except writing the logs and traces that are evidence, and ' +
    'delivering failed events. Mode function denies only calls from inside this function, so that siblings on a shared ' +
    "role and Lambda's own polling and delivery go on; mode role denies every session of the role, wherever it is used. " +
    'Issued credentials stay valid and powerless. IAM takes about four seconds to apply it. Profile static attaches a ' +
    'policy that the template made beforehand, and nothing else; profile dynamic writes an inline one, for which it ' +
    'needs iam:PutRolePolicy on roles, which is administrator-equivalent.',
  effect: 'contain',
  reversible: true,
  permissions: [
    {
      action: 'iam:GetRolePolicy',
      purpose: 'read',
      resource: ROLES,
      why: 'captures and observes our named policy',
    },
    {
      action: 'iam:ListAttachedRolePolicies',
      purpose: 'read',
      resource: ROLES,
      why: 'captures and observes whether ours is attached',
    },
    {
      action: 'lambda:GetFunction',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'learns which log group stays open',
    },
    {
      action: 'iam:AttachRolePolicy',
      purpose: 'contain',
      resource: ROLES,
      why: 'attaches the prepared deny',
      condition: QUARANTINE_POLICIES_ONLY,
    },
    {
      action: 'iam:DetachRolePolicy',
      purpose: 'release',
      resource: ROLES,
      why: 'takes the prepared deny away',
      condition: QUARANTINE_POLICIES_ONLY,
    },
    {
      action: 'iam:PutRolePolicy',
      purpose: 'contain',
      resource: ROLES,
      why: 'puts the deny on the role',
      profile: 'dynamic',
    },
    {
      action: 'iam:PutRolePolicy',
      purpose: 'release',
      resource: ROLES,
      why: 'puts back what had that name before',
      profile: 'dynamic',
    },
    {
      action: 'iam:DeleteRolePolicy',
      purpose: 'release',
      resource: ROLES,
      why: 'takes the deny away',
      profile: 'dynamic',
    },
  ],
  input,
  prior,

  objects: (target, request) =>
    [...new Set(request.roles)].map((arn) => ({
      key: `role-quarantine:${wayOf(target, request) === 'attached' ? 'attached:' : ''}${request.mode}:${arn}#${target.functionArn}`,
      arn,
    })),

  async capture(context, object, request) {
    const { target } = context;
    const roleName = roleNameIn(target, object.arn, 'iam:PutRolePolicy');
    if (wayOf(target, request) === 'attached') {
      const attached = await isAttached(context, roleName, quarantinePolicyArn(target, request.mode));
      return { document: null, logGroup: null, attached };
    }
    const { iam, lambda } = context.aws('read');
    // Side by side, and from another bucket than Lambda's 15 calls a second: no extra round for the log group.
    const [document, described] = await Promise.all([
      iam.getInlinePolicy(roleName, quarantinePolicyName(target, request.mode)),
      tolerant(() => lambda.getFunction(target.functionArn)),
    ]);
    return {
      document: document === null ? null : policyDocument.parse(document),
      logGroup: described.kind === 'found' ? described.value.configuration.logGroup : null,
      attached: false,
    };
  },

  plan({ object, input: request, prior, target }) {
    const wanted = wantedOf(object, request, prior, target);
    if (prior !== null && isThere(wanted, prior)) return { changes: [], desired: wanted };
    const { policyName, policyArn, document } = wanted;
    const whom = request.mode === 'function' ? `calls from ${target.functionName}` : 'every session';
    const what = `Deny ${whom} of role ${nameOf(object)} everything but logs`;
    const undo = undoOf(prior, wanted, nameOf(object));
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
    return { changes: [{ ...change, objectArn: object.arn, undo }], desired: wanted };
  },

  async apply(context, object, wanted) {
    const { policyName, policyArn, document } = desired.parse(wanted);
    const { iam } = context.aws('contain');
    if (policyArn !== null) {
      await iam.attachPolicy(roleNameIn(context.target, object.arn, 'iam:AttachRolePolicy'), policyArn);
      return;
    }
    const roleName = roleNameIn(context.target, object.arn, 'iam:PutRolePolicy');
    await iam.putInlinePolicy(roleName, policyName, document);
  },

  async observe(context, object, prior, wanted) {
    const { policyName, policyArn, document } = desired.parse(wanted);
    const roleName = roleNameIn(context.target, object.arn, 'iam:GetRolePolicy');
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
  },

  async revert(context, object, prior, wanted) {
    const { policyName, policyArn } = desired.parse(wanted);
    const { iam } = context.aws('release');
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
  },
});

/**
 * The policy's name follows from what is denied, not from the incident: a second incident that holds the same
 * object must find, keep and at last remove the very policy that the first one put. With the incident in the
 * name, the first one's policy would stay behind for ever.
 */
function wantedOf(object: ActionObject, request: Input, prior: Prior | null, target: Target): Desired {
  const { mode } = request;
  const named = {
    roleArn: object.arn,
    policyName: quarantinePolicyName(target, mode),
    functionArn: mode === 'function' ? target.functionArn : null,
  };
  if (wayOf(target, request) === 'attached') {
    return { ...named, policyArn: quarantinePolicyArn(target, mode), document: {} };
  }
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

function isThere(wanted: Desired, prior: Prior): boolean {
  return wanted.policyArn === null ? same(prior.document, wanted.document) : prior.attached;
}

/** As asked, else by profile. Targets of incidents that began before there were profiles were denied inline. */
function wayOf(target: Target, request: Input): 'inline' | 'attached' {
  return request.way ?? (target.means?.profile === 'static' ? 'attached' : 'inline');
}

async function isAttached(context: ActionContext, roleName: string, policyArn: string): Promise<boolean> {
  const attached = await context.aws('read').iam.listAttachedPolicies(roleName);
  return attached.some((policy) => policy.arn === policyArn);
}

/** Whether two policy documents say the same, whatever the order of their keys. */
export function same(left: JsonObject | null, right: JsonObject | null): boolean {
  return canonicalJson(left) === canonicalJson(right);
}

function undoOf(prior: Prior | null, { policyName, policyArn }: Desired, roleName: string): string {
  if (prior === null) return `A person must say whether ${roleName} had a policy ${policyName}`;
  if (policyArn !== null) return `Detach the prepared policy ${policyName} from role ${roleName}`;
  return prior.document === null
    ? `Delete the inline policy ${policyName} of role ${roleName}`
    : `Put back the policy that was named ${policyName} before`;
}

function nameOf(object: ActionObject): string {
  return object.arn.split('/').at(-1) ?? object.arn;
}
