import type { DeliveryOutcome } from '../incident/delivery.ts';
import { inviteAll, whyUnfit } from './channel.ts';
import { classify, outcomeOf } from './failure.ts';
import { type Job, noChannel, postTo, sent } from './post.ts';
import { identityMessage } from './render/identity.ts';

/** Deliveries to one person: into the channel, or apart from it. */

/** Invites a responder, unless they are a suspect of an incident that is led in the channel. Safe to repeat. */
export async function invite(job: Job, responder: string): Promise<DeliveryOutcome> {
  const place = await job.places.placeOf(job.row.lane);
  if (place === undefined) return noChannel();
  const user = job.people.slackIdOf(responder);
  const wanted =
    user !== undefined &&
    job.people.invitees(job.incident).includes(user) &&
    !(await suspectedElsewhere(job, responder));
  try {
    return sent(place.channel, null, wanted ? await inviteAll(job.client, place.channel, [user]) : []);
  } catch (error) {
    const failure = classify(error);
    // An invitation can be made again.
    return failure.kind === 'unknown'
      ? { kind: 'retry', afterMs: 5_000, code: failure.code }
      : outcomeOf(failure, 'conversations.invite');
  }
}

/** Asks somebody in a message of their own. A guest, or somebody of another organisation, is asked nothing. */
export async function askApart(job: Job, responder: string): Promise<DeliveryOutcome> {
  const suspect = job.incident.suspects?.find((each) => each.responder === responder);
  const user = job.people.slackIdOf(responder);
  if (suspect === undefined)
    return { kind: 'skipped', reason: 'somebody cleared them before they were asked' };
  const unasked = (why: string): DeliveryOutcome => ({
    kind: 'failed',
    code: 'cordon_slack_not_asked',
    message: `${responder} is not asked: ${why}`,
  });
  if (user === undefined) return unasked('the enrolment file has no Slack member id of theirs');
  // In a message of their own we may not read back: asked twice would be worse than asked by nobody.
  if (job.previousUnknown) return unasked('whether the question arrived is not known; ask them');
  let unfit: string | undefined;
  try {
    unfit = await whyUnfit(job.client, user);
  } catch (error) {
    const failure = classify(error);
    return failure.kind === 'unknown'
      ? { kind: 'retry', afterMs: 5_000, code: failure.code }
      : outcomeOf(failure, 'users.info');
  }
  if (unfit !== undefined) return unasked(unfit);
  return postTo(
    job,
    { channel: user, threadTs: undefined },
    identityMessage(job.incident, suspect.principal),
  );
}

/** True for a suspect of another incident that is led in the same channel, and not closed. */
async function suspectedElsewhere({ row, incident, views }: Job, responder: string): Promise<boolean> {
  const campaign = await views.findCampaign(row.lane);
  for (const member of campaign?.members ?? []) {
    if (member.id === incident.id || member.status === 'closed') continue;
    const other = await views.incidentView(member.id);
    if (other?.suspects?.some((each) => each.responder === responder) === true) return true;
  }
  return false;
}
