import type { WebClient } from '@slack/web-api';
import { classify, type SlackFailure } from './failure.ts';
import { LIMITS } from './limits.ts';
import { cut, EXERCISE_MARK, incidentName, plain } from './text.ts';
import type { IncidentView } from './view/incident.ts';

/** The bot as `auth.test` names it. */
export interface BotIdentity {
  readonly userId: string;
  readonly teamId: string;
}

export type Opened =
  | { readonly kind: 'opened'; readonly channel: string; readonly notes: readonly string[] }
  | { readonly kind: 'stopped'; readonly failure: SlackFailure; readonly doing: string };

const MAX_SUFFIX = 20;

/** How the enrolment file wants incidents' channels. */
export interface ChannelSettings {
  /** Before the incident's number; of Slack's characters, at most 20. */
  readonly prefix: string;
  readonly bookmarks: readonly Bookmark[];
}

export interface Bookmark {
  readonly title: string;
  /** An https address; `{number}` and `{id}` stand for those of the incident. */
  readonly link: string;
}

export const PLAIN_CHANNELS: ChannelSettings = { prefix: 'inc-', bookmarks: [] };

/** `inc-12-checkout`, or `drill-inc-12-checkout`: lower case, digits, hyphens, at most 80 characters. */
export function channelName(incident: IncidentView, prefix: string, suffix = 1): string {
  // Slack takes no capitals, spaces or points in a name, and would answer the opening of every channel with that.
  const own = prefix
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '-')
    .slice(0, 20);
  const base = `${incident.exercise ? 'drill-' : ''}${own}${incident.number}`;
  const slug = (incident.targets[0]?.functionName ?? incident.title)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  const tail = suffix === 1 ? '' : `-${suffix}`;
  const room = LIMITS.channelName - tail.length;
  return `${(slug === '' ? base : `${base}-${slug}`).slice(0, room).replace(/-+$/, '')}${tail}`;
}

export function channelTopic(incident: IncidentView): string {
  const banner = incident.exercise ? EXERCISE_MARK : '';
  return cut(`${banner}${incidentName(incident)} · ${plain(incident.title, 150)}`, LIMITS.topic);
}

/** The purpose carries the incident's id: it is how a channel of ours is known again after a lost answer. */
export function channelPurpose(incident: IncidentView): string {
  const banner = incident.exercise ? EXERCISE_MARK : '';
  return cut(`${banner}Cordon incident ${incident.id}. Decisions are in the pinned card.`, LIMITS.purpose);
}

/**
 * Opens the incident's private channel, or finds the one that an earlier try opened: safe to repeat at
 * any point. `conversations.create` has no idempotency key, so a taken name is looked at: a channel that
 * the bot itself made, for this incident, is adopted; any other is left alone and the name gets a suffix.
 */
export async function openChannel(
  client: WebClient,
  bot: BotIdentity,
  incident: IncidentView,
  invite: readonly string[],
  prefix: string,
): Promise<Opened> {
  let doing = 'conversations.create';
  try {
    const channel = await createOrAdopt(client, bot, incident, prefix);
    if (channel === undefined) {
      return {
        kind: 'stopped',
        doing: `${doing} for ${channelName(incident, prefix)} and ${MAX_SUFFIX - 1} suffixed names`,
        failure: { kind: 'refused', slackError: 'name_taken' },
      };
    }
    // The purpose first: from here on, the channel says whose it is.
    doing = 'conversations.setPurpose';
    await client.conversations.setPurpose({ channel, purpose: channelPurpose(incident) });
    doing = 'conversations.setTopic';
    await client.conversations.setTopic({ channel, topic: channelTopic(incident) });
    doing = 'conversations.invite';
    const notes = await inviteAll(client, channel, invite);
    return { kind: 'opened', channel, notes };
  } catch (error) {
    const failure = classify(error);
    // Every step can be made again, so that a lost answer here is a reason to try again, not to stop.
    return failure.kind === 'unknown'
      ? { kind: 'stopped', doing, failure: { kind: 'retry', afterMs: 5_000, code: failure.code } }
      : { kind: 'stopped', doing, failure };
  }
}

async function createOrAdopt(
  client: WebClient,
  bot: BotIdentity,
  incident: IncidentView,
  prefix: string,
): Promise<string | undefined> {
  for (let suffix = 1; suffix <= MAX_SUFFIX; suffix += 1) {
    const name = channelName(incident, prefix, suffix);
    try {
      const created = await client.conversations.create({ name, is_private: true });
      if (created.channel?.id !== undefined) return created.channel.id;
    } catch (error) {
      const failure = classify(error);
      if (failure.kind !== 'refused' || failure.slackError !== 'name_taken') throw error;
    }
    const own = await findOwn(client, bot, incident, name);
    if (own !== undefined) return own;
  }
  return undefined;
}

/** The channel of this name, if the bot made it and it is this incident's or nobody's yet. */
async function findOwn(
  client: WebClient,
  bot: BotIdentity,
  incident: IncidentView,
  name: string,
): Promise<string | undefined> {
  let cursor: string | undefined;
  do {
    const page = await client.conversations.list({
      types: 'private_channel',
      exclude_archived: true,
      limit: 1000,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const channel of page.channels ?? []) {
      if (channel.name !== name || channel.id === undefined) continue;
      const purpose = channel.purpose?.value ?? '';
      const ours = purpose === '' || purpose.includes(`incident ${incident.id}.`);
      return channel.creator === bot.userId && ours ? channel.id : undefined;
    }
    cursor = page.response_metadata?.next_cursor;
  } while (cursor !== undefined && cursor !== '');
  return undefined;
}

/** Invites people one by one, so that one who may not come keeps nobody else out; says who did not. */
export async function inviteAll(
  client: WebClient,
  channel: string,
  users: readonly string[],
): Promise<string[]> {
  const notes: string[] = [];
  for (const user of new Set(users)) {
    const unfit = await whyUnfit(client, user);
    if (unfit !== undefined) {
      notes.push(`${user} was not invited: ${unfit}`);
      continue;
    }
    try {
      await client.conversations.invite({ channel, users: user });
    } catch (error) {
      const failure = classify(error);
      if (failure.kind !== 'refused') throw error;
      if (failure.slackError === 'already_in_channel' || failure.slackError === 'cant_invite_self') continue;
      notes.push(`${user} could not be invited: ${failure.slackError}`);
    }
  }
  return notes;
}

/** What `whyUnfit` says of an app. */
export const BOT = 'it is a bot';

/** Guests, people of other workspaces, bots and leavers stay out of an incident's channel. */
export async function whyUnfit(client: WebClient, user: string): Promise<string | undefined> {
  try {
    const info = (await client.users.info({ user })).user;
    if (info === undefined) return 'Slack does not know the user';
    if (info.deleted === true) return 'the account is deactivated';
    if (info.is_bot === true) return BOT;
    if (info.is_restricted === true || info.is_ultra_restricted === true) return 'it is a guest';
    if (info.is_stranger === true) return 'it belongs to another organisation';
    return undefined;
  } catch (error) {
    const failure = classify(error);
    if (failure.kind !== 'refused') throw error;
    return failure.slackError;
  }
}
