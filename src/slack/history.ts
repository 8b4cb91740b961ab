import type { WebClient } from '@slack/web-api';
import { classify, type SlackFailure } from './failure.ts';

/** The metadata that marks each message with the outbox row it came from. Readable by other apps: no secrets. */
export const OUTBOX_EVENT = 'cordon_outbox';

/** An incident's channel is its own; one with more messages than this since opening is not searched further. */
const MAX_PAGES = 15;
const PAGE = 200;

export type Sighting =
  | { readonly kind: 'found'; readonly ts: string }
  | { readonly kind: 'absent' }
  /** Nobody knows: it must not be posted again. */
  | { readonly kind: 'unreadable'; readonly failure: SlackFailure };

/**
 * Looks through the channel's history since `sinceMs`, or through one thread of it, for the message of one outbox row:
 * Slack leaves replies out of a channel's history.
 */
export async function findPosted(
  client: WebClient,
  where: { readonly channel: string; readonly threadTs: string | undefined; readonly sinceMs: number },
  outboxId: string,
): Promise<Sighting> {
  const { channel, threadTs, sinceMs } = where;
  let cursor: string | undefined;
  try {
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const asked = {
        channel,
        limit: PAGE,
        include_all_metadata: true,
        oldest: String(Math.floor(sinceMs / 1000)),
        ...(cursor === undefined ? {} : { cursor }),
      };
      const answer =
        threadTs === undefined
          ? await client.conversations.history(asked)
          : await client.conversations.replies({ ...asked, ts: threadTs });
      for (const found of answer.messages ?? []) {
        if (found.ts !== undefined && isOf(found.metadata, outboxId)) return { kind: 'found', ts: found.ts };
      }
      cursor = answer.response_metadata?.next_cursor;
      if (answer.has_more !== true || cursor === undefined || cursor === '') return { kind: 'absent' };
    }
  } catch (error) {
    return { kind: 'unreadable', failure: classify(error) };
  }
  return { kind: 'unreadable', failure: { kind: 'refused', slackError: 'history_too_long' } };
}

function isOf(metadata: unknown, outboxId: string): boolean {
  if (typeof metadata !== 'object' || metadata === null) return false;
  const { event_type: type, event_payload: payload } = metadata as {
    event_type?: unknown;
    event_payload?: { outbox_id?: unknown }; // narrowed by the comparisons below
  };
  return type === OUTBOX_EVENT && payload?.outbox_id === outboxId;
}
