import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { canonicalJson } from '../timeline/canonical.ts';
import { type ActionObject, defineContainAction } from './action.ts';
import { roleNameIn } from './arn.ts';
import { AwsError } from './failure.ts';
import type { Target } from './ports.ts';
import { recoveryPolicy } from './quarantine-policy.ts';
import { ROLES } from './resources.ts';

const policyDocument = z.record(z.string(), z.json());

const input = z.strictObject({
  /** One object each. */
  roles: z
    .array(z.string().regex(/^arn:[a-z-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/))
    .min(1)
    .max(50),
  /** As the quarantine that it replaces: a deny conditioned on one function stays conditioned on it. */
  mode: z.enum(['function', 'role']),
  /** Sessions issued before this instant stay denied; ISO 8601, UTC. */
  before: z.iso.datetime(),
});

/** The document found under our policy's name; `null`, as nearly always, when there is none. */
const prior = z.strictObject({ document: policyDocument.nullable() });

const desired = z.strictObject({
  roleArn: z.string(),
  policyName: z.string(),
  document: policyDocument,
  before: z.string(),
});

/**
 * How long a session that was issued before containment may live: the IAM setting does not apply to sessions that
 * Lambda assumes, 12 hours are the commonly reported life, and three times that is kept (reference, 1.4).
 */
const SESSION_WINDOW_MS = 36 * 3_600_000;

export const revokeSessions = defineContainAction<z.infer<typeof input>, z.infer<typeof prior>>({
  id: 'iam.revoke-sessions',
  title: 'Keep earlier sessions of the role powerless',
  description:
    'Part of release: puts one named inline policy on the role that denies everything to sessions issued before the ' +
    'function was contained, and nothing to later ones. It is put before the quarantine is taken away, so that credentials ' +
    'that were stolen meanwhile never work again. Where the quarantine was of one function, so is this. Removed by itself ' +
    'after 36 hours, when no such session can be alive. Needs iam:PutRolePolicy on roles (profile dynamic).',
  effect: 'contain',
  reversible: true,
  permissions: [
    {
      action: 'iam:GetRolePolicy',
      purpose: 'read',
      resource: ROLES,
      why: 'observes our named policy',
    },
    {
      action: 'iam:PutRolePolicy',
      purpose: 'release',
      resource: ROLES,
      profile: 'dynamic',
      why: 'revokes earlier sessions',
    },
    {
      action: 'iam:DeleteRolePolicy',
      purpose: 'release',
      resource: ROLES,
      profile: 'dynamic',
      why: 'removes it after 36 hours',
    },
  ],
  input,
  prior,
  expiresAfterMs: SESSION_WINDOW_MS,

  objects: (target, { roles, mode }) =>
    [...new Set(roles)].map((arn) => ({
      key: `role-sessions:${mode}:${arn}${mode === 'function' ? `#${target.functionArn}` : ''}`,
      arn,
    })),

  async capture(context, object, { mode }) {
    const roleName = roleNameIn(context.target, object.arn, 'iam:PutRolePolicy');
    const found = await context.aws('read').iam.getInlinePolicy(roleName, nameOf(context.target, mode));
    return { document: found === null ? null : policyDocument.parse(found) };
  },

  plan({ object, input: { mode, before }, prior, target }) {
    const policyName = nameOf(target, mode);
    const document = recoveryPolicy(
      mode === 'function' ? { kind: 'function', functionArn: target.functionArn } : { kind: 'role' },
      before,
    );
    const wanted = { roleArn: object.arn, policyName, document, before };
    if (prior !== null && same(prior.document, document)) return { changes: [], desired: wanted };
    const role = roleOf(object);
    return {
      changes: [
        {
          call: 'iam:PutRolePolicy',
          objectArn: object.arn,
          request: { RoleName: role, PolicyName: policyName, PolicyDocument: document },
          summary: `Deny sessions of role ${role} issued before ${before} everything (inline policy ${policyName})`,
          undo: `Delete the inline policy ${policyName} of role ${role} after 36 hours`,
        },
      ],
      desired: wanted,
    };
  },

  // Later is stricter: it revokes more sessions.
  stricter: (left, right) => desired.parse(left).before >= desired.parse(right).before,

  async apply(context, object, wanted) {
    const { policyName, document } = desired.parse(wanted);
    const roleName = roleNameIn(context.target, object.arn, 'iam:PutRolePolicy');
    await context.aws('release').iam.putInlinePolicy(roleName, policyName, document);
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

/** Not of the incident: a second one that revokes the same sessions must find, keep and at last remove it. */
function nameOf(target: Target, mode: z.infer<typeof input>['mode']): string {
  return mode === 'function'
    ? `CordonRecovery-${target.region}-${target.functionName}`
    : 'CordonRecovery-role';
}

function same(left: JsonObject | null, right: JsonObject | null): boolean {
  return canonicalJson(left) === canonicalJson(right);
}

function roleOf(object: ActionObject): string {
  return object.arn.split('/').at(-1) ?? object.arn;
}
