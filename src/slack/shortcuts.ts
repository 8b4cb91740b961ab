import { createHash } from 'node:crypto';
import { readChannelValue, readNoteValue } from './action-value.ts';
import { DECLARED_IN_DRILL, inDrill, marked } from './drill-mark.ts';
import type { SlackModal } from './limits.ts';
import {
  actorOf,
  FOREIGN,
  foreign,
  openView,
  replyIn,
  type ShortcutArgs,
  typedText,
  type ViewArgs,
  viewKey,
} from './listeners.ts';
import { answering, type ListenerParts, perform, performDeclare, type Reply, say } from './perform.ts';
import { DECLARE_INPUT, declareModal, followUpModal, MODAL_INPUT, noteModal } from './render/modal.ts';
import type { IncidentView } from './view/incident.ts';

/**
 * The message shortcuts: a message becomes a note, evidence, a task, or an incident. Each opens a form with the
 * message's text, so that a person reads what will be kept before it is.
 */
export const onNoteShortcut = onIncidentShortcut('Type `/cordon note TEXT`', (incident, { shortcut }) =>
  noteModal({ i: incident.id, c: shortcut.channel.id, ...sentAt(shortcut) }, shortcut.message.text ?? ''),
);

export const onEvidenceShortcut = onIncidentShortcut('Type `/cordon note TEXT`', (incident, { shortcut }) => {
  const text = shortcut.message.text ?? '';
  // Of what Slack gave us: who edits the message later changes it, not this.
  const h = createHash('sha256').update(text).digest('hex');
  return noteModal({ i: incident.id, c: shortcut.channel.id, ...sentAt(shortcut), h }, text);
});

export const onFollowUpShortcut = onIncidentShortcut(
  'Type `/cordon task add TEXT`',
  (incident, { shortcut }) =>
    followUpModal({ i: incident.id, c: shortcut.channel.id }, shortcut.message.text ?? ''),
);

export function onDeclareShortcut(parts: ListenerParts): (args: ShortcutArgs) => Promise<void> {
  return async (args) => {
    await args.ack();
    const { shortcut } = args;
    const reply = replyTo(parts, args);
    if (foreign(shortcut)) return say(parts, reply, FOREIGN, 'only-you');
    if (inDrill(parts.drills, shortcut.channel.id)) return say(parts, reply, DECLARED_IN_DRILL, 'only-you');
    const view = declareModal({ c: shortcut.channel.id }, shortcut.message.text ?? '');
    await openView(
      parts,
      { body: shortcut, client: args.client },
      reply,
      view,
      'Type `/cordon declare FUNCTION_ARN WHAT YOU SAW`',
    );
  };
}

export function onNoteSubmitted(parts: ListenerParts): (args: ViewArgs) => Promise<void> {
  return onSubmitted(parts, readNoteValue, (args, note, reply) =>
    perform(
      parts,
      {
        command: 'note',
        input: {
          incidentId: note.i,
          text:
            note.h === undefined
              ? typedText(args)
              : `Evidence (message, sha256 ${note.h}): ${typedText(args)}`,
          // Slack's clock may be ahead of ours, and a note is never about what is to come.
          ...(note.t === undefined || note.t > parts.clock.now().toISOString() ? {} : { at: note.t }),
        },
        slackUserId: actorOf(args),
        idempotencyKey: viewKey(args),
      },
      reply,
    ),
  );
}

export function onFollowUpSubmitted(parts: ListenerParts): (args: ViewArgs) => Promise<void> {
  return onSubmitted(parts, readNoteValue, (args, value, reply) =>
    perform(
      parts,
      {
        command: 'task-add',
        input: { incidentId: value.i, text: typedText(args), owner: 'me' },
        slackUserId: actorOf(args),
        idempotencyKey: viewKey(args),
      },
      reply,
    ),
  );
}

export function onDeclareSubmitted(parts: ListenerParts): (args: ViewArgs) => Promise<void> {
  return onSubmitted(parts, readChannelValue, async (args, value, reply) => {
    const { values } = args.view.state;
    // The form was open before the channel became a drill's, or was never opened by us.
    if (inDrill(parts.drills, value.c)) {
      return say(parts, marked(reply, true), DECLARED_IN_DRILL, 'only-you');
    }
    return performDeclare(
      parts,
      {
        slackUserId: actorOf(args),
        functionArn: (values[DECLARE_INPUT.arn]?.[MODAL_INPUT.action]?.value ?? '').trim(),
        severity: Number(values[DECLARE_INPUT.severity]?.[MODAL_INPUT.action]?.selected_option?.value ?? '2'),
        reason: typedText(args),
        idempotencyKey: viewKey(args),
      },
      reply,
    );
  });
}

/** A form that was sent: checked, then given to `act`, which answers. */
export function onSubmitted<Value extends { readonly c: string }>(
  parts: ListenerParts,
  read: (metadata: unknown) => Value | undefined,
  act: (args: ViewArgs, value: Value, reply: Reply) => Promise<void>,
): (args: ViewArgs) => Promise<void> {
  return async (args) => {
    const value = read(args.view.private_metadata);
    const reply = answering(args.ack, replyIn(args, value?.c ?? ''));
    if (value === undefined) return reply.ack();
    if (foreign(args.body)) return say(parts, reply, FOREIGN, 'only-you');
    await act(args, value, reply);
  };
}

function onIncidentShortcut(
  instead: string,
  view: (incident: IncidentView, args: ShortcutArgs) => SlackModal,
): (parts: ListenerParts) => (args: ShortcutArgs) => Promise<void> {
  return (parts) => async (args) => {
    await args.ack();
    const { shortcut } = args;
    const reply = replyTo(parts, args);
    if (foreign(shortcut)) return say(parts, reply, FOREIGN, 'only-you');
    const incident = await parts.views.incidentOfChannel(shortcut.channel.id);
    if (incident === undefined) return say(parts, reply, 'This channel belongs to no incident.', 'only-you');
    await openView(parts, { body: shortcut, client: args.client }, reply, view(incident, args), instead);
  };
}

function replyTo(parts: ListenerParts, args: ShortcutArgs): Reply {
  return marked(
    (text) => args.respond({ text, response_type: 'ephemeral', replace_original: false }),
    inDrill(parts.drills, args.shortcut.channel.id),
  );
}

/** When the message was written: a timeline is about when things happened. */
function sentAt(shortcut: ShortcutArgs['shortcut']): { readonly t?: string } {
  const ms = Number(shortcut.message.ts) * 1000;
  return Number.isFinite(ms) && ms > 0 ? { t: new Date(Math.floor(ms)).toISOString() } : {};
}
