import type { DeliveryOutcome } from '../incident/delivery.ts';
import { classify, outcomeOf, type SlackFailure } from './failure.ts';
import { type Job, noChannel, sent } from './post.ts';

/**
 * What was said in an incident's channel, kept as evidence: once when the incident closes, and again before the channel is
 * archived, days later. Slack takes an app out of a channel that is archived, so afterwards nobody can read it any more.
 */

const PAGE = 200;
/** More than this is no incident's channel; what is beyond is named in the transcript and not hidden. */
const MAX_MESSAGES = 20_000;

type Read =
  | { readonly kind: 'read'; readonly content: string; readonly messages: number }
  | { readonly kind: 'unreadable'; readonly doing: string; readonly failure: SlackFailure };

/** Exports the channel into evidence; the same content again is the same item. */
export async function exportTranscript(job: Job): Promise<DeliveryOutcome> {
  const place = await job.places.placeOf(job.row.lane);
  if (place === undefined) return noChannel();
  if (job.keepTranscript === undefined)
    return { kind: 'skipped', reason: 'there is nowhere to keep a transcript' };
  const read = await readChannel(job, place.channel);
  if (read.kind === 'unreadable') return unread(read.failure, read.doing);
  const { content, messages } = read;
  const keep: Promise<{ readonly sha256: string } | null> = job.keepTranscript(job.incident.id, {
    channel: place.channel,
    content,
    messages,
  });
  const kept = await keep;
  return sent(place.channel, null, [
    kept === null
      ? 'nothing more is kept in evidence, which retention removed'
      : `${messages} messages are kept in evidence, sha256 ${kept.sha256}`,
  ]);
}

/** Archives the channel, and only once what was said in it is kept. */
export async function archiveChannel(job: Job): Promise<DeliveryOutcome> {
  if (job.previousUnknown) {
    const place = await job.places.placeOf(job.row.lane);
    if (place !== undefined && (await isGone(job, place.channel))) return sent(place.channel, null);
  }
  const exported = await exportTranscript(job);
  if (exported.kind === 'skipped') {
    return {
      kind: 'failed',
      code: 'cordon_slack_no_transcript',
      message: `The channel is not archived: ${exported.reason}.`,
    };
  }
  if (exported.kind !== 'sent') return exported;
  const { channel, notes } = exported.result;
  const needs = await stillNeededBy(job, channel);
  if (needs !== undefined)
    return { kind: 'skipped', reason: `the channel is INC-${needs}'s too, which archives it in its turn` };
  try {
    await job.client.conversations.archive({ channel });
    return sent(channel, null, notes);
  } catch (error) {
    const failure = classify(error);
    if (failure.kind === 'refused' && failure.slackError === 'already_archived')
      return sent(channel, null, notes);
    // `unknown` goes back as it is: the next try looks whether this one took effect.
    return outcomeOf(failure, 'conversations.archive');
  }
}

/** An incident of the same campaign that is open, or was closed later: a campaign's channel is archived by its last. */
async function stillNeededBy(job: Job, channel: string): Promise<number | undefined> {
  const campaign = await job.views.campaignOfChannel(channel);
  for (const { id, number, status } of campaign?.members ?? []) {
    if (id === job.incident.id) continue;
    if (status !== 'closed') return number;
    const closedAt = (await job.views.incidentView(id))?.closedAt ?? '';
    if (closedAt > (job.incident.closedAt ?? '')) return number;
  }
  return undefined;
}

/** True once the channel is archived: Slack takes the app out of it, and then does not know it any more. */
async function isGone(job: Job, channel: string): Promise<boolean> {
  try {
    return (await job.client.conversations.info({ channel })).channel?.is_archived === true;
  } catch (error) {
    const failure = classify(error);
    return failure.kind === 'refused' && failure.slackError === 'channel_not_found';
  }
}

/** Reading has no effect, so that a lost answer is asked for again. */
function unread(failure: SlackFailure, doing: string): DeliveryOutcome {
  return failure.kind === 'unknown'
    ? { kind: 'retry', afterMs: 5_000, code: failure.code }
    : outcomeOf(failure, doing);
}

async function readChannel(job: Job, channel: string): Promise<Read> {
  const messages: unknown[] = [];
  let doing = 'conversations.history';
  try {
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page = await job.client.conversations.history({
        channel,
        limit: PAGE,
        include_all_metadata: true,
        ...(cursor === '' ? {} : { cursor }),
      });
      for (const message of page.messages ?? []) {
        if (messages.length >= MAX_MESSAGES) break;
        messages.push(message);
        if (message.ts === undefined || (message.reply_count ?? 0) === 0) continue;
        doing = 'conversations.replies';
        messages.push(...(await repliesTo(job, channel, message.ts)));
        doing = 'conversations.history';
      }
      cursor = nextOf(page, messages.length);
    }
  } catch (error) {
    return { kind: 'unreadable', doing, failure: classify(error) };
  }
  // Oldest first, and nothing in it that differs from one reading to the next.
  messages.sort((a, b) => tsOf(a).localeCompare(tsOf(b)));
  const content = JSON.stringify(
    {
      incident: job.incident.id,
      channel,
      cutAt: messages.length >= MAX_MESSAGES ? MAX_MESSAGES : null,
      messages,
    },
    null,
    2,
  );
  return { kind: 'read', content, messages: messages.length };
}

async function repliesTo(job: Job, channel: string, ts: string): Promise<unknown[]> {
  const replies: unknown[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const page = await job.client.conversations.replies({
      channel,
      ts,
      limit: PAGE,
      include_all_metadata: true,
      ...(cursor === '' ? {} : { cursor }),
    });
    // The first is the message itself.
    replies.push(...(page.messages ?? []).filter((reply) => reply.ts !== ts));
    cursor = nextOf(page, replies.length);
  }
  return replies;
}

function nextOf(
  page: { readonly has_more?: boolean; readonly response_metadata?: { readonly next_cursor?: string } },
  have: number,
): string | undefined {
  const next = page.response_metadata?.next_cursor;
  return page.has_more !== true || next === undefined || next === '' || have >= MAX_MESSAGES
    ? undefined
    : next;
}

function tsOf(message: unknown): string {
  const ts = typeof message === 'object' && message !== null && 'ts' in message ? message.ts : '';
  return typeof ts === 'string' ? ts : '';
}
