import type { SlackAnswer, SlackCall } from './call.ts';
import {
  addBookmark,
  addPin,
  addReaction,
  deleteMessage,
  listBookmarks,
  postEphemeral,
  postMessage,
  readHistory,
  readReplies,
  updateMessage,
} from './chat-methods.ts';
import {
  archiveConversation,
  conversationInfo,
  createConversation,
  inviteToConversation,
  kickFromConversation,
  listConversations,
  listMembers,
  setPurpose,
  setTopic,
  userConversations,
} from './conversation-methods.ts';
import {
  authTest,
  completeUpload,
  getUploadUrl,
  openView,
  publishView,
  updateView,
  userInfo,
} from './other-methods.ts';

export interface SlackMethod {
  /** Calls a minute that Slack grants; `per-channel` is about one message a second in each channel. */
  readonly rate: 20 | 50 | 100 | 'per-channel';
  /** Bot scopes of which any one is enough; empty when none is needed. */
  readonly scopes: readonly string[];
  readonly run: (call: SlackCall) => SlackAnswer;
}

/** Tiers and scopes from the page of each method (docs.slack.dev/reference/methods). */
export const METHODS: Readonly<Record<string, SlackMethod>> = {
  'auth.test': { rate: 100, scopes: [], run: authTest },
  'bookmarks.add': { rate: 20, scopes: ['bookmarks:write'], run: addBookmark },
  'bookmarks.list': { rate: 20, scopes: ['bookmarks:read'], run: listBookmarks },
  'chat.delete': { rate: 50, scopes: ['chat:write'], run: deleteMessage },
  'chat.postEphemeral': { rate: 100, scopes: ['chat:write'], run: postEphemeral },
  'chat.postMessage': { rate: 'per-channel', scopes: ['chat:write'], run: postMessage },
  'chat.update': { rate: 50, scopes: ['chat:write'], run: updateMessage },
  'conversations.archive': {
    rate: 20,
    scopes: ['channels:manage', 'groups:write'],
    run: archiveConversation,
  },
  'conversations.create': { rate: 20, scopes: ['channels:manage', 'groups:write'], run: createConversation },
  'conversations.history': { rate: 50, scopes: ['channels:history', 'groups:history'], run: readHistory },
  'conversations.info': { rate: 50, scopes: ['channels:read', 'groups:read'], run: conversationInfo },
  'conversations.invite': {
    rate: 50,
    scopes: ['channels:manage', 'groups:write'],
    run: inviteToConversation,
  },
  'conversations.kick': {
    rate: 50,
    scopes: ['channels:manage', 'groups:write'],
    run: kickFromConversation,
  },
  'conversations.list': { rate: 20, scopes: ['channels:read', 'groups:read'], run: listConversations },
  'conversations.members': { rate: 100, scopes: ['channels:read', 'groups:read'], run: listMembers },
  'conversations.replies': { rate: 50, scopes: ['channels:history', 'groups:history'], run: readReplies },
  'conversations.setPurpose': { rate: 20, scopes: ['channels:manage', 'groups:write'], run: setPurpose },
  'conversations.setTopic': { rate: 20, scopes: ['channels:manage', 'groups:write'], run: setTopic },
  'files.completeUploadExternal': { rate: 100, scopes: ['files:write'], run: completeUpload },
  'files.getUploadURLExternal': { rate: 100, scopes: ['files:write'], run: getUploadUrl },
  'pins.add': { rate: 20, scopes: ['pins:write'], run: addPin },
  'reactions.add': { rate: 50, scopes: ['reactions:write'], run: addReaction },
  'users.conversations': { rate: 50, scopes: ['channels:read', 'groups:read'], run: userConversations },
  'users.info': { rate: 100, scopes: ['users:read'], run: userInfo },
  'views.open': { rate: 100, scopes: [], run: openView },
  'views.publish': { rate: 100, scopes: [], run: publishView },
  'views.update': { rate: 100, scopes: [], run: updateView },
};
