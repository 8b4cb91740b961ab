import { codeOf } from '../error.ts';
import { createDeliver, type Deliver } from './deliver.ts';
import { classify } from './failure.ts';
import { brokenLimits, type SlackMessage } from './limits.ts';
import type { DeliveryParts } from './post.ts';

/** How a drill speaks in the workspace of the live engine, with the same client and at its pace. */
export interface DrillVoice {
  /** Delivers the outbox of the drill's own engine. */
  readonly deliver: Deliver;
  /** Says something that is no delivery; false when Slack did not take it. Never posts twice, never rejects. */
  say(channel: string, message: SlackMessage): Promise<boolean>;
}

/** What a drill has of its own to be delivered from. */
export type DrillSide = Pick<DeliveryParts, 'views' | 'places' | 'people' | 'channels' | 'keepTranscript'>;

const TRIES = 5;
const LONGEST_WAIT_MS = 10_000;

/** Builds the voice of one drill. */
export function createDrillVoice(parts: DeliveryParts): DrillVoice {
  const { client, clock, log } = parts;
  return {
    deliver: createDeliver(parts),
    async say(channel, message) {
      if (brokenLimits(message).length > 0) {
        log.error({}, 'a message of a drill would break a limit of Slack; it is not posted');
        return false;
      }
      for (let tries = 1; tries <= TRIES; tries += 1) {
        try {
          await client.chat.postMessage({
            channel,
            text: message.text,
            blocks: [...message.blocks],
            unfurl_links: false,
            unfurl_media: false,
          });
          return true;
        } catch (error) {
          const afterMs = retryAfter(error);
          if (afterMs === undefined || afterMs > LONGEST_WAIT_MS || tries === TRIES) {
            log.warn({ code: codeOf(error) }, 'a message of a drill could not be posted');
            return false;
          }
          await clock.sleep(afterMs);
        }
      }
      return false;
    },
  };
}

/** When it may be tried again; `undefined` where it may have been posted, or never will be. */
function retryAfter(error: unknown): number | undefined {
  try {
    const failure = classify(error);
    return failure.kind === 'retry' ? failure.afterMs : undefined;
  } catch {
    return undefined; // no failure of a call
  }
}
