import type { Clock } from '../clock.ts';
import { codeOf } from '../error.ts';
import type { Log } from '../log.ts';
import type {
  IncidentViews,
  SlackCommand,
  SlackCommandResult,
  SlackCommands,
  SlackPeople,
  SlackSeen,
} from './port.ts';
import { prose } from './text.ts';

/** What every listener works with. */
export interface ListenerParts {
  readonly commands: SlackCommands;
  readonly views: IncidentViews;
  readonly people: SlackPeople;
  readonly seen: SlackSeen;
  readonly clock: Clock;
  readonly log: Log;
}

/** Slack repeats a delivery for up to about six minutes. */
const DUPLICATE_WINDOW_MS = 15 * 60_000;

export type Reply = (text: string, shown: 'only-you' | 'channel') => Promise<unknown>;

/**
 * Runs one human act for the listener that has just acknowledged it, and tells the person how it went.
 * A delivery that Slack repeats is dropped here, and has no second effect in the engine either.
 */
export async function perform(
  parts: ListenerParts,
  request: SlackCommand & { readonly slackUserId: string; readonly idempotencyKey: string },
  reply: Reply,
  shown: 'only-you' | 'channel' = 'only-you',
): Promise<void> {
  const { slackUserId, idempotencyKey, ...command } = request;
  await performOnce(parts, request, command.command, reply, shown, () =>
    parts.commands.execute({ ...command, actor: { kind: 'responder', slackUserId }, idempotencyKey }),
  );
}

/** As `perform`, for the one act that is about no incident yet. */
export async function performDeclare(
  parts: ListenerParts,
  request: Parameters<SlackCommands['declare']>[0],
  reply: Reply,
): Promise<void> {
  await performOnce(parts, request, 'declare', reply, 'channel', () => parts.commands.declare(request));
}

async function performOnce(
  parts: ListenerParts,
  by: { readonly slackUserId: string; readonly idempotencyKey: string },
  what: string,
  reply: Reply,
  shown: 'only-you' | 'channel',
  run: () => Promise<SlackCommandResult>,
): Promise<void> {
  if (!(await parts.seen.claim(by.idempotencyKey, DUPLICATE_WINDOW_MS))) return;
  let result: SlackCommandResult;
  try {
    result = await run();
  } catch (error) {
    await parts.seen.forget(by.idempotencyKey);
    parts.log.error({ command: what, code: codeOf(error) }, 'a command from Slack threw');
    await say(
      parts,
      reply,
      '⚠️ Cordon could not confirm that. Look at the card; if nothing changed, do it again or use the `cordon` terminal command.',
      'only-you',
    );
    return;
  }
  if (result.kind === 'refused') {
    // The code is one of ours, for whoever looks it up.
    await say(parts, reply, `🚫 ${prose(result.message, 1500)} (${prose(result.code, 80)})`, 'only-you');
    return;
  }
  const who = shown === 'channel' ? `<@${by.slackUserId}>: ` : '';
  await say(parts, reply, `✅ ${who}${prose(result.summary, 1500)}`, shown);
}

/** Replies are a courtesy: what was decided stands in the messages, so a lost reply is logged and let go. */
export async function say(
  parts: Pick<ListenerParts, 'log'>,
  reply: Reply,
  text: string,
  shown: 'only-you' | 'channel',
): Promise<void> {
  try {
    await reply(text, shown);
  } catch (error) {
    parts.log.warn({ code: codeOf(error) }, 'a reply to a person in Slack did not get through');
  }
}
