import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { type ActionObject, defineContainAction } from './action.ts';
import { roleNameIn, unsupported } from './arn.ts';
import type { ActionContext, Target } from './ports.ts';
import { refuseForeign, sameDocument } from './prepared-check.ts';
import {
  applyRolePolicy,
  isAttached,
  nameOf,
  observeRolePolicy,
  policyDocument,
  revertRolePolicy,
  rolePolicyChanges,
} from './role-policy.ts';
import { rolePolicyPermissions } from './role-policy-permissions.ts';
import { sinkGrant, sinkGrantArn, sinkGrantName } from './sink-grant-names.ts';

const GRANT = rolePolicyPermissions('grant');

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
  permissions: [...GRANT.observed, ...GRANT.prepared, ...GRANT.inline],
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
    const role = nameOf(object);
    const what = `Let role ${role} deliver failed events to ${sink}`;
    const undo =
      prior === null
        ? `A person must say whether ${role} had a policy ${policyName}`
        : `Take the policy ${policyName} of role ${role} away`;
    const changes = rolePolicyChanges(object, priorAs(prior), wantedAs(object, wanted), what);
    return { changes: changes.map((change) => ({ ...change, undo })), desired: wanted };
  },

  otherwise: ({ way, ...request }, object, code) =>
    code === 'cordon_aws_limit_exceeded' && way !== 'attached'
      ? { ...request, roles: [object.arn], way: 'attached' }
      : null,

  apply: (context, object, wanted) => applyRolePolicy(context, object, wantedAs(object, wanted)),
  observe: (context, object, prior, wanted) =>
    observeRolePolicy(context, object, priorAs(prior), wantedAs(object, wanted)),
  revert: (context, object, prior, wanted) =>
    revertRolePolicy(context, object, { ...prior, logGroup: null }, wantedAs(object, wanted)),
});

// What is held of a grant has a shape of its own, so that nobody who looks for denies takes it for one.
function wantedAs(object: ActionObject, wanted: JsonObject) {
  return { ...desired.parse(wanted), roleArn: object.arn, functionArn: null };
}

function priorAs(prior: Prior | null) {
  return prior === null ? null : { ...prior, logGroup: null };
}

async function read(context: ActionContext, object: ActionObject, policyArn: string | null): Promise<Prior> {
  const roleName = roleNameIn(context.target, object.arn, 'iam:GetRolePolicy');
  if (policyArn !== null) {
    const wanted = sinkGrant(sinkOf(context.target) ?? '');
    const [attached] = await Promise.all([
      isAttached(context, roleName, policyArn),
      // A grant of another content would give the role under attack more than it had.
      refuseForeign(context, policyArn, (document) => sameDocument(document, wanted)),
    ]);
    return { document: null, attached };
  }
  const { iam } = context.aws('read');
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
