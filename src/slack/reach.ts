import { WebClient } from '@slack/web-api';
import { silentLog } from '../log.ts';
import { clientOptions } from './client.ts';

/** What `auth.test` came to; `reason` is Slack's own word, never a token. */
export type SlackReached =
  | {
      readonly kind: 'reached';
      readonly team: string;
      readonly user: string;
      readonly id: string | undefined;
      readonly enterprise: string | undefined;
    }
  | { readonly kind: 'failed'; readonly reason: string };

/** Asks Slack whose the bot token is, once, for at most five seconds. */
export async function reachSlack(options: {
  readonly botToken: string;
  readonly apiUrl?: string;
}): Promise<SlackReached> {
  const client = new WebClient(
    options.botToken,
    clientOptions({
      ...(options.apiUrl === undefined ? {} : { slackApiUrl: options.apiUrl }),
      log: silentLog,
    }),
  );
  try {
    const { team, user, team_id: id, enterprise_id: enterprise } = await client.auth.test();
    return { kind: 'reached', team: team ?? 'unknown', user: user ?? 'unknown', id, enterprise };
  } catch (error) {
    return { kind: 'failed', reason: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { data } = error as { data?: { error?: unknown } }; // how the SDK carries Slack's own answer
  if (typeof data?.error === 'string') return data.error;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
