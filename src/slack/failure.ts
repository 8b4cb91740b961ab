import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api';
import { CodedError } from '../error.ts';
import type { DeliveryOutcome } from '../incident/delivery.ts';
import { NotItsTurn } from './pace.ts';

export type SlackErrorCode =
  | 'cordon_slack_over_limit'
  | 'cordon_slack_history_unreadable'
  | 'cordon_slack_no_channel'
  | 'cordon_slack_bad_answer'
  | 'cordon_slack_bad_installations'
  | 'cordon_slack_unknown_workspace';

/** A refusal of our own on the way to Slack; what Slack itself answers is classified, not thrown on. */
export class SlackError extends CodedError<SlackErrorCode> {}

/**
 * How a failed call may be followed. `retry`: it had no effect. `unknown`: it may have had one (the answer
 * was lost). `refused`: Slack answered no, and will again; `slackError` is Slack's own word.
 */
export type SlackFailure =
  | {
      readonly kind: 'retry';
      readonly afterMs: number;
      readonly code: string;
      /** Slack itself named the time: not sooner, and no sign of an outage. */
      readonly exact?: true;
    }
  | { readonly kind: 'unknown'; readonly code: string }
  | { readonly kind: 'refused'; readonly slackError: string };

const RETRY_MS = 5_000;

/**
 * Slack's answers that promise nothing was done and that another time may succeed
 * (docs.slack.dev/reference/methods/chat.postMessage, section errors).
 */
const TRANSIENT: Readonly<Record<string, number>> = {
  ratelimited: 30_000,
  rate_limited: 30_000,
  message_limit_exceeded: 60_000,
  team_added_to_org: 60_000,
  accesslimited: 60_000,
};

/** What a person mends at the app's installation: rows wait for it instead of being lost. */
const NOT_AUTHORISED = new Set([
  'not_authed',
  'invalid_auth',
  'token_expired',
  'token_revoked',
  'account_inactive',
  'missing_scope',
]);
const MENDING_MS = 60_000;

/** Answers after which nobody, Slack included, says whether it was done. */
const UNSURE = new Set(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout']);

/** Classifies what a call to @slack/web-api threw; rethrows what is not a failure of a call. */
export function classify(error: unknown): SlackFailure {
  if (error instanceof WebAPIRateLimitedError) {
    return {
      kind: 'retry',
      afterMs: Math.max(1, error.retryAfter) * 1000,
      code: 'cordon_slack_rate_limited',
      exact: true,
    };
  }
  if (error instanceof NotItsTurn) {
    return { kind: 'retry', afterMs: error.afterMs, code: 'cordon_slack_rate_limited', exact: true };
  }
  if (error instanceof WebAPIPlatformError) {
    const word = error.data.error;
    if (Object.hasOwn(TRANSIENT, word)) {
      return { kind: 'retry', afterMs: TRANSIENT[word] ?? RETRY_MS, code: 'cordon_slack_rate_limited' };
    }
    if (NOT_AUTHORISED.has(word)) {
      return { kind: 'retry', afterMs: MENDING_MS, code: `cordon_slack_${word}` };
    }
    if (UNSURE.has(word)) return { kind: 'unknown', code: 'cordon_slack_outcome_unknown' };
    // A body that is no JSON becomes `error: <the text>` in web-api 8: an answer that nobody understood.
    if (!/^[a-z0-9_:.-]{1,80}$/.test(word)) return { kind: 'unknown', code: 'cordon_slack_outcome_unknown' };
    return { kind: 'refused', slackError: word };
  }
  if (error instanceof WebAPIHTTPError) {
    // A proxy's 4xx never reached Slack's work; a 5xx may come after it.
    return error.statusCode >= 500
      ? { kind: 'unknown', code: 'cordon_slack_outcome_unknown' }
      : { kind: 'retry', afterMs: RETRY_MS, code: 'cordon_slack_unavailable' };
  }
  if (error instanceof WebAPIRequestError) {
    return neverSent(error.original)
      ? { kind: 'retry', afterMs: RETRY_MS, code: 'cordon_slack_unavailable' }
      : { kind: 'unknown', code: 'cordon_slack_outcome_unknown' };
  }
  // The timeout's AbortError while the body is read comes unwrapped out of web-api 8.
  if (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')) {
    return { kind: 'unknown', code: 'cordon_slack_outcome_unknown' };
  }
  if (error instanceof TypeError && error.cause !== undefined) {
    return { kind: 'unknown', code: 'cordon_slack_outcome_unknown' };
  }
  throw error;
}

const BEFORE_SENDING = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

/** True when the connection was never made, so that Slack cannot have seen the request. */
function neverSent(error: Error): boolean {
  const cause = error.cause;
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return false;
  return typeof cause.code === 'string' && BEFORE_SENDING.has(cause.code);
}

/** A delivery's outcome for a failure that ended it. */
export function outcomeOf(failure: SlackFailure, doing: string): DeliveryOutcome {
  if (failure.kind !== 'refused') return failure;
  return {
    kind: 'failed',
    code: 'cordon_slack_refused',
    message: `Slack refused ${doing}: ${failure.slackError}. ${MEND[failure.slackError] ?? 'See the Slack method reference for this error.'}`,
  };
}

const MEND: Readonly<Record<string, string>> = {
  is_archived: 'The channel is archived: unarchive it and let the app back in.',
  channel_not_found: 'The app is not in the channel any more: invite it again.',
  not_in_channel: 'Invite the app to the channel.',
  restricted_action: 'A workspace setting forbids it: ask a workspace admin.',
};
