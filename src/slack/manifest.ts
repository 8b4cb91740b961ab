import type { JsonObject } from '../json.ts';
import { EVENTS, MESSAGE_SHORTCUTS, SLASH_COMMANDS } from './registered.ts';

/** Every scope of the bot token, and what would not work without it. */
export const SCOPES = [
  { scope: 'chat:write', why: 'posts and edits the card, questions, approvals and notices' },
  { scope: 'commands', why: 'takes /cordon, /ir and the message shortcut' },
  {
    scope: 'groups:write',
    why: "opens an incident's private channel, sets its topic, invites people, and removes suspects and guests",
  },
  {
    scope: 'groups:read',
    why: 'finds its own channel again when the answer to opening it was lost, and sees who is in it and who joins',
  },
  { scope: 'groups:history', why: 'looks for its own message when the answer to posting it was lost' },
  { scope: 'metadata.message:read', why: 'reads the mark on its own messages while it looks for one' },
  { scope: 'pins:write', why: 'pins the card' },
  {
    scope: 'bookmarks:read',
    why: 'sees which links are above a channel already, so that none is there twice',
  },
  { scope: 'bookmarks:write', why: 'puts the links of the enrolment file above the channel' },
  { scope: 'users:read', why: 'keeps guests and deactivated accounts out of an incident and of approvals' },
] as const;

/**
 * The app manifest (docs.slack.dev/reference/app-manifest), generated from what is registered. With
 * `requestUrl`, Slack calls it over HTTP; without, the app connects by Socket Mode.
 */
export function slackManifest(options: { readonly requestUrl?: string } = {}): JsonObject {
  const url = options.requestUrl;
  const at = url === undefined ? {} : { url };
  return {
    _metadata: { major_version: 2 },
    display_information: {
      name: 'Cordon',
      description: 'Incident response for serverless functions: contain, decide, release, learn.',
      background_color: '#1f2933',
    },
    features: {
      app_home: { home_tab_enabled: true, messages_tab_enabled: true, messages_tab_read_only_enabled: true },
      bot_user: { display_name: 'cordon', always_online: true },
      slash_commands: SLASH_COMMANDS.map(({ command, description, usageHint }) => ({
        command,
        description,
        usage_hint: usageHint,
        // So that a person who is mentioned comes as a user id and not as a name that anybody may take.
        should_escape: true,
        ...at,
      })),
      shortcuts: MESSAGE_SHORTCUTS.map(({ callbackId, name, description }) => ({
        type: 'message',
        callback_id: callbackId,
        name,
        description,
      })),
    },
    oauth_config: { scopes: { bot: SCOPES.map(({ scope }) => scope) } },
    settings: {
      event_subscriptions: {
        bot_events: EVENTS.map(({ event }) => event),
        ...(url === undefined ? {} : { request_url: url }),
      },
      interactivity: { is_enabled: true, ...(url === undefined ? {} : { request_url: url }) },
      org_deploy_enabled: false,
      socket_mode_enabled: url === undefined,
      token_rotation_enabled: false,
    },
  };
}
