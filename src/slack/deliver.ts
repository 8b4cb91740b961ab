import { codeOf, describeError } from '../error.ts';
import type { ApprovalView } from '../incident/approval-view.ts';
import type { DeliveryOutcome } from '../incident/delivery.ts';
import type { Json, JsonObject } from '../json.ts';
import { type BotIdentity, openChannel } from './channel.ts';
import { DELIVERY_KINDS, type SlackDelivery } from './delivery.ts';
import { deliveryParams, isDeliveryKind, SlackParamsError } from './delivery-params.ts';
import { classify, outcomeOf, SlackError } from './failure.ts';
import { furnish } from './furnish.ts';
import { askApart, invite } from './invite.ts';
import { keepOut } from './keep-out.ts';
import type { SlackMessage } from './limits.ts';
import { withMentions } from './mentions.ts';
import type { SlackPeople } from './port.ts';
import { type DeliveryParts, editOrPost, type Job, noChannel, post, sent } from './post.ts';
import { approvalChangedMessage, approvalMessage, approvalSettledMessage } from './render/approval.ts';
import { campaignCard, campaignCatchUp, campaignMovedMessage } from './render/campaign.ts';
import { incidentCard } from './render/card.ts';
import { catchUpMessage } from './render/catch-up.ts';
import { withStop } from './render/drill.ts';
import {
  announceMessage,
  dutiesMissedMessage,
  dutyMessage,
  postmortemMessage,
  taskDueMessage,
} from './render/notice.ts';
import { updateAskedMessage, updateMessage } from './render/owed.ts';
import { questionMessage, questionSettledMessage } from './render/question.ts';
import { scopeMessage } from './render/scope.ts';
import { archiveChannel, exportTranscript } from './transcript.ts';
import type { SlackCampaign } from './view/campaign.ts';

export type Deliver = (row: SlackDelivery, previousUnknown?: boolean) => Promise<DeliveryOutcome>;

/**
 * Makes the function that delivers one outbox row. It renders from the incident as it is now, posts at
 * most once (the outbox id travels in the message's metadata; after an unknown outcome the history is
 * read first), and answers with an outcome instead of throwing.
 */
export function createDeliver(parts: DeliveryParts): Deliver {
  let bot: BotIdentity | undefined;
  const identify = async (): Promise<BotIdentity> => {
    if (bot === undefined) {
      const answer = await parts.client.auth.test();
      if (answer.user_id === undefined || answer.team_id === undefined) {
        throw new SlackError(
          'cordon_slack_bad_answer',
          'auth.test: expected user_id and team_id, found neither; check that the token is a bot token.',
        );
      }
      bot = { userId: answer.user_id, teamId: answer.team_id };
    }
    return bot;
  };

  return async (row, previousUnknown = false) => {
    try {
      const incident = await parts.views.incidentView(row.incidentId);
      if (incident === undefined) {
        return {
          kind: 'failed',
          code: 'cordon_slack_no_incident',
          message: `Outbox row ${row.outboxId} names incident ${row.incidentId}, which is not in the database.`,
        };
      }
      return await deliverOne({
        ...parts,
        row,
        incident: withMentions(incident, parts.people),
        previousUnknown,
        bot: identify,
      });
    } catch (error) {
      if (error instanceof SlackParamsError || error instanceof SlackError) {
        return { kind: 'failed', code: error.code, message: error.message };
      }
      parts.log.error(
        { outbox: row.outboxId, code: codeOf(error) },
        `a Slack delivery threw: ${describeError(error)}`,
      );
      // What happened is not known here, so neither is whether it was posted.
      return { kind: 'unknown', code: 'cordon_slack_internal' };
    }
  };
}

async function deliverOne(job: Job): Promise<DeliveryOutcome> {
  const { row, incident } = job;
  const { kind } = row;
  if (!isDeliveryKind(kind)) {
    return {
      kind: 'failed',
      code: 'cordon_slack_unknown_kind',
      message: `Expected outbox row ${row.outboxId} to be one of ${DELIVERY_KINDS.join(', ')}; found ${kind}.`,
    };
  }
  const { lateSince } = row;
  if (typeof lateSince === 'string') {
    const campaign = await sharedCampaign(job);
    return post(
      job,
      campaign === undefined ? catchUpMessage(incident, lateSince) : campaignCatchUp(campaign, lateSince),
      'everybody',
    );
  }
  switch (kind) {
    case 'open-channel':
      deliveryParams(row, kind);
      return open(job);
    case 'card':
      deliveryParams(row, kind);
      return card(job);
    case 'transcript':
      deliveryParams(row, kind);
      return exportTranscript(job);
    case 'archive':
      deliveryParams(row, kind);
      return archiveChannel(job);
    case 'furnish':
      return deliveryParams(row, kind).keepOut === true ? keepOut(job) : furnish(job);
    case 'question': {
      const { invocation } = deliveryParams(row, kind);
      const question = incident.questions.find((one) => one.invocationId === invocation);
      if (question === undefined) return missing('question', invocation);
      // Settled before it could be asked: unless it may be there already, there is nothing to ask.
      if (question.status !== 'open' && !job.previousUnknown) {
        return { kind: 'skipped', reason: 'the question was settled before it was asked' };
      }
      return post(
        job,
        question.status === 'open'
          ? questionMessage(incident, question)
          : questionSettledMessage(incident, question),
      );
    }
    case 'question-settled': {
      const { invocation } = deliveryParams(row, kind);
      const question = incident.questions.find((one) => one.invocationId === invocation);
      if (question === undefined) return missing('question', invocation);
      const at = await job.places.messageOf(incident.id, 'question', invocation);
      if (at === undefined && !job.previousUnknown) {
        return {
          kind: 'skipped',
          reason: 'the question was never shown here, so there is nothing to settle',
        };
      }
      return editOrPost(job, at, questionSettledMessage(incident, question));
    }
    case 'approval': {
      const { attempt: id, digest } = deliveryParams(row, kind);
      const approval = incident.approvals.find((one) => one.approvalId === id);
      if (approval === undefined) return missing('approval', id);
      const changed = isAnother(digest, approval);
      if (changed && !job.previousUnknown) {
        return {
          kind: 'skipped',
          reason: 'the plan changed before it was asked about; the new one is asked about',
        };
      }
      if (changed) return post(job, approvalChangedMessage(incident, approval));
      if (approval.status !== 'open' && !job.previousUnknown) {
        return { kind: 'skipped', reason: 'the approval was settled before it was asked for' };
      }
      return post(
        job,
        approval.status === 'open'
          ? approvalMessage(incident, approval)
          : approvalSettledMessage(incident, approval),
      );
    }
    case 'approval-settled': {
      const { attempt: id, digest } = deliveryParams(row, kind);
      const approval = incident.approvals.find((one) => one.approvalId === id);
      if (approval === undefined) return missing('approval', id);
      const at = await job.places.messageOf(incident.id, 'approval', id);
      if (at === undefined && !job.previousUnknown) {
        return {
          kind: 'skipped',
          reason: 'the approval was never shown here, so there is nothing to settle',
        };
      }
      if (isAnother(digest, approval)) return editOrPost(job, at, approvalChangedMessage(incident, approval));
      return editOrPost(
        job,
        at,
        // One approval of two: the card goes on, with the count brought up to date.
        approval.status === 'open'
          ? approvalMessage(incident, approval)
          : approvalSettledMessage(incident, approval),
      );
    }
    case 'announce': {
      const { name, ...facts } = deliveryParams(row, kind);
      const said = announceMessage(incident, name, peopleNamed(facts, job.people));
      return post(job, said, QUIET.has(name) ? 'thread' : LOUD.has(name) ? 'everybody' : 'channel');
    }
    case 'task-due': {
      const { task: id, to, last } = deliveryParams(row, kind);
      const task = incident.tasks.find((one) => one.id === id);
      if (task === undefined) return missing('task', id);
      if (task.doneAt !== null && !job.previousUnknown) {
        return { kind: 'skipped', reason: 'the task was done before its reminder could be sent' };
      }
      const mentioned = to === null ? null : (job.people.slackIdOf(to) ?? to);
      return post(job, taskDueMessage(incident, task, { to: mentioned, last }));
    }
    case 'duty': {
      const { duty: id, to, last, missed } = deliveryParams(row, kind);
      if (missed !== undefined) {
        const open = missed.duties.flatMap(({ duty: name, to: who, times }) => {
          const found = incident.duties.find((one) => one.id === name);
          // Settled since: nobody has to be told of it any more.
          if (found === undefined || (found.settled !== null && !job.previousUnknown)) return [];
          return [{ duty: found, times, to: who === null ? null : (job.people.slackIdOf(who) ?? who) }];
        });
        if (open.length === 0) {
          return { kind: 'skipped', reason: 'every duty was settled before the reminder could be sent' };
        }
        return post(job, dutiesMissedMessage(incident, open, missed.since));
      }
      const duty = incident.duties.find((one) => one.id === id);
      if (duty === undefined) return missing('duty', id);
      if (duty.settled !== null && !job.previousUnknown) {
        return { kind: 'skipped', reason: 'the duty was settled before its reminder could be sent' };
      }
      const mentioned = to === null ? null : (job.people.slackIdOf(to) ?? to);
      return post(job, dutyMessage(incident, duty, { to: mentioned, last }));
    }
    case 'update': {
      const { update: id, to } = deliveryParams(row, kind);
      const update = incident.updates.find((one) => one.id === id);
      const stakeholder = job.people.stakeholders().find((one) => one.id === to);
      if (update === undefined) return missing('update', id);
      if (stakeholder === undefined) return missing('stakeholder', to);
      return post(job, updateMessage(incident, update), { elsewhere: stakeholder.slack });
    }
    case 'update-asked': {
      const { update: id } = deliveryParams(row, kind);
      const update = incident.updates.find((one) => one.id === id);
      if (update === undefined) return missing('update', id);
      if (update.state !== 'waiting' && !job.previousUnknown) {
        return { kind: 'skipped', reason: 'the update was decided before it could be asked about' };
      }
      return post(job, updateAskedMessage(incident, update));
    }
    case 'ask-identity': {
      const { to } = deliveryParams(row, kind);
      return askApart(job, to);
    }
    case 'invite': {
      const { responder } = deliveryParams(row, kind);
      return invite(job, responder);
    }
    case 'scope': {
      deliveryParams(row, kind);
      const scope = await job.views.scopeOf(incident.id);
      if ((scope === undefined || scope.suggestions.length === 0) && !job.previousUnknown) {
        return { kind: 'skipped', reason: 'the inventory knows of no other function that shares anything' };
      }
      return post(job, scopeMessage(incident, scope ?? { suggestions: [], takenAt: [], stale: false }));
    }
    case 'postmortem': {
      const { location, ...facts } = deliveryParams(row, kind);
      return post(job, postmortemMessage(incident, location, facts));
    }
  }
}

/** What the card says already, or what nobody has to do anything about: for whoever wants to read on. */
const QUIET: ReadonlySet<string> = new Set(['containment-effective', 'observed-only']);

/** True when the plan is not the one that the row is about: it was read again, and the object had changed. */
function isAnother(digest: string | null | undefined, approval: ApprovalView): boolean {
  return typeof digest === 'string' && digest !== approval.digest;
}

/** What calls somebody, or says where to look: in a channel of several incidents it is not left to a thread. */
const LOUD: ReadonlySet<string> = new Set(['unclaimed', 'called', 'campaign-merged']);

/** Responders' ids in a notice's facts as Slack user ids, so that those who are called are mentioned. */
function peopleNamed(facts: JsonObject, people: SlackPeople): JsonObject {
  const known = (value: Json | undefined): Json | undefined => {
    if (Array.isArray(value)) return value.map((one: Json) => known(one) ?? one);
    return typeof value === 'string' ? (people.slackIdOf(value) ?? value) : value;
  };
  return { ...facts, to: known(facts.to), from: known(facts.from), by: known(facts.by) };
}

function missing(what: string, id: string): DeliveryOutcome {
  return {
    kind: 'failed',
    code: 'cordon_slack_no_subject',
    message: `Expected ${what} ${id} in the incident's view, found none.`,
  };
}

const MENDING_MS = 60_000;

async function open(job: Job): Promise<DeliveryOutcome> {
  const known = await job.places.placeOf(job.row.lane);
  if (known !== undefined) return sent(known.channel, null);
  let bot: BotIdentity;
  try {
    bot = await job.bot();
  } catch (error) {
    if (error instanceof SlackError) throw error;
    const failure = classify(error);
    // `auth.test` only reads: whatever became of it, it can be asked again.
    return failure.kind === 'unknown'
      ? { kind: 'retry', afterMs: 5_000, code: failure.code }
      : outcomeOf(failure, 'auth.test');
  }
  const opened = await openChannel(
    job.client,
    bot,
    job.incident,
    job.people.invitees(job.incident),
    job.channels.prefix,
  );
  if (opened.kind === 'opened') return sent(opened.channel, null, opened.notes);
  // Everything else waits for the channel, so that this is never given up: a person mends what Slack refuses.
  return opened.failure.kind === 'refused'
    ? { kind: 'retry', afterMs: MENDING_MS, code: `cordon_slack_${opened.failure.slackError}` }
    : outcomeOf(opened.failure, opened.doing);
}

async function card(job: Job): Promise<DeliveryOutcome> {
  const place = await job.places.placeOf(job.row.lane);
  if (place === undefined) return noChannel();
  const rendered = withStop(await cardOf(job), job.incident.id);
  if (place.cardTs !== undefined) {
    return editOrPost(job, { channel: place.channel, ts: place.cardTs }, rendered);
  }
  return post(job, rendered, 'everybody');
}

/** The card of the channel: of its one incident, of all that are led there, or a word on where they went. */
async function cardOf(job: Job): Promise<SlackMessage> {
  const campaign = await sharedCampaign(job);
  if (campaign === undefined) return incidentCard(job.incident);
  return campaign.anchor === job.row.lane ? campaignCard(campaign) : campaignMovedMessage(campaign);
}

/** The campaign that the lane's incident is led in with others, with its lead as Slack knows them. */
async function sharedCampaign({ row, views, people }: Job): Promise<SlackCampaign | undefined> {
  const campaign = await views.findCampaign(row.lane);
  if (campaign === undefined || campaign.members.length < 2) return undefined;
  const { lead } = campaign;
  return { ...campaign, lead: lead === null ? null : (people.slackIdOf(lead) ?? lead) };
}
