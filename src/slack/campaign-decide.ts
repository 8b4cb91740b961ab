import { createHash } from 'node:crypto';
import { readCampaignFormValue, readCampaignValue } from './action-value.ts';
import {
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
import { answering, type ListenerParts, type OnRefused, perform, say } from './perform.ts';
import { SHORT_DIGEST } from './render/approval.ts';
import { campaignApproveModal, campaignWord } from './render/campaign-modal.ts';
import { MODAL_INPUT } from './render/modal.ts';
import { code, cut } from './text.ts';

/** The listeners behind the plans of a campaign: approve the list, in production with the campaign's name. */

export function onCampaignApprove(parts: ListenerParts): (args: ButtonArgs) => Promise<void> {
  return pressed(parts, readCampaignValue, async (args, { k, d }, reply) => {
    const channel = args.body.channel?.id;
    if (d === undefined || channel === undefined) return say(parts, reply, OUTDATED, 'only-you');
    const campaign = await parts.views.findCampaign(k);
    const typed = campaign?.plans.some(({ confirm }) => confirm !== null) === true;
    if (campaign === undefined || campaign.plansDigest !== d || !typed) {
      // No production, or another list by now: the engine says which, and writes it down.
      return perform(parts, approveList(k, d, who(args)), reply, 'channel');
    }
    await openView(
      parts,
      args,
      reply,
      campaignApproveModal({ k, d, c: channel }, campaign),
      `Type ${code(`/cordon campaign approve ${campaignWord(campaign)} ${d.slice(0, SHORT_DIGEST)} ${campaignWord(campaign)}`, 120)}`,
    );
  });
}

/** A word that is not the campaign's keeps the form open, and says so beside the field. */
export function onCampaignApproveSubmitted(parts: ListenerParts): (args: ViewArgs) => Promise<void> {
  return async (args) => {
    const value = readCampaignFormValue(args.view.private_metadata);
    const reply = answering(args.ack, replyIn(args, value?.c ?? ''));
    if (value === undefined) return reply.ack();
    if (foreign(args.body)) return say(parts, reply, FOREIGN, 'only-you');
    const confirm = typedText(args).trim().toUpperCase();
    const inTheForm: OnRefused = async ({ code: refusal, message }) => {
      if (refusal !== 'cordon_approval_unconfirmed') return false;
      await args.ack({ response_action: 'errors', errors: { [MODAL_INPUT.block]: cut(message, 500) } });
      return true;
    };
    // A form that is sent again with another word is another act.
    const word = createHash('sha256').update(confirm).digest('hex').slice(0, 16);
    const by = { slackUserId: args.body.user.id, idempotencyKey: `${viewKey(args)}:${word}` };
    await perform(parts, approveList(value.k, value.d, by, confirm), reply, 'channel', inTheForm);
  };
}

function approveList<By extends { readonly slackUserId: string; readonly idempotencyKey: string }>(
  campaign: string,
  digest: string,
  by: By,
  confirm?: string,
) {
  const input = { campaign, digest };
  return { command: 'campaign-approve', input: confirm === undefined ? input : { ...input, confirm }, ...by };
}
