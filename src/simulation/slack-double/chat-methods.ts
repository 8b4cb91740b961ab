import type { JsonObject } from '../../json.ts';
import { checkBlocks, withBlockIds } from './blocks.ts';
import {
  flag,
  invalid,
  isAnswer,
  nested,
  nestedObject,
  refused,
  type SlackAnswer,
  type SlackCall,
  text,
  visibleChannel,
  writableChannel,
} from './call.ts';
import { makeChannel } from './conversation-methods.ts';
import { type ChannelState, messageJson } from './state.ts';

/** chat.*, pins.*, reactions.*, bookmarks.*: what is written into a channel. */

/** Slack cuts at 40,000 characters and refuses what its own clients would not show. */
const MAX_TEXT = 40_000;

function checkContent(call: SlackCall): SlackAnswer | undefined {
  const blocks = nested(call, 'blocks');
  if (text(call, 'text') === '' && blocks === undefined) return refused('no_text');
  if (text(call, 'text').length > MAX_TEXT) return refused('msg_too_long');
  if (call.args.blocks !== undefined) {
    const complaints = checkBlocks(blocks, 'message');
    if (complaints.length > 0) return invalid('invalid_blocks', complaints);
  }
  if (call.args.metadata !== undefined) {
    const metadata = nestedObject(call, 'metadata');
    const keys = Object.keys(metadata ?? {});
    if (metadata === undefined) return refused('invalid_metadata_format');
    if (
      keys.length > 0 &&
      (typeof metadata.event_type !== 'string' || metadata.event_payload === undefined)
    ) {
      return refused('invalid_metadata_schema');
    }
  }
  return undefined;
}

export function postMessage(call: SlackCall): SlackAnswer {
  const channel = directChannel(call) ?? writableChannel(call);
  if (isAnswer(channel)) return channel;
  const wrong = checkContent(call);
  if (wrong !== undefined) return wrong;
  const threadTs = text(call, 'thread_ts');
  if (threadTs !== '' && !channel.messages.some((message) => message.ts === threadTs)) {
    return refused('cannot_reply_to_message');
  }
  const message = {
    ts: call.workspace.nextTs(call.nowMs),
    user: call.caller,
    text: text(call, 'text'),
    blocks: withBlockIds(nested(call, 'blocks'), () => call.workspace.nextId('b')),
    metadata: nestedObject(call, 'metadata'),
    threadTs: threadTs === '' ? undefined : threadTs,
    editedTs: undefined,
    reactions: [],
  };
  channel.messages.push(message);
  return { ok: true, channel: channel.id, ts: message.ts, message: messageJson(message, true) };
}

/** A person's id in place of a channel: the direct messages between them and the app, which are opened by it. */
function directChannel(call: SlackCall): ChannelState | undefined {
  const user = call.workspace.users.get(text(call, 'channel'));
  if (user === undefined) return undefined;
  const name = `dm-${user.id.toLowerCase()}`;
  const known = [...call.workspace.channels.values()].find((channel) => channel.name === name);
  if (known !== undefined) return known;
  const made = makeChannel(call.workspace, {
    name,
    isPrivate: true,
    creator: call.caller,
    nowMs: call.nowMs,
  });
  made.members.add(user.id);
  return made;
}

export function updateMessage(call: SlackCall): SlackAnswer {
  const channel = writableChannel(call);
  if (isAnswer(channel)) return channel;
  const message = channel.messages.find((one) => one.ts === text(call, 'ts'));
  if (message === undefined) return refused('message_not_found');
  if (message.user !== call.caller) return refused('cant_update_message');
  const wrong = checkContent(call);
  if (wrong !== undefined) return wrong;
  message.text = text(call, 'text');
  message.blocks = withBlockIds(nested(call, 'blocks'), () => call.workspace.nextId('b'));
  // Absent: kept. An empty object: removed (docs.slack.dev/reference/methods/chat.update).
  const metadata = nestedObject(call, 'metadata');
  if (metadata !== undefined) message.metadata = Object.keys(metadata).length === 0 ? undefined : metadata;
  message.editedTs = call.workspace.nextTs(call.nowMs);
  return {
    ok: true,
    channel: channel.id,
    ts: message.ts,
    text: message.text,
    message: messageJson(message, true),
  };
}

export function deleteMessage(call: SlackCall): SlackAnswer {
  const channel = writableChannel(call);
  if (isAnswer(channel)) return channel;
  const index = channel.messages.findIndex((one) => one.ts === text(call, 'ts'));
  const message = channel.messages[index];
  if (message === undefined) return refused('message_not_found');
  if (message.user !== call.caller) return refused('cant_delete_message');
  channel.messages.splice(index, 1);
  channel.pins.delete(message.ts);
  return { ok: true, channel: channel.id, ts: message.ts };
}

export function postEphemeral(call: SlackCall): SlackAnswer {
  const channel = writableChannel(call);
  if (isAnswer(channel)) return channel;
  const wrong = checkContent(call);
  if (wrong !== undefined) return wrong;
  const user = text(call, 'user');
  if (!channel.members.has(user)) return refused('user_not_in_channel');
  const ts = call.workspace.nextTs(call.nowMs);
  call.workspace.ephemerals.push({
    ts,
    channel: channel.id,
    user,
    text: text(call, 'text'),
    blocks: withBlockIds(nested(call, 'blocks'), () => call.workspace.nextId('b')),
  });
  return { ok: true, message_ts: ts };
}

export function addPin(call: SlackCall): SlackAnswer {
  const channel = writableChannel(call);
  if (isAnswer(channel)) return channel;
  const ts = text(call, 'timestamp');
  if (!channel.messages.some((one) => one.ts === ts)) return refused('message_not_found');
  if (channel.pins.has(ts)) return refused('already_pinned');
  if (channel.pins.size >= 100) return refused('too_many_pins');
  channel.pins.add(ts);
  return { ok: true };
}

export function addReaction(call: SlackCall): SlackAnswer {
  const channel = writableChannel(call);
  if (isAnswer(channel)) return channel;
  const name = text(call, 'name');
  if (!/^[a-z0-9_+'-]+(::[a-z0-9-]+)?$/.test(name)) return refused('invalid_name');
  const message = channel.messages.find((one) => one.ts === text(call, 'timestamp'));
  if (message === undefined) return refused('message_not_found');
  if (message.reactions.some((one) => one.name === name && one.user === call.caller)) {
    return refused('already_reacted');
  }
  message.reactions.push({ name, user: call.caller });
  return { ok: true };
}

export function addBookmark(call: SlackCall): SlackAnswer {
  const channel = call.workspace.channels.get(text(call, 'channel_id'));
  if (channel === undefined || !channel.members.has(call.caller)) return refused('channel_not_found');
  if (channel.bookmarks.length >= 100) return refused('too_many_bookmarks');
  if (text(call, 'type') !== 'link') return refused('invalid_bookmark_type');
  if (!/^https?:\/\//.test(text(call, 'link'))) return refused('invalid_link');
  if (text(call, 'title') === '') return refused('invalid_arguments');
  const bookmark = {
    id: call.workspace.nextId('Bk'),
    channel_id: channel.id,
    title: text(call, 'title'),
    link: text(call, 'link'),
    emoji: text(call, 'emoji'),
    type: 'link',
    date_created: Math.floor(call.nowMs / 1000),
    date_updated: 0,
    last_updated_by_user_id: call.caller,
  };
  channel.bookmarks.push(bookmark);
  return { ok: true, bookmark };
}

export function listBookmarks(call: SlackCall): SlackAnswer {
  const channel = call.workspace.channels.get(text(call, 'channel_id'));
  if (channel === undefined || !channel.members.has(call.caller)) return refused('channel_not_found');
  return { ok: true, bookmarks: channel.bookmarks };
}

export function readHistory(call: SlackCall): SlackAnswer {
  const channel = visibleChannel(call);
  if (channel === undefined) return refused('channel_not_found');
  if (!channel.members.has(call.caller)) return refused('not_in_channel');
  const all = channel.messages.filter((one) => one.threadTs === undefined || one.threadTs === one.ts);
  return messagePage(call, all.toReversed());
}

export function readReplies(call: SlackCall): SlackAnswer {
  const channel = visibleChannel(call);
  if (channel === undefined) return refused('channel_not_found');
  if (!channel.members.has(call.caller)) return refused('not_in_channel');
  const ts = text(call, 'ts');
  if (!channel.messages.some((one) => one.ts === ts)) return refused('thread_not_found');
  return messagePage(
    call,
    channel.messages.filter((one) => one.ts === ts || one.threadTs === ts),
  );
}

/** A message with replies names their number, which is how an app knows that there is a thread to read. */
function withReplies(call: SlackCall, message: Parameters<typeof messageJson>[0]): JsonObject {
  const json = messageJson(message, flag(call, 'include_all_metadata'));
  const replies = visibleChannel(call)?.messages.filter(
    ({ ts, threadTs }) => threadTs === message.ts && ts !== message.ts,
  );
  return replies === undefined || replies.length === 0
    ? json
    : { ...json, thread_ts: message.ts, reply_count: replies.length };
}

function messagePage(call: SlackCall, messages: Parameters<typeof messageJson>[0][]): SlackAnswer {
  const oldest = Number(text(call, 'oldest')) || 0;
  const latest = Number(text(call, 'latest')) || Number.POSITIVE_INFINITY;
  const inclusive = flag(call, 'inclusive');
  const wanted = messages.filter((one) => {
    const at = Number(one.ts);
    return inclusive ? at >= oldest && at <= latest : at > oldest && at < latest;
  });
  const limit = Math.min(999, Number(text(call, 'limit')) || 100);
  const from = Number(Buffer.from(text(call, 'cursor'), 'base64').toString().replace('from:', '')) || 0;
  const rest = wanted.length > from + limit;
  return {
    ok: true,
    messages: wanted.slice(from, from + limit).map((one) => withReplies(call, one)),
    has_more: rest,
    ...(rest
      ? { response_metadata: { next_cursor: Buffer.from(`from:${from + limit}`).toString('base64') } }
      : {}),
  };
}
