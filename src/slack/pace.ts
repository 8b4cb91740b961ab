import { WebAPIRateLimitedError, WebClient, type WebClientOptions } from '@slack/web-api';
import type { Clock } from '../clock.ts';

/**
 * How fast each method may be called (docs.slack.dev/apis/web-api/rate-limits): so many calls a minute of its tier in one
 * workspace, and for a message about one a second in each channel. Only methods that deliveries use.
 */
const PER_MINUTE: Readonly<Record<string, number>> = {
  'bookmarks.add': 20,
  'bookmarks.list': 20,
  'chat.update': 50,
  'conversations.archive': 20,
  'conversations.create': 20,
  'conversations.history': 50,
  'conversations.info': 50,
  'conversations.invite': 50,
  'conversations.kick': 50,
  'conversations.list': 20,
  'conversations.members': 100,
  'conversations.replies': 50,
  'conversations.setPurpose': 20,
  'conversations.setTopic': 20,
  'pins.add': 20,
  'users.info': 100,
};
const MESSAGE = 'chat.postMessage';
const MESSAGE_EVERY_MS = 1_000;

/** A turn that is further away than this is another try's: a delivery must not hold its incident's others up in memory. */
const PATIENCE_MS = 2_000;

/** A process that wakes so much later stood still meanwhile, and another may have taken over what it was about to say. */
const STOOD_STILL_MS = 1_000;

/** The call was not made, because it is not its turn before `afterMs`. */
export class NotItsTurn extends Error {
  readonly afterMs: number;

  constructor(method: string, afterMs: number) {
    super(`${method} has its turn in ${afterMs} ms`);
    this.name = 'NotItsTurn';
    this.afterMs = afterMs;
  }
}

export interface Pace {
  /** Resolves when the call may be made, first come first served. Throws `NotItsTurn`. */
  turn(method: string, channel: string): Promise<void>;
  /** Slack wants no call of this method for so long; other methods go on. */
  limited(method: string, afterMs: number): void;
}

/** A queue for each method of one workspace, and for each channel that is posted to. */
export function createPace(clock: Clock): Pace {
  const taken = new Map<string, number[]>();
  const closedUntil = new Map<string, number>();

  /** Takes the next free place, or says how far away it is. */
  const place = (method: string, channel: string, nowMs: number): number => {
    const [key, windowMs, most] =
      method === MESSAGE
        ? [`${method} ${channel}`, MESSAGE_EVERY_MS, 1]
        : [method, 60_000, PER_MINUTE[method] ?? Number.POSITIVE_INFINITY];
    const recent = (taken.get(key) ?? []).filter((at) => at > nowMs - windowMs);
    const first = recent[recent.length - most];
    const free = first === undefined ? nowMs : first + windowMs;
    const at = Math.max(nowMs, free, closedUntil.get(method) ?? 0);
    if (at - nowMs > PATIENCE_MS) throw new NotItsTurn(method, at - nowMs);
    if (Number.isFinite(most)) taken.set(key, [...recent, at]);
    return at;
  };

  return {
    turn: async (method, channel) => {
      const nowMs = clock.now().getTime();
      const at = place(method, channel, nowMs);
      if (at === nowMs) return;
      await clock.sleep(at - nowMs);
      if (clock.now().getTime() - at > STOOD_STILL_MS) throw new NotItsTurn(method, 0);
      // While it waited, Slack may have closed the method to a call before it.
      const leftMs = (closedUntil.get(method) ?? 0) - clock.now().getTime();
      if (leftMs > 0) throw new NotItsTurn(method, leftMs);
    },
    limited: (method, afterMs) => {
      closedUntil.set(method, clock.now().getTime() + afterMs);
    },
  };
}

/** A Slack client whose calls wait for their turn. One pace per workspace: Slack counts by workspace, app and method. */
export class PacedClient extends WebClient {
  readonly #pace: Pace;

  constructor(token: string, options: WebClientOptions, pace: Pace) {
    super(token, options);
    this.#pace = pace;
  }

  override async apiCall(
    method: string,
    options: Record<string, unknown> = {},
  ): ReturnType<WebClient['apiCall']> {
    await this.#pace.turn(method, typeof options.channel === 'string' ? options.channel : '');
    try {
      return await super.apiCall(method, options);
    } catch (error) {
      if (error instanceof WebAPIRateLimitedError) {
        this.#pace.limited(method, Math.max(1, error.retryAfter) * 1000);
      }
      throw error;
    }
  }
}
