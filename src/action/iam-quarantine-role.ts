import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { canonicalJson } from '../timeline/canonical.ts';
import { type ActionObject, defineContainAction } from './action.ts';
import { logGroupArn, roleNameIn } from './arn.ts';
import { AwsError } from './failure.ts';
import type { Target } from './ports.ts';
import { MAX_LOG_GROUPS, quarantinePolicy } from './quarantine-policy.ts';
import { FUNCTIONS, ROLES } from './resources.ts';
import { tolerant } from './tolerant.ts';

const policyDocument = z.record(z.string(), z.json());

const input = z.strictObject({
  /** Every distinct role of every version; one object each. */
  roles: z
    .array(z.string().regex(/^arn:[a-z-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/))
    .min(1)
    .max(50),
  mode: z.enum(['function', 'role']),
  /** Further log groups to leave open, where versions log elsewhere than `$LATEST`. */
  logGroups: z
    .array(z.string().min(1).max(512))
    .max(MAX_LOG_GROUPS - 2)
    .optional(),
});

const prior = z.strictObject({
  /** The document found under our policy's name; `null`, as nearly always, when there is none. */
  document: policyDocument.nullable(),
  /** Where the function logs, as far as it could be read. */
  logGroup: z.string().nullable(),
});

const desired = z.strictObject({
  roleArn: z.string(),
  policyName: z.string(),
  document: policyDocument,
  /** The function that the deny is confined to; `null` when it holds for the whole role. */
  functionArn: z.string().nullable(),
});

/** What a held quarantine is; `containment.verify` reads it back. */
export const quarantineDesired = desired;

type Mode = z.infer<typeof input>['mode'];
type Prior = z.infer<typeof prior>;

export const quarantineRole = defineContainAction<z.infer<typeof input>, Prior>({
  id: 'iam.quarantine-role',
  title: 'Deny the execution role everything but its logs',
  description:
    'Puts one named inline policy on the role that denies everything except writing the logs and traces that are ' +
    'evidence. Mode function denies only calls from inside this function, so that siblings on a shared role and ' +
    "Lambda's own polling and delivery go on; mode role denies every session of the role, wherever it is used, and so " +
    'also what Lambda delivers with it. Issued credentials stay valid and powerless. IAM takes about four seconds to ' +
    'apply it. Needs iam:PutRolePolicy on roles, which is administrator-equivalent (profile dynamic).',
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
      action: 'lambda:GetFunction',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'learns which log group stays open',
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

  objects: (target, { roles, mode }) =>
    [...new Set(roles)].map((arn) => ({
      key: `role-quarantine:${mode}:${arn}${scopeOf(target, mode)}`,
      arn,
    })),

  async capture(context, object, { mode }) {
    const { iam, lambda } = context.aws('read');
    const { target } = context;
    const roleName = roleNameIn(target, object.arn, 'iam:PutRolePolicy');
    // Side by side, and from another bucket than Lambda's 15 calls a second: no extra round for the log group.
    const [document, described] = await Promise.all([
      iam.getInlinePolicy(roleName, policyNameOf(target, mode)),
      tolerant(() => lambda.getFunction(target.functionArn)),
    ]);
    return {
      document: document === null ? null : policyDocument.parse(document),
      logGroup: described.kind === 'found' ? described.value.configuration.logGroup : null,
    };
  },

  plan({ object, input, prior, target }) {
    const { mode } = input;
    const policyName = policyNameOf(target, mode);
    // The default group is open too: older versions, and a configuration that changed, log there.
    const groups = new Set([`/aws/lambda/${target.functionName}`, ...(input.logGroups ?? [])]);
    if (prior !== null && prior.logGroup !== null) groups.add(prior.logGroup);
    const document = quarantinePolicy(
      mode === 'function' ? { kind: 'function', functionArn: target.functionArn } : { kind: 'role' },
      [...groups].sort().map((group) => logGroupArn(target, group)),
    );
    const wanted = {
      roleArn: object.arn,
      policyName,
      document,
      functionArn: mode === 'function' ? target.functionArn : null,
    };
    if (prior !== null && same(prior.document, document)) return { changes: [], desired: wanted };
    const whom = mode === 'function' ? `calls from ${target.functionName}` : 'every session';
    return {
      changes: [
        {
          call: 'iam:PutRolePolicy',
          objectArn: object.arn,
          request: { RoleName: nameOf(object), PolicyName: policyName, PolicyDocument: document },
          summary: `Deny ${whom} of role ${nameOf(object)} everything but logs (inline policy ${policyName})`,
          undo: undoOf(prior, policyName, nameOf(object)),
        },
      ],
      desired: wanted,
    };
  },

  async apply(context, object, wanted) {
    const { policyName, document } = desired.parse(wanted);
    const roleName = roleNameIn(context.target, object.arn, 'iam:PutRolePolicy');
    await context.aws('contain').iam.putInlinePolicy(roleName, policyName, document);
  },

  async observe(context, object, prior, wanted) {
    const { policyName, document } = desired.parse(wanted);
    const roleName = roleNameIn(context.target, object.arn, 'iam:GetRolePolicy');
    const found = await context.aws('read').iam.getInlinePolicy(roleName, policyName);
    if (same(found, document)) return { kind: 'in-effect' };
    if (prior === null ? found === null : same(found, prior.document)) return { kind: 'not-in-effect' };
    return {
      kind: 'conflict',
      found: `inline policy ${policyName} of ${object.arn} has another content than ours`,
    };
  },

  async revert(context, object, prior, wanted) {
    const { policyName } = desired.parse(wanted);
    const roleName = roleNameIn(context.target, object.arn, 'iam:DeleteRolePolicy');
    const { iam } = context.aws('release');
    if (prior.document !== null) {
      await iam.putInlinePolicy(roleName, policyName, prior.document);
      return;
    }
    try {
      await iam.deleteInlinePolicy(roleName, policyName);
    } catch (error) {
      // Gone already, with or without its role: that is what was wanted.
      if (!(error instanceof AwsError) || error.code !== 'cordon_aws_not_found') throw error;
    }
  },
});

/**
 * The policy's name follows from what is denied, not from the incident: a second incident that holds the same
 * object must find, keep and at last remove the very policy that the first one put. With the incident in the
 * name, the first one's policy would stay behind for ever. The Region is there because IAM is global.
 */
function policyNameOf(target: Target, mode: Mode): string {
  return mode === 'function'
    ? `CordonQuarantine-${target.region}-${target.functionName}`
    : 'CordonQuarantine-role';
}

/** Whether two policy documents say the same, whatever the order of their keys. */
export function same(left: JsonObject | null, right: JsonObject | null): boolean {
  return canonicalJson(left) === canonicalJson(right);
}

function scopeOf(target: Target, mode: Mode): string {
  return mode === 'function' ? `#${target.functionArn}` : '';
}

function undoOf(prior: Prior | null, policyName: string, roleName: string): string {
  if (prior === null) return `A person must say whether ${roleName} had an inline policy ${policyName}`;
  return prior.document === null
    ? `Delete the inline policy ${policyName} of role ${roleName}`
    : `Put back the policy that was named ${policyName} before`;
}

function nameOf(object: ActionObject): string {
  return object.arn.split('/').at(-1) ?? object.arn;
}
