import { createHash } from 'node:crypto';
import { actorOf, FOREIGN, foreign, replyIn, typedText, type ViewArgs, viewKey } from './listeners.ts';
import { answering, type ListenerParts, type OnRefused, perform, say } from './perform.ts';
import type { SlackCommand } from './port.ts';
import { MODAL_INPUT } from './render/modal.ts';
import { cut } from './text.ts';

/** Who approves, and the key of exactly this approval. */
export interface ApprovedBy {
  readonly slackUserId: string;
  readonly idempotencyKey: string;
}

/** An approval, by somebody. */
export type Approval = SlackCommand & ApprovedBy;

/** A form in which a name has to be typed: another word keeps it open, and is told beside the field. */
export function onTypedApproval<Value extends { readonly c: string }>(how: {
  readonly read: (metadata: string) => Value | undefined;
  readonly word: (typed: string) => string;
  readonly command: (value: Value, by: ApprovedBy, confirm: string) => Approval;
  readonly shown: 'only-you' | 'channel';
}): (parts: ListenerParts) => (args: ViewArgs) => Promise<void> {
  return (parts) => async (args) => {
    const value = how.read(args.view.private_metadata);
    const reply = answering(args.ack, replyIn(args, value?.c ?? ''));
    if (value === undefined) return reply.ack();
    if (foreign(args.body)) return say(parts, reply, FOREIGN, 'only-you');
    const confirm = how.word(typedText(args));
    const inTheForm: OnRefused = async ({ code, message }) => {
      if (code !== 'cordon_approval_unconfirmed') return false;
      await args.ack({ response_action: 'errors', errors: { [MODAL_INPUT.block]: cut(message, 500) } });
      return true;
    };
    // A form that is sent again with another word is another act.
    const word = createHash('sha256').update(confirm).digest('hex').slice(0, 16);
    const by = { slackUserId: actorOf(args), idempotencyKey: `${viewKey(args)}:${word}` };
    await perform(parts, how.command(value, by, confirm), reply, how.shown, inTheForm);
  };
}
