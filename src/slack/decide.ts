import { type ApprovalValue, readApprovalValue, readDecisionValue } from './action-value.ts';
import {
  actorOf,
  type ButtonArgs,
  FOREIGN,
  foreign,
  OUTDATED,
  openView,
  pressed,
  replyIn,
  typedText,
  type ViewArgs,
  viewKey,
  who,
} from './listeners.ts';
import { answering, type ListenerParts, perform, say } from './perform.ts';
import { SHORT_DIGEST } from './render/approval.ts';
import { approveModal, denyModal } from './render/modal.ts';
import { code } from './text.ts';
import { type Approval, type ApprovedBy, onTypedApproval } from './typed-approval.ts';

/** The listeners behind the card of a plan: approve, approve with the function's name, deny with a reason. */

export function onApprove(parts: ListenerParts): (args: ButtonArgs) => Promise<void> {
  return pressed(parts, readApprovalValue, (args, value, reply) =>
    perform(parts, approveCommand(value, who(args)), reply),
  );
}

export function onDeny(parts: ListenerParts): (args: ButtonArgs) => Promise<void> {
  return pressed(parts, readApprovalValue, async (args, value, reply) => {
    const channel = args.body.channel?.id;
    if (channel === undefined) return say(parts, reply, OUTDATED, 'only-you');
    const typed = code(`/cordon deny ${value.a} ${value.d.slice(0, SHORT_DIGEST)} REASON`);
    await openView(parts, args, reply, denyModal({ ...value, c: channel }), `Type ${typed}`);
  });
}

/** In production the plan is shown once more, and the function's name has to be typed. */
export function onApproveTyped(parts: ListenerParts): (args: ButtonArgs) => Promise<void> {
  return pressed(parts, readApprovalValue, async (args, value, reply) => {
    const channel = args.body.channel?.id;
    if (channel === undefined) return say(parts, reply, OUTDATED, 'only-you');
    // A form is opened, or a refusal spoken of: there is nothing to commit first.
    await reply.ack?.();
    const incident = await parts.views.incidentView(value.i);
    const approval = incident?.approvals.find(({ approvalId }) => approvalId === value.a);
    const asked = approval?.status === 'open' && approval.digest === value.d;
    if (incident === undefined || approval === undefined || approval.confirm === null || !asked) {
      // Settled, changed, or another's by now: the engine says which, and writes it down.
      return perform(parts, approveCommand(value, who(args)), reply);
    }
    const typed = code(`/cordon approve ${value.a} ${value.d.slice(0, SHORT_DIGEST)} ${approval.confirm}`);
    await openView(
      parts,
      args,
      reply,
      approveModal({ ...value, c: channel }, { ...approval, confirm: approval.confirm }),
      `Type ${typed}`,
    );
  });
}

export const onApproveSubmitted = onTypedApproval({
  read: readDecisionValue,
  word: (typed) => typed,
  command: approveCommand,
  shown: 'only-you',
});

function approveCommand(value: ApprovalValue, by: ApprovedBy, confirm?: string): Approval {
  const input = { incidentId: value.i, approvalId: value.a, digest: value.d };
  return { command: 'approve', input: confirm === undefined ? input : { ...input, confirm }, ...by };
}

export function onDenySubmitted(parts: ListenerParts): (args: ViewArgs) => Promise<void> {
  return async (args) => {
    const denial = readDecisionValue(args.view.private_metadata);
    const reply = answering(args.ack, replyIn(args, denial?.c ?? ''));
    if (denial === undefined) return reply.ack();
    if (foreign(args.body)) return say(parts, reply, FOREIGN, 'only-you');
    await perform(
      parts,
      {
        command: 'deny',
        input: { incidentId: denial.i, approvalId: denial.a, digest: denial.d, reason: typedText(args) },
        slackUserId: actorOf(args),
        idempotencyKey: viewKey(args),
      },
      reply,
    );
  };
}
