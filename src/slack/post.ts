import type { MessageMetadata } from '@slack/types';
import type { WebClient } from '@slack/web-api';
import type { Clock } from '../clock.ts';
import type { DeliveryOutcome } from '../incident/delivery.ts';
import type { Log } from '../log.ts';
import type { BotIdentity, ChannelSettings } from './channel.ts';
import type { SlackDelivery } from './delivery.ts';
import { classify, outcomeOf, SlackError, type SlackFailure } from './failure.ts';
import { findPosted, OUTBOX_EVENT } from './history.ts';
import { brokenLimits, LIMITS, type SlackMessage } from './limits.ts';
import type { IncidentViews, KeepTranscript, SlackPeople, SlackPlaces } from './port.ts';
import { lateNote } from './render/late.ts';
import type { IncidentView } from './view/incident.ts';

export interface DeliveryParts {
  readonly client: WebClient;
  readonly views: IncidentViews;
  readonly places: SlackPlaces;
  readonly people: SlackPeople;
  readonly channels: ChannelSettings;
  /** Absent where there is no evidence to keep it in: no channel is archived then. */
  readonly keepTranscript?: KeepTranscript;
  readonly clock: Clock;
  readonly log: Log;
}

/** One outbox row that is being delivered. */
export interface Job extends DeliveryParts {
  readonly row: SlackDelivery;
  readonly incident: IncidentView;
  readonly previousUnknown: boolean;
  readonly bot: () => Promise<BotIdentity>;
}

/** Posts a message once: see the head of `createDeliver`. */
export async function post(
  job: Job,
  rendered: SlackMessage,
  shown: 'everybody' | 'channel' | 'thread' | { readonly elsewhere: string } = 'channel',
): Promise<DeliveryOutcome> {
  const place =
    typeof shown === 'object'
      ? { channel: shown.elsewhere, cardTs: undefined, shared: false }
      : await job.places.placeOf(job.row.lane);
  if (place === undefined) return noChannel();
  const { channel } = place;
  // Where several incidents are led, each speaks below the card: the channel itself stays readable.
  const below = shown === 'thread' || (shown === 'channel' && place.shared === true);
  const threadTs = below ? place.cardTs : undefined;
  if (job.previousUnknown) {
    // A minute's slack for clocks that differ; the channel is younger than the incident.
    const since = Date.parse(job.incident.openedAt) - 60_000;
    const seen = await findPosted(job.client, { channel, threadTs, sinceMs: since }, job.row.outboxId);
    if (seen.kind === 'found') {
      return { kind: 'sent', result: { channel, ts: seen.ts, notes: [], posted: true } };
    }
    if (seen.kind === 'unreadable') {
      // Not repeated: a second post is worse than a late one. The row stays unknown and is looked for again.
      return seen.failure.kind === 'refused'
        ? {
            kind: 'failed',
            code: 'cordon_slack_history_unreadable',
            message: `Message ${job.row.outboxId} may or may not be in the channel: its history cannot be read (${seen.failure.slackError}). It is not posted again.`,
          }
        : { kind: 'unknown', code: 'cordon_slack_history_unreadable' };
    }
  }
  return postTo(job, { channel, threadTs }, rendered);
}

/** Posts now, without looking whether it is there already: for `post`, and for what nobody may look for. */
export async function postTo(
  job: Job,
  { channel, threadTs }: { readonly channel: string; readonly threadTs: string | undefined },
  rendered: SlackMessage,
): Promise<DeliveryOutcome> {
  const message = withLateNote(job, rendered);
  refuseOverLimit(message);
  try {
    const answer = await job.client.chat.postMessage({
      channel,
      text: message.text,
      blocks: [...message.blocks],
      metadata: outboxMetadata(job),
      ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
      unfurl_links: false,
      unfurl_media: false,
    });
    if (answer.ts === undefined) return { kind: 'unknown', code: 'cordon_slack_outcome_unknown' };
    return { kind: 'sent', result: { channel, ts: answer.ts, notes: [], posted: true } };
  } catch (error) {
    return refusedIn(job, channel, classify(error), 'chat.postMessage');
  }
}

/** What Slack says of a channel that is not there, or not ours to write in, any more. */
const GONE: ReadonlySet<string> = new Set(['channel_not_found', 'is_archived', 'not_in_channel']);

/** A channel that is said to be gone is looked at: one that is there after all is tried again. */
async function refusedIn(
  job: Job,
  channel: string,
  failure: SlackFailure,
  doing: string,
): Promise<DeliveryOutcome> {
  if (failure.kind !== 'refused' || !GONE.has(failure.slackError)) return outcomeOf(failure, doing);
  try {
    const { channel: found } = await job.client.conversations.info({ channel });
    if (found?.is_archived !== true && found?.is_member !== false) {
      return { kind: 'retry', afterMs: 5_000, code: `cordon_slack_${failure.slackError}` };
    }
  } catch (error) {
    const looking = classify(error);
    // Nothing was posted: not knowing what became of the channel is a reason to ask again.
    if (looking.kind !== 'refused') return { kind: 'retry', afterMs: 5_000, code: looking.code };
  }
  return outcomeOf(failure, doing);
}

/** What people read later than this after it was to be said, says so. */
const LATE_MS = 30_000;

function withLateNote(job: Job, rendered: SlackMessage): SlackMessage {
  const { madeAt } = job.row;
  const lateMs = madeAt === undefined ? 0 : job.clock.now().getTime() - Date.parse(madeAt);
  if (madeAt === undefined || !(lateMs > LATE_MS) || rendered.blocks.length >= LIMITS.messageBlocks) {
    return rendered;
  }
  return { ...rendered, blocks: [...rendered.blocks, lateNote(madeAt, lateMs)] };
}

/** Edits are idempotent: after an unknown outcome the same edit is simply made again. */
export async function editOrPost(
  job: Job,
  at: { readonly channel: string; readonly ts: string } | undefined,
  rendered: SlackMessage,
): Promise<DeliveryOutcome> {
  if (at === undefined) return post(job, rendered);
  refuseOverLimit(rendered);
  try {
    // Without `metadata`, Slack keeps what the message was posted with.
    await job.client.chat.update({
      channel: at.channel,
      ts: at.ts,
      text: rendered.text,
      blocks: [...rendered.blocks],
    });
    return sent(at.channel, at.ts);
  } catch (error) {
    const failure = classify(error);
    if (failure.kind === 'unknown') return { kind: 'retry', afterMs: 2_000, code: failure.code };
    // Somebody deleted the message: what it said is still to be said.
    if (failure.kind === 'refused' && failure.slackError === 'message_not_found') return post(job, rendered);
    return refusedIn(job, at.channel, failure, 'chat.update');
  }
}

function outboxMetadata(job: Job): MessageMetadata {
  return {
    event_type: OUTBOX_EVENT,
    event_payload: { outbox_id: job.row.outboxId, incident_id: job.row.incidentId, kind: job.row.kind },
  };
}

function refuseOverLimit(rendered: SlackMessage): void {
  const broken = brokenLimits(rendered);
  if (broken.length > 0) {
    throw new SlackError(
      'cordon_slack_over_limit',
      `Expected a message within Slack's limits, found: ${broken.slice(0, 5).join('; ')}. This is a defect of the renderer.`,
    );
  }
}

export function noChannel(): DeliveryOutcome {
  return { kind: 'retry', afterMs: 2_000, code: 'cordon_slack_no_channel' };
}

export function sent(channel: string, ts: string | null, notes: readonly string[] = []): DeliveryOutcome {
  return { kind: 'sent', result: { channel, ts, notes } };
}
