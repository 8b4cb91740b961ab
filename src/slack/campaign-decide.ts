import { readCampaignFormValue, readCampaignValue } from './action-value.ts';
import { type ButtonArgs, OUTDATED, openView, pressed, who } from './listeners.ts';
import { type ListenerParts, perform, say } from './perform.ts';
import { SHORT_DIGEST } from './render/approval.ts';
import { campaignApproveModal, campaignWord } from './render/campaign-modal.ts';
import { code } from './text.ts';
import { type Approval, type ApprovedBy, onTypedApproval } from './typed-approval.ts';

/** The listeners behind the plans of a campaign: approve the list, in production with the campaign's name. */

export function onCampaignApprove(parts: ListenerParts): (args: ButtonArgs) => Promise<void> {
  return pressed(parts, readCampaignValue, (args, { k, d }, reply) =>
    d === undefined
      ? say(parts, reply, OUTDATED, 'only-you')
      : perform(parts, approveList(k, d, who(args)), reply, 'channel'),
  );
}

/** In production the list is shown once more, and the campaign's name has to be typed. */
export function onCampaignApproveTyped(parts: ListenerParts): (args: ButtonArgs) => Promise<void> {
  return pressed(parts, readCampaignValue, async (args, { k, d }, reply) => {
    const channel = args.body.channel?.id;
    if (d === undefined || channel === undefined) return say(parts, reply, OUTDATED, 'only-you');
    // A form is opened, or a refusal spoken of: there is nothing to commit first.
    await reply.ack?.();
    const campaign = await parts.views.findCampaign(k);
    const typed = campaign?.plans.some(({ confirm }) => confirm !== null) === true;
    if (campaign === undefined || campaign.plansDigest !== d || !typed) {
      // Another list by now: the engine says which, and writes it down.
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

export const onCampaignApproveSubmitted = onTypedApproval({
  read: readCampaignFormValue,
  word: (typed) => typed.trim().toUpperCase(),
  command: ({ k, d }, by, confirm) => approveList(k, d, by, confirm),
  shown: 'channel',
});

function approveList(campaign: string, digest: string, by: ApprovedBy, confirm?: string): Approval {
  const input = { campaign, digest };
  return { command: 'campaign-approve', input: confirm === undefined ? input : { ...input, confirm }, ...by };
}
