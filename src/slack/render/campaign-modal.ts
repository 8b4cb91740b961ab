import { actionValue, CALLBACK, type CampaignFormValue } from '../action-value.ts';
import type { SlackModal } from '../limits.ts';
import { code } from '../text.ts';
import type { SlackCampaign } from '../view/campaign.ts';
import { SHORT_DIGEST } from './approval.ts';
import { planLines } from './campaign.ts';
import { modal } from './modal.ts';

/** What is typed to approve a campaign's plans in production: its name, in an exercise too. */
export function campaignWord({ number }: Pick<SlackCampaign, 'number'>): string {
  return `CMP-${number}`;
}

/** Shows the list once more and has the campaign's name typed: many plans are not approved by a slip of the thumb. */
export function campaignApproveModal(value: CampaignFormValue, campaign: SlackCampaign): SlackModal {
  const { plans } = campaign;
  const word = campaignWord(campaign);
  const functions = new Set(plans.map(({ objectArn }) => objectArn)).size;
  return modal({
    callbackId: CALLBACK.campaignApprove,
    title: 'Approve in production',
    submit: `Approve these ${plans.length}`,
    metadata: actionValue(value),
    intro: [
      `*${plans.length} ${plans.length === 1 ? 'plan' : 'plans'}* on ${functions} ${functions === 1 ? 'object' : 'objects'}, list ${code(value.d.slice(0, SHORT_DIGEST), 20)}. If a plan changes, or one comes or goes, nothing is approved and you are told.`,
      ...planLines(campaign),
    ],
    label: `Type the campaign’s name: ${word}`,
    maxLength: 60,
    oneLine: true,
    initial: '',
  });
}
