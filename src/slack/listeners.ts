import type {
  AllMiddlewareArgs,
  BlockAction,
  ButtonAction,
  MessageShortcut,
  SlackActionMiddlewareArgs,
  SlackShortcutMiddlewareArgs,
  SlackViewMiddlewareArgs,
  ViewSubmitAction,
} from '@slack/bolt';
import { codeOf } from '../error.ts';
import type { JsonObject } from '../json.ts';
import {
  readAnswerFormValue,
  readAnswerValue,
  readCampaignValue,
  readFunctionValue,
  readIncidentValue,
  readQuestionValue,
} from './action-value.ts';
import { inDrill, marked, namesDrill } from './drill-mark.ts';
import type { SlackModal } from './limits.ts';
import { answering, type ListenerParts, perform, performDrill, type Reply, say } from './perform.ts';
import { context, EXERCISE_BANNER } from './render/blocks.ts';
import { answerModal, MODAL_INPUT } from './render/modal.ts';
import { formOf, pressField } from './render/question.ts';

export type ButtonArgs = SlackActionMiddlewareArgs<BlockAction<ButtonAction>> & AllMiddlewareArgs;
export type ViewArgs = SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs;
export type ShortcutArgs = SlackShortcutMiddlewareArgs<MessageShortcut> & AllMiddlewareArgs;

export const OUTDATED = 'This button is of another version of Cordon. Use `/cordon help`, or the terminal.';
export const FOREIGN = 'Only people of this workspace can decide here.';

/**
 * The listeners behind buttons, modals and shortcuts. An act is committed, then acknowledged, then spoken of (see
 * `perform`); what only opens a form is acknowledged at once. What they call is idempotent by a key out of the payload,
 * since Slack delivers at least once.
 */

export function onAnswer(parts: ListenerParts): (args: ButtonArgs) => Promise<void> {
  return pressed(parts, readAnswerValue, async (args, value, reply) => {
    const form = formOf(value.f);
    const field = form === undefined ? undefined : pressField(form);
    const option = field?.options.find((one) => String(one.value) === value.c);
    if (field === undefined || option === undefined) return say(parts, reply, OUTDATED, 'only-you');
    return perform(
      parts,
      {
        command: 'answer',
        input: { incidentId: value.i, invocationId: value.q, answer: { [field.name]: option.value } },
        ...who(args),
      },
      reply,
    );
  });
}

export function onAnswerDetails(parts: ListenerParts): (args: ButtonArgs) => Promise<void> {
  return pressed(parts, readQuestionValue, async (args, value, reply) => {
    const form = formOf(value.f);
    const channel = args.body.channel?.id;
    if (form === undefined || channel === undefined) return say(parts, reply, OUTDATED, 'only-you');
    await openView(
      parts,
      args,
      reply,
      answerModal({ ...value, c: channel }, form),
      'Press the answer itself',
    );
  });
}

export const onRelease = onCard('release', 'only-you');
export const onWiden = onCard('widen', 'channel');
export const onPageOwner = onCard('page-owner', 'channel');

/** A button of the card that acts on the whole incident, and whose reason is that it was pressed. */
function onCard(
  command: string,
  shown: 'only-you' | 'channel',
): (parts: ListenerParts) => (args: ButtonArgs) => Promise<void> {
  return (parts) =>
    pressed(parts, readIncidentValue, (args, value, reply) =>
      perform(
        parts,
        { command, input: { incidentId: value.i, reason: 'with the button on the card' }, ...who(args) },
        reply,
        shown,
      ),
    );
}

export function onClaim(parts: ListenerParts): (args: ButtonArgs) => Promise<void> {
  return pressed(parts, readIncidentValue, (args, value, reply) =>
    perform(
      parts,
      {
        command: 'claim',
        input: { incidentId: value.i, answer: args.action.action_id.slice('cordon.claim.'.length) },
        ...who(args),
      },
      reply,
    ),
  );
}

export function onAddTarget(parts: ListenerParts): (args: ButtonArgs) => Promise<void> {
  return pressed(parts, readFunctionValue, (args, value, reply) =>
    perform(
      parts,
      {
        command: 'add-target',
        input: { incidentId: value.i, functionArn: value.f, reason: 'suggested by the inventory' },
        ...who(args),
      },
      reply,
      'channel',
    ),
  );
}

export function onCampaignTake(parts: ListenerParts): (args: ButtonArgs) => Promise<void> {
  return pressed(parts, readCampaignValue, (args, value, reply) =>
    perform(
      parts,
      { command: 'campaign-acknowledge', input: { campaign: value.k }, ...who(args) },
      reply,
      'channel',
    ),
  );
}

export function onAnswerSubmitted(parts: ListenerParts): (args: ViewArgs) => Promise<void> {
  return async (args) => {
    const value = readAnswerFormValue(args.view.private_metadata);
    const form = value === undefined ? undefined : formOf(value.f);
    const reply = answering(args.ack, replyIn(args, value?.c ?? ''));
    if (value === undefined || form === undefined) return reply.ack();
    if (foreign(args.body)) return say(parts, reply, FOREIGN, 'only-you');
    const answer: Record<string, string | number> = {};
    for (const field of form.fields) {
      const input = args.view.state.values[field.name]?.[MODAL_INPUT.action];
      if (field.kind === 'choice') {
        const option = field.options.find((one) => String(one.value) === input?.selected_option?.value);
        if (option !== undefined) answer[field.name] = option.value;
      } else if (typeof input?.value === 'string' && input.value !== '') {
        answer[field.name] = input.value;
      }
    }
    await perform(
      parts,
      {
        command: 'answer',
        // Built above from the form's own options and typed text.
        input: { incidentId: value.i, invocationId: value.q, answer: answer satisfies JsonObject },
        slackUserId: actorOf(args),
        idempotencyKey: viewKey(args),
      },
      reply,
    );
  };
}

export function onAcknowledge(parts: ListenerParts): (args: ButtonArgs) => Promise<void> {
  return pressed(parts, readIncidentValue, (args, value, reply) =>
    // Everybody in the channel is waiting to hear who has it.
    perform(
      parts,
      { command: 'acknowledge', input: { incidentId: value.i }, ...who(args) },
      reply,
      'channel',
    ),
  );
}

export function onDrillStop(parts: ListenerParts): (args: ButtonArgs) => Promise<void> {
  return pressed(parts, readIncidentValue, async (args, value, reply) => {
    const { drills } = parts;
    if (drills === undefined) return say(parts, reply, OUTDATED, 'only-you');
    const { slackUserId, idempotencyKey } = who(args);
    await performDrill(parts, { slackUserId, idempotencyKey }, reply, () =>
      drills.stop({ slackUserId, incidentId: value.i }),
    );
  });
}

/** What the button listeners have in common: check what was pressed and by whom. */
export function pressed<Value>(
  parts: ListenerParts,
  read: (value: unknown) => Value | undefined,
  act: (args: ButtonArgs, value: Value, reply: Reply) => Promise<void>,
): (args: ButtonArgs) => Promise<void> {
  return async (args) => {
    const send: Reply = (text, shown) =>
      args.respond({
        text,
        response_type: shown === 'channel' ? 'in_channel' : 'ephemeral',
        replace_original: false,
      });
    const drill = namesDrill(args.action.value) || inDrill(parts.drills, args.body.channel?.id);
    const reply = answering(args.ack, marked(send, drill));
    if (foreign(args.body)) return say(parts, reply, FOREIGN, 'only-you');
    const value = read(args.action.value);
    if (value === undefined) return say(parts, reply, OUTDATED, 'only-you');
    await act(args, value, reply);
  };
}

/** True for a person whose home is another workspace (Slack Connect); organisations share one `enterprise`. */
export function foreign(body: {
  readonly team?: { readonly id?: string } | null;
  readonly user: { readonly id: string; readonly team_id?: string };
}): boolean {
  const home = body.user.team_id;
  const here = body.team?.id;
  return home !== undefined && here !== undefined && home !== here;
}

/** Who acts, as `authorizeBy` says: not the bare id, which another workspace may have given to somebody else. */
export function actorOf({ context }: Pick<AllMiddlewareArgs, 'context'>): string {
  // Slack names a person in whatever a person does; nobody is no responder, and so refused.
  return context.userId ?? 'nobody';
}

/** Who pressed, and a key of exactly this press. */
export function who(args: ButtonArgs): { readonly slackUserId: string; readonly idempotencyKey: string } {
  const { container, user } = args.body;
  const message = 'message_ts' in container ? String(container.message_ts) : 'view';
  return {
    slackUserId: actorOf(args),
    idempotencyKey: `slack:action:${message}:${args.action.action_id}:${args.action.action_ts}:${user.id}`,
  };
}

export function viewKey(args: ViewArgs): string {
  return `slack:view:${args.view.id}:${args.view.hash}:${args.body.user.id}`;
}

export function typedText(args: ViewArgs): string {
  return args.view.state.values[MODAL_INPUT.block]?.[MODAL_INPUT.action]?.value ?? '';
}

export function replyIn(args: ViewArgs, channel: string): Reply {
  return marked(
    (text) => args.client.chat.postEphemeral({ channel, user: args.body.user.id, text }),
    namesDrill(args.view.private_metadata),
  );
}

/** A trigger lives for 3 s: when Slack is slow the form cannot open, and the person is told another way. */
export async function openView(
  parts: ListenerParts,
  args: { readonly body: { readonly trigger_id: string }; readonly client: ButtonArgs['client'] },
  reply: Reply,
  view: SlackModal,
  instead: string,
): Promise<void> {
  await reply.ack?.();
  try {
    const shown = namesDrill(view.private_metadata)
      ? { ...view, blocks: [context([EXERCISE_BANNER]), ...view.blocks] }
      : view;
    await args.client.views.open({ trigger_id: args.body.trigger_id, view: shown });
  } catch (error) {
    parts.log.warn({ code: codeOf(error) }, 'a modal could not be opened');
    await say(parts, reply, `Slack did not open the form. ${instead}, or press again.`, 'only-you');
  }
}
