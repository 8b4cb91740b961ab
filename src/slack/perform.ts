import type { Clock } from '../clock.ts';
import { codeOf } from '../error.ts';
import type { Log } from '../log.ts';
import type { Outsiders } from './outsider.ts';
import type {
  IncidentViews,
  KeepOut,
  SlackCommand,
  SlackCommandResult,
  SlackCommands,
  SlackDrills,
  SlackPeople,
  SlackPlaces,
  SlackSeen,
} from './port.ts';
import { person, prose } from './text.ts';

/** What every listener works with. */
export interface ListenerParts {
  readonly commands: SlackCommands;
  readonly views: IncidentViews;
  readonly people: SlackPeople;
  readonly places: SlackPlaces;
  readonly seen: SlackSeen;
  readonly outsiders: Outsiders;
  readonly keepOut: KeepOut;
  /** Absent where no drill can be started. */
  readonly drills?: SlackDrills;
  readonly clock: Clock;
  readonly log: Log;
}

/** Slack repeats a delivery for up to about six minutes. */
const DUPLICATE_WINDOW_MS = 15 * 60_000;

/** Tells the person something, after the acknowledgement. */
export interface Reply {
  (text: string, shown: 'only-you' | 'channel'): Promise<unknown>;
  /** Acknowledges what the person did, once; absent where that has been done. */
  readonly ack?: () => Promise<void>;
}

/** A reply that acknowledges before it speaks, so that an act can be committed before either. */
export function answering(
  ack: () => Promise<unknown>,
  send: Reply,
): Reply & { readonly ack: () => Promise<void> } {
  let acknowledged: Promise<unknown> | undefined;
  const once = async () => {
    acknowledged ??= ack();
    await acknowledged;
  };
  const reply = async (text: string, shown: 'only-you' | 'channel') => {
    await once();
    return send(text, shown);
  };
  return Object.assign(reply, { ack: once });
}

/** Slack wants its answer within three seconds, of which the act itself needs some. */
const LOOK_MS = 1000;

/** What guests and people of other organisations decide nothing of, whatever role they were given. */
const INSIDERS: ReadonlySet<string> = new Set(['approve', 'deny', 'break-glass', 'campaign-approve']);

type Refused = Extract<SlackCommandResult, { kind: 'refused' }>;

/** Told of a refusal before anything is answered; true when it has acknowledged and told the person itself. */
export type OnRefused = (refusal: Refused) => Promise<boolean>;

/**
 * Runs one human act, acknowledges it, and tells the person how it went, in this order: what Slack was told is taken is
 * committed, and where the process dies before, Slack itself tells the person that it failed. A delivery that Slack
 * repeats gets the first result from the engine, and is not spoken of twice.
 */
export async function perform(
  parts: ListenerParts,
  request: SlackCommand & { readonly slackUserId: string; readonly idempotencyKey: string },
  reply: Reply,
  shown: 'only-you' | 'channel' = 'only-you',
  onRefused?: OnRefused,
): Promise<void> {
  const { slackUserId, idempotencyKey, ...command } = request;
  if (INSIDERS.has(command.command)) {
    const why = await whyOutside(parts, slackUserId, reply);
    if (why !== null) {
      await say(
        parts,
        reply,
        `🚫 This is decided by full members of this workspace only: ${prose(why, 200)}.`,
        'only-you',
      );
      return;
    }
  }
  await performOnce(parts, request, { what: command.command, reply, shown, onRefused }, () =>
    parts.commands.execute({ ...command, actor: { kind: 'responder', slackUserId }, idempotencyKey }),
  );
}

/**
 * Why a person may not decide here; `null` for one who may. Slack is asked before anything is acknowledged, as long as it
 * answers in time: else the person would be told that their press failed.
 */
async function whyOutside(parts: ListenerParts, user: string, reply: Reply): Promise<string | null> {
  const known = parts.outsiders.known(user);
  if (known !== undefined) return known;
  const looked = new AbortController();
  const looking = parts.outsiders.look(user).finally(() => looked.abort());
  await Promise.race([looking, parts.clock.sleep(LOOK_MS, looked.signal)]);
  if (!looked.signal.aborted) await reply.ack?.();
  return looking;
}

/** As `perform`, for the one act that is about no incident yet. */
export async function performDeclare(
  parts: ListenerParts,
  request: Parameters<SlackCommands['declare']>[0],
  reply: Reply,
): Promise<void> {
  const how = { what: 'declare', reply, shown: 'channel', onRefused: undefined } as const;
  await performOnce(parts, request, how, () => parts.commands.declare(request));
}

/** As `perform`, for what is done to a drill as a whole. */
export async function performDrill(
  parts: ListenerParts,
  request: { readonly slackUserId: string; readonly idempotencyKey: string },
  reply: Reply,
  run: () => Promise<SlackCommandResult>,
): Promise<void> {
  await performOnce(parts, request, { what: 'drill', reply, shown: 'channel', onRefused: undefined }, run);
}

async function performOnce(
  parts: ListenerParts,
  by: { readonly slackUserId: string; readonly idempotencyKey: string },
  how: {
    readonly what: string;
    readonly reply: Reply;
    readonly shown: 'only-you' | 'channel';
    readonly onRefused: OnRefused | undefined;
  },
  run: () => Promise<SlackCommandResult>,
): Promise<void> {
  const { what, reply, shown, onRefused } = how;
  let result: SlackCommandResult;
  try {
    result = await run();
  } catch (error) {
    parts.log.error({ command: what, code: codeOf(error) }, 'a command from Slack threw');
    await say(
      parts,
      reply,
      '⚠️ Cordon could not confirm that. Look at the card; if nothing changed, do it again or use the `cordon` terminal command.',
      'only-you',
    );
    return;
  }
  const first = await parts.seen.claim(by.idempotencyKey, DUPLICATE_WINDOW_MS);
  if (result.kind === 'refused') {
    const told: Promise<boolean> | undefined = onRefused?.(result);
    if ((await told) === true) return;
    await reply.ack?.();
    // The code is one of ours, for whoever looks it up.
    if (first)
      await say(parts, reply, `🚫 ${prose(result.message, 1500)} (${prose(result.code, 80)})`, 'only-you');
    return;
  }
  await reply.ack?.();
  const who = shown === 'channel' ? `${person(by.slackUserId)}: ` : '';
  if (first) await say(parts, reply, `✅ ${who}${prose(result.summary, 1500)}`, shown);
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
