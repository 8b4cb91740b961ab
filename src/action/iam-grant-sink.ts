import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { type ActionObject, defineContainAction } from './action.ts';
import { roleNameIn, unsupported } from './arn.ts';
import { AwsError } from './failure.ts';

import type { ActionContext, Target } from './ports.ts';
import { QUARANTINE_POLICIES_ONLY, ROLES } from './resources.ts';
import { same } from './role-policy.ts';
import { sinkGrant, sinkGrantArn, sinkGrantName } from './sink-grant-names.ts';

const policyDocument = z.record(z.string(), z.json());

const input = z.strictObject({
  /** Roles of the versions whose failed events are to go to the sink; one object each. */
  roles: z
    .array(z.string().regex(/^arn:[a-z-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/))
    .min(1)
    .max(50),
  /** How: as the profile says when absent; `attached` is also the way out where the inline policies are full. */
  way: z.enum(['inline', 'attached']).optional(),
});

/** What was under the policy's name, or whether it was attached: nothing, as nearly always. */
const prior = z.strictObject({ document: policyDocument.nullable(), attached: z.boolean() });

const desired = z.strictObject({
  policyName: z.string(),
  /** The prepared policy that is attached; `null` when the grant is inline. */
  policyArn: z.string().nullable(),
  document: policyDocument,
});

type Prior = z.infer<typeof prior>;

export const grantSink = defineContainAction<z.infer<typeof input>, Prior>({
  id: 'iam.grant-sink',
  title: 'Let the execution role deliver to the quarantine sink',
  description:
    'Part of preservation: allows the role to send to the one quarantine sink of the account and Region, and to use the ' +
    'key that encrypts it for nothing else, since Lambda takes a sink only once the execution role may write to it. ' +
    'Profile static attaches the policy that the template prepared for this; profile dynamic writes an inline one. IAM ' +
    'takes about four seconds to apply it. Taken back last of all, after the sink itself.',
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
      action: 'iam:AttachRolePolicy',
      purpose: 'contain',
      resource: ROLES,
      why: 'attaches the prepared grant',
      condition: QUARANTINE_POLICIES_ONLY,
    },
    {
      action: 'iam:DetachRolePolicy',
      purpose: 'release',
      resource: ROLES,
      why: 'takes the prepared grant away',
      condition: QUARANTINE_POLICIES_ONLY,
    },
    {
      action: 'iam:PutRolePolicy',
      purpose: 'contain',
      resource: ROLES,
      why: 'writes the grant',
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
      why: 'takes the grant away',
      profile: 'dynamic',
    },
  ],
  input,
  prior,

  // Not of the function: two functions on one role need the same grant, and the last incident takes it back.
  objects: (target, request) =>
    [...new Set(request.roles)].map((arn) => ({
      key: `sink-grant:${arn}#${preparedArn(target, request) === null ? '' : 'attached:'}${target.region}`,
      arn,
    })),

  async capture(context, object, request) {
    const { target } = context;
    if (sinkOf(target) === null) {
      throw unsupported(
        'iam:PutRolePolicy',
        `expected a quarantine sink in the enrolment of account ${target.account}, found none for ${target.region}: there is nothing to grant`,
      );
    }
    return read(context, object, preparedArn(target, request));
  },

  plan({ object, input: request, prior, target }) {
    const sink = sinkOf(target) ?? '';
    const policyName = sinkGrantName(target);
    const policyArn = preparedArn(target, request);
    const document = policyArn === null ? policyDocument.parse(sinkGrant(sink)) : {};
    const wanted = { policyName, policyArn, document };
    const there = policyArn === null ? same(prior?.document ?? null, document) : prior?.attached === true;
    if (there) return { changes: [], desired: wanted };
    const role = nameOf(object);
    const summary = `Let role ${role} deliver failed events to ${sink}`;
    const change =
      policyArn === null
        ? {
            call: 'iam:PutRolePolicy',
            request: { RoleName: role, PolicyName: policyName, PolicyDocument: document },
            summary: `${summary} (inline policy ${policyName})`,
          }
        : {
            call: 'iam:AttachRolePolicy',
            request: { RoleName: role, PolicyArn: policyArn },
            summary: `${summary} (prepared policy ${policyName})`,
          };
    const undo =
      prior === null
        ? `A person must say whether ${role} had a policy ${policyName}`
        : `Take the policy ${policyName} of role ${role} away`;
    return { changes: [{ ...change, objectArn: object.arn, undo }], desired: wanted };
  },

  otherwise: ({ way, ...request }, object, code) =>
    code === 'cordon_aws_limit_exceeded' && way !== 'attached'
      ? { ...request, roles: [object.arn], way: 'attached' }
      : null,

  async apply(context, object, wanted) {
    const { policyName, policyArn, document } = desired.parse(wanted);
    const { iam } = context.aws('contain');
    if (policyArn === null) {
      await iam.putInlinePolicy(
        roleNameIn(context.target, object.arn, 'iam:PutRolePolicy'),
        policyName,
        document,
      );
    } else {
      await iam.attachPolicy(roleNameIn(context.target, object.arn, 'iam:AttachRolePolicy'), policyArn);
    }
  },

  async observe(context, object, prior, wanted) {
    const { policyName, policyArn, document } = desired.parse(wanted);
    const found = await read(context, object, policyArn);
    if (policyArn !== null) return { kind: found.attached ? 'in-effect' : 'not-in-effect' };
    if (same(found.document, document)) return { kind: 'in-effect' };
    if (same(found.document, prior?.document ?? null)) return { kind: 'not-in-effect' };
    return {
      kind: 'conflict',
      found: `inline policy ${policyName} of ${object.arn} has another content than ours`,
    };
  },

  async revert(context, object, prior, wanted) {
    const { policyName, policyArn } = desired.parse(wanted);
    const { iam } = context.aws('release');
    const roleName = roleNameIn(context.target, object.arn, 'iam:DeleteRolePolicy');
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

async function read(context: ActionContext, object: ActionObject, policyArn: string | null): Promise<Prior> {
  const { iam } = context.aws('read');
  const roleName = roleNameIn(context.target, object.arn, 'iam:GetRolePolicy');
  if (policyArn !== null) {
    const attached = await iam.listAttachedPolicies(roleName);
    return { document: null, attached: attached.some((policy) => policy.arn === policyArn) };
  }
  const found: JsonObject | null = await iam.getInlinePolicy(roleName, sinkGrantName(context.target));
  return { document: found === null ? null : policyDocument.parse(found), attached: false };
}

function sinkOf({ means }: Target): string | null {
  return means?.sink ?? null;
}

/** ARN of the prepared policy; `null` where the grant is inline. */
function preparedArn(target: Target, { way }: z.infer<typeof input>): string | null {
  const attached = way === undefined ? target.means?.profile === 'static' : way === 'attached';
  return attached ? sinkGrantArn(target) : null;
}

function nameOf({ arn }: ActionObject): string {
  return arn.split('/').at(-1) ?? arn;
}
