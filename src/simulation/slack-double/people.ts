import type { Clock } from '../../clock.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { Delivered, Dispatcher, SendOptions } from './dispatcher.ts';
import {
  asObject,
  type ChannelState,
  type EphemeralState,
  messageJson,
  postAs,
  type SlackMessageState,
  type SlackUser,
  type ViewState,
  type Workspace,
} from './state.ts';

export type MessageMatch = (message: SlackMessageState, channel: ChannelState) => boolean;

/** What scripted people do and see. A person sees only the channels that they are in. */
export interface People {
  /** Messages of a channel (name or id), oldest first. */
  messages(channel: string): readonly SlackMessageState[];
  /** What only this person was shown, oldest first. */
  ephemerals(user: string): readonly EphemeralState[];
  channel(nameOrId: string): ChannelState;
  channels(): readonly ChannelState[];
  /** The view that the person has open. */
  openView(user: string): ViewState | undefined;
  /** The app's home page as the person sees it. */
  home(user: string): JsonObject | undefined;
  /** Writes a message; returns its ts. */
  say(user: string, channel: string, text: string): string;
  /** Presses a button on the newest message that matches and has it. */
  press(user: string, match: MessageMatch, actionId: string, send?: SendOptions): Promise<Delivered>;
  /** Types a slash command, e.g. `/cordon list`. */
  runCommand(user: string, text: string, channel: string, send?: SendOptions): Promise<Delivered>;
  /** Fills in and submits the open view: values by block id. */
  submitView(user: string, values: Readonly<Record<string, string>>, send?: SendOptions): Promise<Delivered>;
  /** Uses a message shortcut. */
  useShortcut(user: string, match: MessageMatch, callbackId: string, send?: SendOptions): Promise<Delivered>;
  /** Comes into a channel, as anybody who is in it can ask them to. */
  join(user: string, channel: string, inviter: string, send?: SendOptions): Promise<Delivered>;
  /** An event that Slack would send the app. */
  sendEvent(event: JsonObject, send?: SendOptions): Promise<Delivered>;
}

/** Thrown when a script asks for what a person could not do: a script's mistake, never a Slack answer. */
class ScriptError extends Error {}

export function createPeople(parts: {
  readonly workspace: Workspace;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
}): People {
  const { workspace, dispatcher, clock } = parts;
  const nowMs = () => clock.now().getTime();
  const team = { id: workspace.teamId, domain: 'example' };

  const userOf = (id: string): SlackUser => {
    const user = workspace.users.get(id);
    if (user === undefined) throw new ScriptError(`expected a user of the workspace, found ${id}`);
    return user;
  };
  const channelOf = (nameOrId: string): ChannelState => {
    const found =
      workspace.channels.get(nameOrId) ??
      [...workspace.channels.values()].find((channel) => channel.name === nameOrId);
    if (found === undefined) throw new ScriptError(`expected a channel, found none called ${nameOrId}`);
    return found;
  };
  const trigger = (user: string): string => {
    const id = `${workspace.nextId('')}.trigger`;
    workspace.triggers.set(id, { user, issuedMs: nowMs(), used: false });
    return id;
  };
  const responseUrl = (user: string, channel: string, messageTs: string | undefined): string => {
    const id = workspace.nextId('R');
    workspace.responseUrls.set(id, { channel, user, messageTs, issuedMs: nowMs(), uses: 0 });
    return `${dispatcher.origin}/response/${id}`;
  };
  const find = (user: string, match: MessageMatch, need: (message: SlackMessageState) => boolean) => {
    userOf(user);
    for (const channel of workspace.channels.values()) {
      if (!channel.members.has(user)) continue;
      const message = channel.messages.findLast((one) => match(one, channel) && need(one));
      if (message !== undefined) return { channel, message };
    }
    throw new ScriptError(`expected ${user} to see a matching message, found none in their channels`);
  };
  const common = (user: SlackUser) => ({
    team,
    user: { id: user.id, username: user.name, name: user.name, team_id: user.teamId },
    api_app_id: 'A0CORDON',
    token: 'unused',
    enterprise: null,
    is_enterprise_install: false,
  });

  const sendEvent: People['sendEvent'] = (event, send) =>
    dispatcher.send(
      {
        kind: 'event',
        body: {
          token: 'unused',
          team_id: workspace.teamId,
          api_app_id: 'A0CORDON',
          event,
          type: 'event_callback',
          event_id: workspace.nextId('Ev'),
          event_time: Math.floor(nowMs() / 1000),
          authorizations: [
            { enterprise_id: null, team_id: workspace.teamId, user_id: 'U0CORDONBOT', is_bot: true },
          ],
        },
      },
      send,
    );

  return {
    channel: channelOf,
    channels: () => [...workspace.channels.values()],
    messages: (channel) => channelOf(channel).messages,
    ephemerals: (user) => workspace.ephemerals.filter((one) => one.user === user),
    openView: (user) => [...workspace.views.values()].findLast((view) => view.user === user && view.open),
    home: (user) => workspace.homes.get(user),
    say: (user, channel, text) => {
      const where = channelOf(channel);
      if (!where.members.has(user)) throw new ScriptError(`expected ${user} to be in ${where.name}`);
      return postAs(workspace, where, { user, text, blocks: [], nowMs: nowMs() });
    },
    press: async (user, match, actionId, send) => {
      const { channel, message } = find(user, match, (one) => buttonOf(one, actionId) !== undefined);
      const button = buttonOf(message, actionId);
      return dispatcher.send(
        {
          kind: 'interaction',
          payload: {
            type: 'block_actions',
            ...common(userOf(user)),
            container: {
              type: 'message',
              message_ts: message.ts,
              channel_id: channel.id,
              is_ephemeral: false,
            },
            trigger_id: trigger(user),
            channel: { id: channel.id, name: channel.isPrivate ? 'privategroup' : channel.name },
            message: messageJson(message, false),
            state: { values: {} },
            response_url: responseUrl(user, channel.id, message.ts),
            actions: [{ ...button, action_ts: workspace.nextTs(nowMs()) }],
          },
        },
        send,
      );
    },
    runCommand: async (user, text, channel, send) => {
      const where = channelOf(channel);
      const who = userOf(user);
      const [command = '', ...words] = text.split(' ');
      const delivered = await dispatcher.send(
        {
          kind: 'command',
          form: {
            token: 'unused',
            team_id: who.teamId,
            team_domain: team.domain,
            channel_id: where.id,
            channel_name: where.isPrivate ? 'privategroup' : where.name,
            user_id: user,
            user_name: who.name,
            command,
            text: words.join(' '),
            api_app_id: 'A0CORDON',
            is_enterprise_install: 'false',
            response_url: responseUrl(user, where.id, undefined),
            trigger_id: trigger(user),
          },
        },
        send,
      );
      return delivered;
    },
    submitView: async (user, values, send) => {
      const view = [...workspace.views.values()].findLast((one) => one.user === user && one.open);
      if (view === undefined) throw new ScriptError(`expected ${user} to have a view open, found none`);
      const delivered = await dispatcher.send(
        {
          kind: 'interaction',
          payload: {
            type: 'view_submission',
            ...common(userOf(user)),
            trigger_id: trigger(user),
            view: {
              ...view.content,
              id: view.id,
              hash: view.hash,
              state: { values: stateOf(view.content, values) },
            },
            response_urls: [],
          },
        },
        send,
      );
      // An empty answer closes the view; one with errors leaves it open for the person to mend.
      if (delivered.status === 200 && !delivered.body.includes('"response_action"')) view.open = false;
      return delivered;
    },
    useShortcut: async (user, match, callbackId, send) => {
      const { channel, message } = find(user, match, () => true);
      return dispatcher.send(
        {
          kind: 'interaction',
          payload: {
            type: 'message_action',
            ...common(userOf(user)),
            callback_id: callbackId,
            trigger_id: trigger(user),
            message_ts: message.ts,
            action_ts: workspace.nextTs(nowMs()),
            channel: { id: channel.id, name: channel.name },
            message: messageJson(message, false),
            response_url: responseUrl(user, channel.id, message.ts),
          },
        },
        send,
      );
    },
    join: (user, channel, inviter, send) => {
      const where = channelOf(channel);
      if (!where.members.has(inviter)) throw new ScriptError(`expected ${inviter} to be in ${where.name}`);
      where.members.add(user);
      const { teamId } = userOf(user);
      return sendEvent(
        {
          type: 'member_joined_channel',
          user,
          channel: where.id,
          channel_type: where.isPrivate ? 'G' : 'C',
          team: teamId,
          inviter,
          event_ts: workspace.nextTs(nowMs()),
        },
        send,
      );
    },
    sendEvent,
  };
}

function buttonOf(message: SlackMessageState, actionId: string): JsonObject | undefined {
  for (const block of message.blocks) {
    if (block.type !== 'actions' || !Array.isArray(block.elements)) continue;
    for (const item of block.elements) {
      const element = asObject(item);
      if (element?.action_id === actionId) return { ...element, block_id: block.block_id };
    }
  }
  return undefined;
}

/** A view's state as Slack sends it; checks what Slack's client would check before it lets a person submit. */
function stateOf(view: JsonObject, values: Readonly<Record<string, string>>): JsonObject {
  const state: Record<string, Json> = {};
  for (const item of Array.isArray(view.blocks) ? view.blocks : []) {
    const block = asObject(item);
    if (block?.type !== 'input' || typeof block.block_id !== 'string') continue;
    const element = asObject(block.element) ?? {};
    const actionId = String(element.action_id);
    const initial = typeof element.initial_value === 'string' ? element.initial_value : undefined;
    const value = values[block.block_id] ?? initial;
    if (value === undefined && block.optional !== true) {
      throw new ScriptError(`expected a value for ${block.block_id}: it is required`);
    }
    if (element.type === 'static_select') {
      const options = Array.isArray(element.options) ? element.options : [];
      const chosen = options.map(asObject).find((option) => option?.value === value);
      if (value !== undefined && chosen === undefined) {
        throw new ScriptError(`expected an option of ${block.block_id}, found ${value}`);
      }
      state[block.block_id] = { [actionId]: { type: 'static_select', selected_option: chosen ?? null } };
    } else {
      const length = value?.length ?? 0;
      const min = typeof element.min_length === 'number' ? element.min_length : 0;
      const max = typeof element.max_length === 'number' ? element.max_length : 3000;
      if (value !== undefined && (length < min || length > max)) {
        throw new ScriptError(`expected ${min} to ${max} characters for ${block.block_id}, found ${length}`);
      }
      state[block.block_id] = { [actionId]: { type: 'plain_text_input', value: value ?? null } };
    }
  }
  return state;
}
