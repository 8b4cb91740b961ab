import type { App, BlockAction, ButtonAction } from '@slack/bolt';
import { ACTION, CALLBACK, SHORTCUT } from './action-value.ts';
import { onCampaignApprove, onCampaignApproveSubmitted, onCampaignApproveTyped } from './campaign-decide.ts';
import { onApprove, onApproveSubmitted, onApproveTyped, onDeny, onDenySubmitted } from './decide.ts';
import { onHomeOpened } from './home.ts';
import { onMemberJoined } from './joined.ts';
import {
  type ButtonArgs,
  onAcknowledge,
  onAddTarget,
  onAnswer,
  onAnswerDetails,
  onAnswerSubmitted,
  onCampaignTake,
  onClaim,
  onDrillStop,
  onPageOwner,
  onRelease,
  onWiden,
} from './listeners.ts';
import { onApproveUpdate, onSectionSubmitted, onUpdateSubmitted, onWriteSection } from './owed.ts';
import type { ListenerParts } from './perform.ts';
import {
  onDeclareShortcut,
  onDeclareSubmitted,
  onEvidenceShortcut,
  onFollowUpShortcut,
  onFollowUpSubmitted,
  onNoteShortcut,
  onNoteSubmitted,
} from './shortcuts.ts';
import { slashListener } from './slash.ts';

/** What people can do in Slack: the app listens to exactly this, and the manifest declares exactly this. */
export const SLASH_COMMANDS = [
  {
    command: '/cordon',
    description: 'Incidents: declare, list, show, note, task, assign, release …',
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
  {
    callbackId: SHORTCUT.evidence,
    name: 'Add as evidence note',
    description: "Keeps this message and its digest in the incident's timeline",
    listener: onEvidenceShortcut,
  },
  {
    callbackId: SHORTCUT.followUp,
    name: 'Make follow-up',
    description: 'Makes this message a task of the incident',
    listener: onFollowUpShortcut,
  },
  {
    callbackId: SHORTCUT.declare,
    name: 'Declare incident',
    description: 'Opens an incident out of this message',
    listener: onDeclareShortcut,
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
  { actionId: ACTION.approveTyped, listener: onApproveTyped },
  { actionId: ACTION.deny, listener: onDeny },
  { actionId: ACTION.release, listener: onRelease },
  { actionId: ACTION.acknowledge, listener: onAcknowledge },
  { actionId: ACTION.widen, listener: onWiden },
  { actionId: /^cordon\.claim\.(?:mine|not-mine|unsure)$/, listener: onClaim },
  { actionId: /^cordon\.add-target\.\d{1,2}$/, listener: onAddTarget },
  { actionId: ACTION.campaignTake, listener: onCampaignTake },
  { actionId: ACTION.campaignApprove, listener: onCampaignApprove },
  { actionId: ACTION.campaignApproveTyped, listener: onCampaignApproveTyped },
  { actionId: ACTION.pageOwner, listener: onPageOwner },
  { actionId: ACTION.drillStop, listener: onDrillStop },
  { actionId: ACTION.approveUpdate, listener: onApproveUpdate },
  // One id for each section of the postmortem.
  { actionId: /^cordon\.write-section\.[a-z-]{1,60}$/, listener: onWriteSection },
];

const VIEWS = [
  { callbackId: CALLBACK.answer, listener: onAnswerSubmitted },
  { callbackId: CALLBACK.approve, listener: onApproveSubmitted },
  { callbackId: CALLBACK.campaignApprove, listener: onCampaignApproveSubmitted },
  { callbackId: CALLBACK.deny, listener: onDenySubmitted },
  { callbackId: CALLBACK.note, listener: onNoteSubmitted },
  { callbackId: CALLBACK.followUp, listener: onFollowUpSubmitted },
  { callbackId: CALLBACK.declare, listener: onDeclareSubmitted },
  { callbackId: CALLBACK.section, listener: onSectionSubmitted },
  { callbackId: CALLBACK.update, listener: onUpdateSubmitted },
] as const;

/** Events that the app asks Slack for. */
export const EVENTS = [
  {
    event: 'app_home_opened',
    listen: (app, parts) => app.event('app_home_opened', onHomeOpened(parts)),
  },
  {
    event: 'member_joined_channel',
    listen: (app, parts) => app.event('member_joined_channel', onMemberJoined(parts)),
  },
] as const satisfies readonly {
  readonly event: string;
  readonly listen: (app: Pick<App, 'event'>, parts: ListenerParts) => void;
}[];

/** Registers every listener on a Bolt app. */
export function registerListeners(
  app: Pick<App, 'command' | 'action' | 'view' | 'shortcut' | 'event'>,
  parts: ListenerParts,
): void {
  for (const { command } of SLASH_COMMANDS) app.command(command, slashListener(parts));
  for (const { actionId, listener } of BUTTONS) {
    app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: actionId }, listener(parts));
  }
  for (const { callbackId, listener } of VIEWS) {
    app.view({ type: 'view_submission', callback_id: callbackId }, listener(parts));
  }
  for (const { listen } of EVENTS) listen(app, parts);
  for (const { callbackId, listener } of MESSAGE_SHORTCUTS) {
    app.shortcut({ type: 'message_action', callback_id: callbackId }, listener(parts));
  }
}
