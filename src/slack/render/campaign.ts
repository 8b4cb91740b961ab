import type { KnownBlock } from '@slack/types';
import { ACTION, actionValue } from '../action-value.ts';
import type { SlackMessage } from '../limits.ts';
import { code, incidentName, person, plain, prose, shortName, when } from '../text.ts';
import type { SlackCampaign, SlackCampaignMember } from '../view/campaign.ts';
import type { SlackLevel } from '../view/incident.ts';
import { SHORT_DIGEST } from './approval.ts';
import { button, buttons, context, header, listed, message, section } from './blocks.ts';
import { LEVEL_MARK } from './level.ts';
import { formOf } from './question.ts';

const SHOWN_MEMBERS = 20;
const SHOWN_PLANS = 12;
const SHOWN_CAMPAIGNS = 15;
const SHOWN_WHOLE = 6;

/** What needs eyes first: the least contained, then what waits for a person. */
const TROUBLE: Readonly<Record<SlackLevel, number>> = {
  breached: 0,
  none: 1,
  accepted: 2,
  read_back: 3,
  effective: 4,
  observed: 5,
};

/** `CMP-3`, or `drill-CMP-3`. */
function campaignName({ number, exercise }: Pick<SlackCampaign, 'number' | 'exercise'>): string {
  return `${exercise ? 'drill-' : ''}CMP-${number}`;
}

/** The card of incidents that are led as one: the same three lines for all of them, then each in a row. */
export function campaignCard(campaign: SlackCampaign): SlackMessage {
  const name = campaignName(campaign);
  const open = openOf(campaign);
  const first = campaignStatus(campaign);
  const functions = new Set(campaign.members.flatMap(({ functionNames }) => functionNames)).size;
  const blocks: KnownBlock[] = [
    header(`${name} · ${campaign.members.length} incidents, ${functions} functions`),
    section([first]),
    section([campaignDecision(campaign)]),
    context([
      [
        campaign.lead === null ? '👤 *nobody leads yet*' : `👤 led by ${person(campaign.lead)}`,
        `severity ${campaign.severity}`,
        `since ${when(campaign.openedAt)}`,
      ].join(' · '),
      ...listed(campaign.shares, 3, (shared) => `they share ${code(shared, 200)}`, 'see `campaign show`'),
    ]),
    ...campaignButtons(campaign, open.length > 0),
    section(['*Incidents*, what needs you first: ✋ plans · ❓ questions', ...memberLines(campaign)]),
    ...planBlocks(campaign),
    context([
      `Each incident is in the thread of this card · \`/cordon show INC-12\` · ${code(`/cordon campaign show ${name}`, 80)} · ${code(`/cordon campaign split INC-12 why`, 80)}`,
    ]),
  ];
  return message(campaign, `${first.replaceAll('*', '')}`, blocks, name);
}

/** What is left in a channel whose campaign is led elsewhere. */
export function campaignMovedMessage(campaign: SlackCampaign): SlackMessage {
  const text = `➡️ These incidents are led as part of *${campaignName(campaign)}* now. Its channel has the card.`;
  return message(campaign, text.replaceAll('*', ''), [section([text])], campaignName(campaign));
}

/** After an outage: where the campaign stands, once for all of its incidents. */
export function campaignCatchUp(campaign: SlackCampaign, sinceIso: string): SlackMessage {
  const status = campaignStatus(campaign);
  return message(
    campaign,
    `Slack is back. ${status.replaceAll('*', '')}`,
    [
      section([
        `📡 *Slack could not be reached for a while.* Cordon went on; what happened since ${when(sinceIso)} is in the timelines and is not repeated here. Where it stands now:`,
        status,
        campaignDecision(campaign),
      ]),
    ],
    campaignName(campaign),
  );
}

/** Campaigns of several incidents, one line each. */
export function campaignListText(campaigns: readonly SlackCampaign[]): string {
  if (campaigns.length === 0) return 'No open campaign: every open incident stands alone.';
  return listed(
    campaigns,
    SHOWN_CAMPAIGNS,
    (campaign) => `• *${campaignName(campaign)}* · ${campaignStatus(campaign)}`,
    '`cordon campaign list` in the terminal',
  ).join('\n');
}

function openOf({ members }: SlackCampaign): readonly SlackCampaignMember[] {
  return members.filter(({ status }) => status !== 'closed');
}

/** Line 1: how many are contained, and what is the worst of them. */
function campaignStatus(campaign: SlackCampaign): string {
  const open = openOf(campaign);
  if (open.length === 0) return `⚪ *Closed*, all ${campaign.members.length} incidents.`;
  const contained = open.filter(({ level }) => level === 'effective' || level === 'observed').length;
  const breached = open.filter(({ level }) => level === 'breached').length;
  const none = open.filter(({ level }) => level === 'none').length;
  const closed = campaign.members.length - open.length;
  const mark = breached + none > 0 ? '🔴' : contained === open.length ? '🟢' : '🟠';
  return [
    `${mark} *${contained} of ${open.length} CONTAINED*`,
    ...(breached === 0 ? [] : [`*${breached} breached*`]),
    ...(none === 0 ? [] : [`${none} not contained`]),
    ...(closed === 0 ? [] : [`${closed} closed`]),
  ].join(' · ');
}

/** Line 3: what waits for people, and until when. */
function campaignDecision({ plans, questions }: SlackCampaign): string {
  const [first] = plans.map(({ expiresAt }) => expiresAt).sort();
  const forms = new Map<string, number>();
  for (const { form } of questions) forms.set(form, (forms.get(form) ?? 0) + 1);
  const parts = [
    ...(first === undefined
      ? []
      : [
          `${plans.length} ${plans.length === 1 ? 'plan waits' : 'plans wait'} for approval, the first *until ${when(first)}*`,
        ]),
    ...[...forms].map(
      ([form, count]) =>
        `${count} ${count === 1 ? 'incident asks' : 'incidents ask'}: ${formOf(form)?.question ?? code(form, 60)}`,
    ),
  ];
  return parts.length === 0
    ? '☑️ *Decide:* nothing is waiting for a person.'
    : `❓ *Decide:* ${parts.join(' · ')}`;
}

function campaignButtons(campaign: SlackCampaign, open: boolean): KnownBlock[] {
  const { plans, plansDigest, lead } = campaign;
  const take = button({
    label: 'I take it',
    actionId: ACTION.campaignTake,
    value: actionValue({ k: campaign.id }),
    style: 'primary',
  });
  const typed = plans.some(({ confirm }) => confirm !== null);
  const approve =
    plansDigest === null
      ? []
      : [
          button({
            label: `Approve these ${plans.length}`,
            actionId: typed ? ACTION.campaignApproveTyped : ACTION.campaignApprove,
            value: actionValue({ k: campaign.id, d: plansDigest }),
            // In production a form follows, in which the name is typed: one question is enough.
            ...(typed
              ? {}
              : {
                  confirm: {
                    title: `Approve ${plans.length} plans?`,
                    text: `Exactly the list ${plansDigest.slice(0, SHORT_DIGEST)} below. If a plan changes, or one comes or goes, nothing is approved and you are told.`,
                    yes: 'Approve',
                  },
                }),
          }),
        ];
  const pressed = [...(lead === null && open ? [take] : []), ...approve];
  return pressed.length === 0 ? [] : [buttons(pressed)];
}

function memberLines(campaign: SlackCampaign): string[] {
  const sorted = [...campaign.members].sort(
    (a, b) =>
      Number(a.status === 'closed') - Number(b.status === 'closed') ||
      TROUBLE[a.level] - TROUBLE[b.level] ||
      b.plans + b.questions - (a.plans + a.questions) ||
      a.number - b.number,
  );
  return listed(
    sorted,
    SHOWN_MEMBERS,
    (member) => {
      const [first = '', ...rest] = member.functionNames;
      const waits = [
        ...(member.plans > 0 ? [`✋ ${member.plans}`] : []),
        ...(member.questions > 0 ? [`❓ ${member.questions}`] : []),
      ].join(' ');
      return [
        member.status === 'closed' ? '⚪ closed' : LEVEL_MARK[member.level],
        `*${incidentName({ number: member.number, exercise: campaign.exercise })}*`,
        `${code(first, 90)}${rest.length === 0 ? '' : ` and ${rest.length} more`}`,
        `severity ${member.severity}`,
        ...(member.status === 'halted' ? ['⛔ halted'] : []),
        ...(waits === '' ? [] : [waits]),
      ].join(' · ');
    },
    code(`/cordon campaign show ${campaignName(campaign)}`, 80),
  );
}

function planBlocks(campaign: SlackCampaign): KnownBlock[] {
  const { plansDigest } = campaign;
  if (plansDigest === null) return [];
  return [
    section([
      `*Plans that wait*, list ${code(plansDigest.slice(0, SHORT_DIGEST), 20)}`,
      ...planLines(campaign),
    ]),
  ];
}

/** Plans that do the same together, each by the name that people know its object by: a list is read, and then approved. */
export function planLines(campaign: SlackCampaign): string[] {
  const { plans, exercise } = campaign;
  const accounts = new Set(plans.map(({ objectArn }) => accountOf(objectArn)));
  const byAction = new Map<string, SlackCampaign['plans'][number][]>();
  for (const plan of plans.slice(0, SHOWN_PLANS)) {
    byAction.set(plan.actionTitle, [...(byAction.get(plan.actionTitle) ?? []), plan]);
  }
  const rest = plans.length - SHOWN_PLANS;
  return [
    ...[...byAction].flatMap(([title, some]) => [
      `✋ ${prose(title, 90)}`,
      ...some.map(({ incident, objectArn }) => {
        // The same name in two accounts is two functions.
        const where = accounts.size > 1 ? ` in ${code(accountOf(objectArn), 40)}` : '';
        return `• *${incidentName({ number: incident, exercise })}* ${code(shortName(objectArn), 90)}${where}`;
      }),
    ]),
    ...(rest > 0
      ? [`… and ${rest} more: ${code(`/cordon campaign show ${campaignName(campaign)}`, 80)}`]
      : []),
  ];
}

function accountOf(arn: string): string {
  return arn.split(':')[4] || 'no account';
}

/** Everything about a campaign in text, for one person. */
export function campaignText(campaign: SlackCampaign): string {
  return [
    `*${campaignName(campaign)}* · ${plain(`${campaign.members.length} incidents`, 40)}`,
    campaignStatus(campaign),
    campaignDecision(campaign),
    ...memberLines(campaign),
    // Whole, for whoever wants to be sure of one.
    ...listed(
      campaign.plans,
      SHOWN_WHOLE,
      (plan) =>
        `✋ *${incidentName({ number: plan.incident, exercise: campaign.exercise })}* ${prose(plan.actionTitle, 60)} · ${code(plan.objectArn, 160)} · plan ${code(plan.digest.slice(0, SHORT_DIGEST), 20)}`,
      `\`cordon campaign show ${campaignName(campaign)}\` in the terminal`,
    ),
  ].join('\n');
}
