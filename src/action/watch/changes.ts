import { denyApis } from '../iam-deny-apis.ts';
import { denyPrivilege } from '../iam-deny-privilege.ts';
import { quarantineRole } from '../iam-quarantine-role.ts';
import { capConcurrency } from '../lambda-cap-concurrency.ts';
import { closeUrl } from '../lambda-close-url.ts';
import { freezeChanges } from '../lambda-freeze-changes.ts';
import { keepAsyncEvents } from '../lambda-keep-async-events.ts';
import { pauseEventSource } from '../lambda-pause-event-source.ts';
import { removePermission } from '../lambda-remove-permission.ts';
import { removeProvisionedConcurrency } from '../lambda-remove-provisioned-concurrency.ts';
import { reserveZeroConcurrency } from '../lambda-reserve-zero-concurrency.ts';
import { rollBackAlias } from '../lambda-roll-back-alias.ts';
import { scaleInstancesToZero } from '../lambda-scale-instances-to-zero.ts';
import { suspendScaling } from '../lambda-suspend-scaling.ts';
import type { HeldObject, Target } from '../ports.ts';
import { rolePolicyDesired } from '../role-policy.ts';
import type { TrailedCall } from './trailed-call.ts';

/** By which calls somebody undoes what an action holds (reference, 1.2 step 11). */
const UNDOING: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  [reserveZeroConcurrency.id, ['lambda:PutFunctionConcurrency', 'lambda:DeleteFunctionConcurrency']],
  [capConcurrency.id, ['lambda:PutFunctionConcurrency', 'lambda:DeleteFunctionConcurrency']],
  ...[quarantineRole, denyPrivilege, denyApis].map(
    ({ id }) => [id, ['iam:PutRolePolicy', 'iam:DeleteRolePolicy', 'iam:DetachRolePolicy']] as const,
  ),
  [
    keepAsyncEvents.id,
    [
      'lambda:PutFunctionEventInvokeConfig',
      'lambda:UpdateFunctionEventInvokeConfig',
      'lambda:DeleteFunctionEventInvokeConfig',
    ],
  ],
  [pauseEventSource.id, ['lambda:UpdateEventSourceMapping', 'lambda:DeleteEventSourceMapping']],
  [removeProvisionedConcurrency.id, ['lambda:PutProvisionedConcurrencyConfig']],
  [suspendScaling.id, ['autoscaling:RegisterScalableTarget', 'autoscaling:DeregisterScalableTarget']],
  [scaleInstancesToZero.id, ['lambda:PutFunctionScalingConfig']],
  [removePermission.id, ['lambda:AddPermission']],
  [closeUrl.id, ['lambda:CreateFunctionUrlConfig', 'lambda:UpdateFunctionUrlConfig']],
  [freezeChanges.id, ['lambda:PutFunctionCodeSigningConfig', 'lambda:DeleteFunctionCodeSigningConfig']],
  [rollBackAlias.id, ['lambda:UpdateAlias', 'lambda:DeleteAlias']],
]);

/** What these hold is one named policy of a role. */
const DENYING: ReadonlySet<string> = new Set([quarantineRole.id, denyPrivilege.id, denyApis.id]);

/** Changes of a contained function or role that undo nothing of ours, and that people want to know of. */
const OTHERS: ReadonlySet<string> = new Set([
  'lambda:AddPermission',
  'lambda:CreateEventSourceMapping',
  'lambda:CreateFunctionUrlConfig',
  'lambda:DeleteFunction',
  'lambda:PublishVersion',
  'lambda:UpdateAlias',
  'lambda:UpdateFunctionCode',
  'lambda:UpdateFunctionConfiguration',
  'iam:AttachRolePolicy',
  'iam:DeleteRole',
  'iam:DeleteRolePermissionsBoundary',
  'iam:PutRolePermissionsBoundary',
  'iam:PutRolePolicy',
  'iam:UpdateAssumeRolePolicy',
]);

/** A change of a contained object by somebody; whether it was Cordon itself, the incident knows. */
export interface TrailedChange {
  readonly call: TrailedCall;
  /** Keys of the held objects that it may undo; empty for a change of something else of the target. */
  readonly undoes: readonly string[];
}

/** The changes among calls, since the target was first held. Pure. */
export function changesOf(
  calls: readonly TrailedCall[],
  target: Target,
  held: readonly HeldObject[],
): readonly TrailedChange[] {
  const first = held.flatMap((each) => each.firstAcceptedAt ?? each.acceptedAt ?? []).sort()[0];
  if (first === undefined) return [];
  // CloudTrail's instants are whole seconds.
  const sinceMs = Math.floor(Date.parse(first) / 1000) * 1000;
  return calls.flatMap((call) => {
    if (!call.write || call.outcome !== 'succeeded' || Date.parse(call.at) < sinceMs) return [];
    const undoes = held.filter((each) => undoesHeld(call, target, each)).map((each) => each.objectKey);
    if (undoes.length > 0) return [{ call, undoes: [...new Set(undoes)] }];
    const about = isAboutFunction(call, target) || target.roles.some((role) => isAboutRole(call, role));
    return OTHERS.has(call.call) && about ? [{ call, undoes: [] }] : [];
  });
}

function undoesHeld(call: TrailedCall, target: Target, held: HeldObject): boolean {
  if (UNDOING.get(held.action)?.includes(call.call) !== true) return false;
  if (DENYING.has(held.action)) {
    const desired = rolePolicyDesired.safeParse(held.desired);
    if (!desired.success || !isAboutRole(call, desired.data.roleArn)) return false;
    const { policyName, policyArn } = call.parameters;
    return policyName === desired.data.policyName || policyArn === desired.data.policyArn;
  }
  const { uUID, resourceId } = call.parameters;
  if (held.action === pauseEventSource.id) return typeof uUID === 'string' && held.objectKey.includes(uUID);
  if (held.action === suspendScaling.id)
    return typeof resourceId === 'string' && resourceId.startsWith(`function:${target.functionName}:`);
  return isAboutFunction(call, target);
}

function isAboutRole({ parameters }: TrailedCall, roleArn: string): boolean {
  return parameters.roleName === roleArn.split('/').at(-1);
}

/** A request names a function by name, by ARN, or by either with a qualifier. */
function isAboutFunction({ parameters }: TrailedCall, { functionArn, functionName }: Target): boolean {
  const { functionName: named } = parameters;
  if (typeof named !== 'string') return false;
  return [functionName, functionArn].some((known) => named === known || named.startsWith(`${known}:`));
}
