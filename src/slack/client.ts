import { type Logger, LogLevel } from '@slack/bolt';
import type { WebClientOptions } from '@slack/web-api';
import type { Log } from '../log.ts';

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** How long one Web API call may take, in milliseconds. */
const CALL_TIMEOUT_MS = 5_000;

/**
 * Options of every Slack client that Cordon makes. The defaults of @slack/web-api 8 are wrong for an
 * engine with an outbox of its own: ten retries in half an hour (a lost answer would post twice), no
 * timeout, sleeping through a 429, and any absolute address accepted as a method.
 */
export function clientOptions(options: {
  readonly slackApiUrl?: string;
  readonly fetch?: Fetch;
  readonly log: Log;
}): WebClientOptions {
  return {
    ...(options.slackApiUrl === undefined ? {} : { slackApiUrl: options.slackApiUrl }),
    fetch: boundedFetch(options.fetch ?? fetch),
    timeout: CALL_TIMEOUT_MS,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    logger: slackLogger(options.log),
  };
}

/** Bolt's `respond()` calls fetch without a limit of its own. */
function boundedFetch(inner: Fetch): Fetch {
  return (input, init) =>
    inner(input, { ...init, signal: init?.signal ?? AbortSignal.timeout(CALL_TIMEOUT_MS) });
}

/**
 * A logger for Slack's SDK that never passes its words on: at debug level it logs whole requests and
 * responses, and an error object can hold a payload. We log our own lines where something is decided.
 */
export function slackLogger(log: Log): Logger {
  const said = (level: 'warn' | 'error') => () =>
    log[level]({ from: 'slack-sdk' }, 'the Slack SDK logged a problem');
  return {
    debug: () => {},
    info: () => {},
    warn: said('warn'),
    error: said('error'),
    setLevel: () => {},
    getLevel: () => LogLevel.ERROR,
    setName: () => {},
  };
}
