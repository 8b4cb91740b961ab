import { z } from 'zod';
import type { CampaignId, IncidentId } from '../id.ts';
import { moveCampaign } from '../incident/campaign.ts';
import type { CampaignView } from '../incident/campaign-view.ts';
import { campaignOfAnchor } from '../store/campaign.ts';
import type { CommandResult, Person } from './command.ts';
import { actorOf, done, refused } from './command.ts';
import type { EngineTools } from './engine-command.ts';
import { defineEngineCommand } from './engine-command.ts';

/**
 * Acts on a campaign. What is done to its incidents is done by the command of the incident itself, one by one: each
 * asks the gate, has its own receipt and its own entry. A campaign adds no power to anybody.
 */

const campaign = z.string().min(1).max(60);
const reason = z.string().trim().min(1).max(500);

/** Takes the campaign up: every incident of it that is not closed, so that no page goes on for one of them. */
export const campaignAcknowledge = defineEngineCommand({
  id: 'campaign-acknowledge',
  title: 'Take a campaign up',
  input: z.strictObject({ campaign }),
  run: (tools, input, _person, key) =>
    onMembers(tools, input.campaign, (view) =>
      each(
        view.members.filter(({ status }) => status !== 'closed'),
        (member) => tools.act(member.id as IncidentId, 'acknowledge', {}, `${key}:${member.id}`),
      ).then((results) => together('took up', 'incident', results)),
    ),
});

/** Approves exactly the plans that were listed: the digest is of all of them, and each approval of its own plan. */
export const campaignApprove = defineEngineCommand({
  id: 'campaign-approve',
  title: 'Approve the plans of a campaign',
  input: z.strictObject({
    campaign,
    digest: z.string().regex(/^[0-9a-f]{12,64}$/),
    confirm: z.string().max(60).optional(),
  }),
  run: (tools, input, _person, key) =>
    onMembers(tools, input.campaign, async (view) => {
      if (view.plansDigest === null) {
        return refused('cordon_approval_settled', 'no plan of this campaign waits for approval any more');
      }
      if (!view.plansDigest.startsWith(input.digest)) {
        return refused(
          'cordon_approval_plan_changed',
          'the list of plans is not the one that you were shown; look at it again ("campaign show") and decide anew',
        );
      }
      const word = `CMP-${view.number}`;
      if (view.plans.some(({ confirm }) => confirm !== null) && input.confirm?.trim() !== word) {
        return refused(
          'cordon_approval_unconfirmed',
          `this is production: expected the campaign’s name to be typed, ${word}, after the list ("campaign approve ${word} ${view.plansDigest.slice(0, 12)} ${word}")`,
        );
      }
      const results = await each(view.plans, (plan) =>
        tools.act(
          plan.incidentId as IncidentId,
          'approve',
          {
            approvalId: plan.approvalId,
            digest: plan.digest,
            // The whole list was confirmed by its own word.
            ...(plan.confirm === null ? {} : { confirm: plan.confirm }),
          },
          `${key}:${plan.approvalId}`,
        ),
      );
      return together('approved', 'plan', results);
    }),
});

/** Gives every incident whose triage is open the same verdict. */
export const campaignTriage = defineEngineCommand({
  id: 'campaign-triage',
  title: 'Answer the triage of a campaign',
  input: z.strictObject({
    campaign,
    verdict: z.enum(['true_positive', 'false_positive', 'benign', 'needs_more_time']),
    reason,
  }),
  run: (tools, input, _person, key) =>
    onMembers(tools, input.campaign, async (view) => {
      const asked = view.questions.filter(({ form }) => form === 'triage');
      if (asked.length === 0) {
        return refused('cordon_question_settled', 'no triage question of this campaign is open');
      }
      const results = await each(asked, ({ incidentId, invocationId }) =>
        tools.act(
          incidentId as IncidentId,
          'answer',
          { invocationId, answer: { verdict: input.verdict, note: input.reason } },
          `${key}:${invocationId}`,
        ),
      );
      return together('answered', 'question', results);
    }),
});

/** Takes one incident out of its campaign, into a channel of its own. */
export const campaignSplit = defineEngineCommand({
  id: 'campaign-split',
  title: 'Split an incident off its campaign',
  input: z.strictObject({ incident: campaign, reason }),
  async run(tools, input, person) {
    const view = await tools.campaigns.findCampaign(input.incident);
    const member = view?.members.find(({ id, number }) =>
      [id, `inc-${number}`, String(number)].includes(input.incident.toLowerCase()),
    );
    if (view === undefined || member === undefined) return unknownCampaign();
    if (view.members.length === 1) return done('it is alone in its campaign already');
    if (member.id === view.anchor) {
      return refused(
        'cordon_command_not_now',
        'the channel is this incident’s own: split the others off, or merge the campaign into another',
      );
    }
    // It may have had a campaign, and a channel, before it was merged into this one.
    const own = await campaignOfAnchor(tools.sql, member.id);
    const id = own?.id ?? tools.ids.next<CampaignId>('cmp');
    await tools.advance.advance(member.id as IncidentId, (draft) =>
      moveCampaign(
        draft,
        { id, anchor: draft.id },
        { kind: 'campaign.split', actor: actorOf(person), reason: input.reason, ...names(view, view) },
      ),
    );
    await noteOnAnchor(tools, view, person, `${person.id} split INC-${member.number} off: ${input.reason}`);
    return done(`INC-${member.number} is led by itself now, in a channel of its own`);
  },
});

/** Moves all incidents of one campaign into another, whose channel leads them from then on. */
export const campaignMerge = defineEngineCommand({
  id: 'campaign-merge',
  title: 'Merge a campaign into another',
  input: z.strictObject({ campaign, into: campaign, reason }),
  async run(tools, input, person) {
    const from = await tools.campaigns.findCampaign(input.campaign);
    const into = await tools.campaigns.findCampaign(input.into);
    if (from === undefined || into === undefined) return unknownCampaign();
    if (from.id === into.id) return done('they are one campaign already');
    if (from.exercise !== into.exercise) {
      return refused('cordon_command_not_now', 'an exercise and real incidents are never led as one');
    }
    // The anchor last: until then what is said about the others still goes somewhere. Each step may be made again.
    const anchorLast = [...from.members].sort(
      (a, b) => Number(a.id === from.anchor) - Number(b.id === from.anchor),
    );
    for (const member of anchorLast) {
      const id = member.id as IncidentId;
      if (member.id === from.anchor) {
        await tools.advance.advance(id, (draft) => {
          draft.post('announce', { name: 'campaign-merged', into: `CMP-${into.number}`, by: person.id });
        });
      }
      await tools.advance.advance(id, (draft) =>
        moveCampaign(
          draft,
          { id: into.id as CampaignId, anchor: into.anchor as IncidentId },
          { kind: 'campaign.merged', actor: actorOf(person), reason: input.reason, ...names(from, into) },
        ),
      );
    }
    await noteOnAnchor(
      tools,
      into,
      person,
      `${person.id} merged CMP-${from.number} into this campaign: ${input.reason}`,
    );
    return done(`CMP-${from.number} is led as part of CMP-${into.number} now`);
  },
});

async function onMembers(
  tools: EngineTools,
  reference: string,
  work: (view: CampaignView) => Promise<CommandResult>,
): Promise<CommandResult> {
  const view = await tools.campaigns.findCampaign(reference);
  if (view === undefined) return unknownCampaign();
  return work(view);
}

/** The incident whose channel it is knows who came and went, and its card is drawn anew. */
async function noteOnAnchor(
  tools: EngineTools,
  view: CampaignView,
  person: Person,
  summary: string,
): Promise<void> {
  await tools.advance.advance(view.anchor as IncidentId, (draft) => {
    draft.log('command.accepted', actorOf(person), summary, { campaign: view.id });
    draft.post('card', {}, { merge: 'card' });
  });
}

async function each<Item>(
  items: readonly Item[],
  act: (item: Item) => Promise<CommandResult>,
): Promise<readonly CommandResult[]> {
  const results: CommandResult[] = [];
  for (const item of items) results.push(await act(item));
  return results;
}

/** How many were done, and why the others were not; refused as a whole when none was. */
function together(verb: string, what: string, results: readonly CommandResult[]): CommandResult {
  const not = results.flatMap((result) => (result.kind === 'refused' ? [result] : []));
  const [first] = not;
  const made = results.length - not.length;
  if (first !== undefined && made === 0) return first;
  const left = first === undefined ? '' : `; ${not.length} not: ${first.message}`;
  return done(`${verb} ${made} ${made === 1 ? what : `${what}s`}${left}`);
}

function names(from: CampaignView, into: CampaignView) {
  return { from: `CMP-${from.number}`, into: `CMP-${into.number}` };
}

function unknownCampaign(): CommandResult {
  return refused(
    'cordon_campaign_not_found',
    'expected a campaign, as CMP-3, or an incident that is in one; "campaign list" shows those there are',
  );
}
