import {
  flag,
  isAnswer,
  page,
  refused,
  type SlackAnswer,
  type SlackCall,
  text,
  visibleChannel,
  writableChannel,
} from './call.ts';
import { type ChannelState, channelJson, type SlackUser, type Workspace } from './state.ts';

/** conversations.*: channels and who is in them. */

/** Makes a channel; used by the API and to set a workspace up. */
export function makeChannel(
  workspace: Workspace,
  channel: {
    readonly name: string;
    readonly isPrivate: boolean;
    readonly creator: string;
    readonly nowMs: number;
  },
): ChannelState {
  const made: ChannelState = {
    id: workspace.nextId('C'),
    name: channel.name,
    isPrivate: channel.isPrivate,
    creator: channel.creator,
    createdS: Math.floor(channel.nowMs / 1000),
    isArchived: false,
    topic: '',
    purpose: '',
    members: new Set([channel.creator]),
    messages: [],
    pins: new Set(),
    bookmarks: [],
    files: [],
  };
  workspace.channels.set(made.id, made);
  return made;
}

export function createConversation(call: SlackCall): SlackAnswer {
  const name = text(call, 'name');
  if (name === '') return refused('invalid_name_required');
  if (name.length > 80) return refused('invalid_name_maxlength');
  if (!/^[\p{Ll}\p{Lo}\p{Nd}_-]+$/u.test(name)) return refused('invalid_name_specials');
  if (!/[\p{L}\p{Nd}]/u.test(name)) return refused('invalid_name_punctuation');
  // An archived channel keeps its name.
  for (const channel of call.workspace.channels.values()) {
    if (channel.name === name) return refused('name_taken');
  }
  const channel = makeChannel(call.workspace, {
    name,
    isPrivate: flag(call, 'is_private'),
    creator: call.caller,
    nowMs: call.nowMs,
  });
  return { ok: true, channel: channelJson(channel, call.caller) };
}

export function conversationInfo(call: SlackCall): SlackAnswer {
  const channel = visibleChannel(call);
  if (channel === undefined) return refused('channel_not_found');
  return { ok: true, channel: channelJson(channel, call.caller) };
}

export function listConversations(call: SlackCall): SlackAnswer {
  const types = (text(call, 'types') || 'public_channel').split(',');
  const seen = [...call.workspace.channels.values()].filter((channel) => {
    if (channel.isPrivate && !channel.members.has(call.caller)) return false;
    if (!types.includes(channel.isPrivate ? 'private_channel' : 'public_channel')) return false;
    return !(flag(call, 'exclude_archived') && channel.isArchived);
  });
  const { items, nextCursor } = page(call, seen, 100);
  return {
    ok: true,
    channels: items.map((channel) => channelJson(channel, call.caller)),
    response_metadata: { next_cursor: nextCursor },
  };
}

export function listMembers(call: SlackCall): SlackAnswer {
  const channel = visibleChannel(call);
  if (channel === undefined) return refused('channel_not_found');
  const { items, nextCursor } = page(call, [...channel.members], 100);
  return { ok: true, members: items, response_metadata: { next_cursor: nextCursor } };
}

export function inviteToConversation(call: SlackCall): SlackAnswer {
  const channel = writableChannel(call);
  if (isAnswer(channel)) return channel;
  const ids = text(call, 'users')
    .split(',')
    .filter((id) => id !== '');
  if (ids.length === 0) return refused('no_user');
  if (ids.length > 100) return refused('too_many_users');
  const errors = ids.flatMap((id) => {
    const error = whyNotInvited(call, channel, call.workspace.users.get(id), id);
    return error === undefined ? [] : [{ user: id, ok: false, error }];
  });
  const first = errors[0];
  if (first !== undefined && !flag(call, 'force')) return refused(first.error, { errors });
  for (const id of ids) if (!errors.some((one) => one.user === id)) channel.members.add(id);
  return { ok: true, channel: channelJson(channel, call.caller), ...(first === undefined ? {} : { errors }) };
}

function whyNotInvited(
  call: SlackCall,
  channel: ChannelState,
  user: SlackUser | undefined,
  id: string,
): string | undefined {
  if (id === call.caller) return 'cant_invite_self';
  if (user === undefined || user.deleted) return 'user_not_found';
  if (channel.members.has(id)) return 'already_in_channel';
  if (user.isUltraRestricted) return 'ura_max_channels';
  if (user.isStranger) return 'cant_invite';
  return undefined;
}

export function kickFromConversation(call: SlackCall): SlackAnswer {
  const channel = writableChannel(call);
  if (isAnswer(channel)) return channel;
  const id = text(call, 'user');
  if (id === call.caller) return refused('cant_kick_self');
  if (!call.workspace.users.has(id)) return refused('user_not_found');
  // The same word as for a caller who is not in it (docs.slack.dev/reference/methods/conversations.kick).
  if (!channel.members.delete(id)) return refused('not_in_channel');
  return { ok: true, errors: {} };
}

export function setTopic(call: SlackCall): SlackAnswer {
  return describe(call, 'topic');
}

export function setPurpose(call: SlackCall): SlackAnswer {
  return describe(call, 'purpose');
}

function describe(call: SlackCall, what: 'topic' | 'purpose'): SlackAnswer {
  const channel = writableChannel(call);
  if (isAnswer(channel)) return channel;
  const value = text(call, what);
  if (value.length > 250) return refused('too_long');
  channel[what] = value;
  const purpose = what === 'purpose' ? { purpose: value } : {};
  return { ok: true, ...purpose, channel: channelJson(channel, call.caller) };
}

export function archiveConversation(call: SlackCall): SlackAnswer {
  const channel = visibleChannel(call);
  if (channel === undefined) return refused('channel_not_found');
  if (channel.isArchived) return refused('already_archived');
  if (!channel.members.has(call.caller)) return refused('not_in_channel');
  channel.isArchived = true;
  // Slack takes bots out of an archived channel: the app cannot read or unarchive it any more.
  channel.members.delete(call.caller);
  return { ok: true };
}

export function userConversations(call: SlackCall): SlackAnswer {
  const user = text(call, 'user') || call.caller;
  const types = (text(call, 'types') || 'public_channel').split(',');
  const seen = [...call.workspace.channels.values()].filter(
    (channel) =>
      channel.members.has(user) &&
      (!channel.isPrivate || channel.members.has(call.caller)) &&
      types.includes(channel.isPrivate ? 'private_channel' : 'public_channel') &&
      !(flag(call, 'exclude_archived') && channel.isArchived),
  );
  const { items, nextCursor } = page(call, seen, 100);
  return {
    ok: true,
    channels: items.map((channel) => channelJson(channel, call.caller)),
    response_metadata: { next_cursor: nextCursor },
  };
}
