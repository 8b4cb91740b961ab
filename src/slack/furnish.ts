import type { DeliveryOutcome } from '../incident/delivery.ts';
import type { Bookmark } from './channel.ts';
import { classify, outcomeOf } from './failure.ts';
import { type Job, noChannel, sent } from './post.ts';

/**
 * What a channel is furnished with once its card is there: the card is pinned, and the links that the enrolment file
 * names stand above it. Safe to repeat at any point.
 */
export async function furnish(job: Job): Promise<DeliveryOutcome> {
  const place = await job.places.placeOf(job.row.lane);
  if (place?.cardTs === undefined) return noChannel();
  const { channel, cardTs } = place;
  const notes: string[] = [];
  let doing = 'pins.add';
  try {
    await job.client.pins.add({ channel, timestamp: cardTs }).catch((error: unknown) => {
      const failure = classify(error);
      if (failure.kind !== 'refused') throw error;
      if (failure.slackError !== 'already_pinned')
        notes.push(`the card could not be pinned: ${failure.slackError}`);
    });
    doing = 'bookmarks.add';
    notes.push(...(await bookmark(job, channel)));
  } catch (error) {
    const failure = classify(error);
    // Made again, whatever became of it: a message is pinned once, and what is bookmarked is looked at first.
    if (failure.kind === 'unknown') return { kind: 'retry', afterMs: 5_000, code: failure.code };
    return outcomeOf(failure, doing);
  }
  return sent(channel, cardTs, notes);
}

/** Adds what is not there yet. Slack takes the same link any number of times, so that it is looked for first. */
async function bookmark(job: Job, channel: string): Promise<string[]> {
  const wanted = job.channels.bookmarks.map((one) => ({ ...one, link: linkOf(one, job.incident) }));
  if (wanted.length === 0) return [];
  try {
    const { bookmarks } = await job.client.bookmarks.list({ channel_id: channel });
    for (const { title, link } of wanted) {
      if (bookmarks?.some((one) => one.title === title && one.link === link) === true) continue;
      await job.client.bookmarks.add({ channel_id: channel, title, type: 'link', link });
    }
    return [];
  } catch (error) {
    const failure = classify(error);
    // An app that was installed before it could bookmark does everything else as before.
    if (failure.kind === 'retry' && failure.code === 'cordon_slack_missing_scope') {
      return ['nothing was bookmarked: the app has no scope for it; install the manifest again'];
    }
    if (failure.kind !== 'refused') throw error;
    return [`not everything could be bookmarked: ${failure.slackError}`];
  }
}

/** The incident's number and id are ours, and of letters, digits and hyphens: they can stand anywhere in an address. */
function linkOf({ link }: Bookmark, incident: { readonly id: string; readonly number: number }): string {
  return link.replaceAll('{number}', String(incident.number)).replaceAll('{id}', incident.id);
}
