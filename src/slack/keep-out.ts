import type { DeliveryOutcome } from '../incident/delivery.ts';
import { BOT, whyUnfit } from './channel.ts';
import { classify, outcomeOf } from './failure.ts';
import { type Job, noChannel, sent } from './post.ts';

/**
 * Takes those out of a channel who are in it and must not be: suspects of the incident, who may have been in the channel
 * of its campaign before, guests, and people of other organisations. Apps stay: their messages are for people to judge.
 * Safe to repeat at any point: who is out already is not in the list of members.
 */
export async function keepOut(job: Job): Promise<DeliveryOutcome> {
  const { client, incident, people } = job;
  const place = await job.places.placeOf(job.row.lane);
  if (place === undefined) return noChannel();
  const { channel } = place;
  const suspects = new Map(
    (incident.suspects ?? []).map(({ responder }) => [people.slackIdOf(responder), responder]),
  );
  const notes: string[] = [];
  const left: string[] = [];
  let doing = 'conversations.members';
  try {
    for await (const user of membersOf(job, channel)) {
      const suspect = suspects.get(user);
      doing = 'users.info';
      const why =
        suspect === undefined ? await whyUnfit(client, user) : 'their own AWS identity is part of this';
      if (why === undefined || why === BOT) continue;
      doing = 'conversations.kick';
      const name = suspect ?? user;
      const refusal = await remove(job, channel, user);
      if (refusal === undefined) notes.push(`${name} was removed from the channel: ${why}`);
      else left.push(`${name} could not be removed from the channel (${why}): ${refusal}`);
    }
  } catch (error) {
    const failure = classify(error);
    // Looking and removing can both be made again.
    return failure.kind === 'unknown'
      ? { kind: 'retry', afterMs: 5_000, code: failure.code }
      : outcomeOf(failure, doing);
  }
  if (left.length === 0) return sent(channel, null, notes);
  return {
    kind: 'failed',
    code: 'cordon_slack_not_removed',
    message: `Expected nobody in the channel who must not be, found: ${[...left, ...notes].join('; ')}. Remove them by hand.`,
  };
}

/** Why Slack did not remove somebody; `undefined` when they are out. Throws what may pass. */
async function remove(job: Job, channel: string, user: string): Promise<string | undefined> {
  try {
    await job.client.conversations.kick({ channel, user });
    job.log.warn({ incident: job.incident.id, user }, 'somebody was removed from an incident’s channel');
    return undefined;
  } catch (error) {
    const failure = classify(error);
    if (failure.kind !== 'refused') throw error;
    // Out by then: what Slack's page of the method says, and what others have seen it say.
    const out = ['not_in_channel', 'user_not_in_channel'].includes(failure.slackError);
    return out ? undefined : failure.slackError;
  }
}

async function* membersOf({ client, bot }: Job, channel: string): AsyncGenerator<string> {
  const { userId } = await bot();
  let cursor: string | undefined;
  do {
    const page = await client.conversations.members({
      channel,
      limit: 200,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const user of page.members ?? []) if (user !== userId) yield user;
    cursor = page.response_metadata?.next_cursor;
  } while (cursor !== undefined && cursor !== '');
}
