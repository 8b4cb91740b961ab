import type { App, BlockAction, ButtonAction } from '@slack/bolt';
import { ACTION, CALLBACK, SHORTCUT } from './action-value.ts';
import {
  type ButtonArgs,
  onAnswer,
  onAnswerDetails,
  onAnswerSubmitted,
  onApprove,
  onDeny,
  onDenySubmitted,
  onNoteShortcut,
  onNoteSubmitted,
  onRelease,
} from './listeners.ts';
import type { ListenerParts } from './perform.ts';
import { slashListener } from './slash.ts';

/** What people can do in Slack: the app listens to exactly this, and the manifest declares exactly this. */
export const SLASH_COMMANDS = [
  {
    command: '/cordon',
    description: 'Incidents: list, show, note, approve, deny, release',
    usageHint: 'help',
  },
  { command: '/ir', description: 'The same as /cordon', usageHint: 'help' },
] as const;

export const MESSAGE_SHORTCUTS = [
  {
    callbackId: SHORTCUT.note,
    name: 'Add to timeline',
    description: "Keeps this message in the incident's timeline",
    listener: onNoteShortcut,
  },
] as const;

const BUTTONS: readonly {
  readonly actionId: string | RegExp;
  readonly listener: (parts: ListenerParts) => (args: ButtonArgs) => Promise<void>;
}[] = [
  // One id for each option of a form; see `optionButton`.
  { actionId: /^cordon\.answer\.[a-z0-9_]{1,60}$/, listener: onAnswer },
  { actionId: ACTION.answerDetails, listener: onAnswerDetails },
  { actionId: ACTION.approve, listener: onApprove },
  { actionId: ACTION.deny, listener: onDeny },
  { actionId: ACTION.release, listener: onRelease },
];

const VIEWS = [
  { callbackId: CALLBACK.answer, listener: onAnswerSubmitted },
  { callbackId: CALLBACK.deny, listener: onDenySubmitted },
  { callbackId: CALLBACK.note, listener: onNoteSubmitted },
] as const;

/** Registers every listener on a Bolt app. */
export function registerListeners(
  app: Pick<App, 'command' | 'action' | 'view' | 'shortcut'>,
  parts: ListenerParts,
): void {
  for (const { command } of SLASH_COMMANDS) app.command(command, slashListener(parts));
  for (const { actionId, listener } of BUTTONS) {
    app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: actionId }, listener(parts));
  }
  for (const { callbackId, listener } of VIEWS) {
    app.view({ type: 'view_submission', callback_id: callbackId }, listener(parts));
  }
  for (const { callbackId, listener } of MESSAGE_SHORTCUTS) {
    app.shortcut({ type: 'message_action', callback_id: callbackId }, listener(parts));
  }
}
