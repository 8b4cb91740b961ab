import type { Json, JsonObject } from '../../json.ts';

/**
 * What a Slack workspace holds, as far as an app can tell. All of it lives in memory: the double
 * stands for the service, so it survives the engine's crashes and dies with the exercise.
 */
export interface SlackUser {
  readonly id: string;
  readonly name: string;
  readonly teamId: string;
  readonly isBot: boolean;
  /** A guest of several channels, and of one. */
  readonly isRestricted: boolean;
  readonly isUltraRestricted: boolean;
  /** Of another organisation (Slack Connect). */
  readonly isStranger: boolean;
  readonly deleted: boolean;
}

export interface SlackMessageState {
  readonly ts: string;
  readonly user: string;
  text: string;
  blocks: readonly JsonObject[];
  metadata: JsonObject | undefined;
  readonly threadTs: string | undefined;
  editedTs: string | undefined;
  readonly reactions: { readonly name: string; readonly user: string }[];
}

export interface EphemeralState {
  readonly ts: string;
  readonly channel: string;
  readonly user: string;
  readonly text: string;
  readonly blocks: readonly JsonObject[];
}

export interface ChannelState {
  readonly id: string;
  readonly name: string;
  readonly isPrivate: boolean;
  readonly creator: string;
  readonly createdS: number;
  isArchived: boolean;
  topic: string;
  purpose: string;
  readonly members: Set<string>;
  readonly messages: SlackMessageState[];
  readonly pins: Set<string>;
  readonly bookmarks: JsonObject[];
  readonly files: string[];
}

export interface ViewState {
  readonly id: string;
  hash: string;
  readonly user: string;
  content: JsonObject;
  open: boolean;
}

export interface TriggerState {
  readonly user: string;
  readonly issuedMs: number;
  used: boolean;
}

export interface ResponseUrlState {
  readonly channel: string;
  readonly user: string;
  readonly messageTs: string | undefined;
  readonly issuedMs: number;
  uses: number;
}

export interface FileState {
  readonly id: string;
  readonly name: string;
  readonly length: number;
  content: Uint8Array | undefined;
  complete: boolean;
}

export interface Workspace {
  readonly teamId: string;
  readonly users: Map<string, SlackUser>;
  readonly channels: Map<string, ChannelState>;
  readonly ephemerals: EphemeralState[];
  readonly views: Map<string, ViewState>;
  readonly homes: Map<string, JsonObject>;
  readonly triggers: Map<string, TriggerState>;
  readonly responseUrls: Map<string, ResponseUrlState>;
  readonly files: Map<string, FileState>;
  /** The next number of each kind of id; ids are counted so that a run repeats exactly. */
  nextId(prefix: string): string;
  /** A message timestamp: seconds and microseconds, unique and rising. */
  nextTs(nowMs: number): string;
}

export function createWorkspace(teamId: string): Workspace {
  let count = 0;
  let lastMicros = 0;
  return {
    teamId,
    users: new Map(),
    channels: new Map(),
    ephemerals: [],
    views: new Map(),
    homes: new Map(),
    triggers: new Map(),
    responseUrls: new Map(),
    files: new Map(),
    nextId: (prefix) => {
      count += 1;
      return `${prefix}${count.toString(36).toUpperCase().padStart(9, '0')}`;
    },
    nextTs: (nowMs) => {
      lastMicros = Math.max(nowMs * 1000, lastMicros + 1);
      return tsOf(lastMicros);
    },
  };
}

function tsOf(micros: number): string {
  return `${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, '0')}`;
}

/** A message by anybody: a scripted person, or the app through a response_url. */
export function postAs(
  workspace: Workspace,
  channel: ChannelState,
  message: {
    readonly user: string;
    readonly text: string;
    readonly blocks: readonly JsonObject[];
    readonly nowMs: number;
  },
): string {
  const ts = workspace.nextTs(message.nowMs);
  channel.messages.push({
    ts,
    user: message.user,
    text: message.text,
    blocks: message.blocks,
    metadata: undefined,
    threadTs: undefined,
    editedTs: undefined,
    reactions: [],
  });
  return ts;
}

/** A message as the API shows it; without `allMetadata` only the metadata's type, as Slack does. */
export function messageJson(message: SlackMessageState, allMetadata: boolean): JsonObject {
  return {
    type: 'message',
    ts: message.ts,
    user: message.user,
    text: message.text,
    ...(message.blocks.length === 0 ? {} : { blocks: message.blocks }),
    ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
    ...(message.editedTs === undefined ? {} : { edited: { user: message.user, ts: message.editedTs } }),
    ...(message.metadata === undefined
      ? {}
      : { metadata: allMetadata ? message.metadata : { event_type: message.metadata.event_type ?? null } }),
    ...(message.reactions.length === 0
      ? {}
      : { reactions: message.reactions.map(({ name, user }) => ({ name, users: [user], count: 1 })) }),
  };
}

export function channelJson(channel: ChannelState, viewer: string): JsonObject {
  return {
    id: channel.id,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: !channel.isPrivate,
    is_group: channel.isPrivate,
    is_private: channel.isPrivate,
    is_archived: channel.isArchived,
    is_member: channel.members.has(viewer),
    created: channel.createdS,
    creator: channel.creator,
    topic: { value: channel.topic, creator: channel.creator, last_set: channel.createdS },
    purpose: { value: channel.purpose, creator: channel.creator, last_set: channel.createdS },
    num_members: channel.members.size,
  };
}

export function userJson(user: SlackUser): JsonObject {
  return {
    id: user.id,
    team_id: user.teamId,
    name: user.name,
    deleted: user.deleted,
    real_name: user.name,
    is_bot: user.isBot,
    is_restricted: user.isRestricted,
    is_ultra_restricted: user.isUltraRestricted,
    is_stranger: user.isStranger,
  };
}

/** A JSON object out of anything; `undefined` for what is none. */
export function asObject(value: Json | undefined): JsonObject | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value as JsonObject; // an object that is no array and no null: what JsonObject says
}
