import { isDrillId } from '../id.ts';
import {
  readSectionButtonValue,
  readSectionValue,
  readUpdateFormValue,
  readUpdateValue,
} from './action-value.ts';
import { NOT_HERE } from './drill-mark.ts';
import {
  actorOf,
  type ButtonArgs,
  openView,
  pressed,
  typedText,
  type ViewArgs,
  viewKey,
  who,
} from './listeners.ts';
import { type ListenerParts, perform, type Reply, say } from './perform.ts';
import { MODAL_INPUT } from './render/modal.ts';
import { SECTION_LENGTH, sectionModal, UPDATE_INPUT, updateModal } from './render/owed.ts';
import { onSubmitted } from './shortcuts.ts';

/** What people owe after the response, in Slack: sections of the postmortem, updates to stakeholders. */

/** Where a form is opened from: a press or a typed command, both with a trigger that lives for 3 s. */
type Opener = Parameters<typeof openView>[1];

/** Opens the form of one section with what is saved of it; says how else it is written where the form cannot hold it. */
export async function openSection(
  parts: ListenerParts,
  from: Opener,
  reply: Reply,
  where: { readonly incidentId: string; readonly section: string; readonly channel: string },
): Promise<void> {
  const postmortem = await parts.views.postmortem(where.incidentId);
  const section = postmortem?.sections.find(({ name }) => name === where.section);
  if (section === undefined) {
    const gone = postmortem === undefined && isDrillId(where.incidentId);
    return say(parts, reply, gone ? `${NOT_HERE}.` : 'There is no such section.', 'only-you');
  }
  if (section.text.length > SECTION_LENGTH) {
    return say(
      parts,
      reply,
      'This section is longer than a form of Slack can be. In the terminal: `cordon postmortem INC --out FILE`, then `cordon postmortem save INC FILE`.',
      'only-you',
    );
  }
  const value = { i: where.incidentId, s: section.name, v: section.version, c: where.channel };
  await openView(
    parts,
    from,
    reply,
    sectionModal(value, section.text),
    'Type `/cordon postmortem write SECTION TEXT`',
  );
}

/** Opens the form of an update. */
export async function openUpdate(
  parts: ListenerParts,
  from: Opener,
  reply: Reply,
  where: { readonly incidentId: string; readonly channel: string },
): Promise<void> {
  const stakeholders = parts.people.stakeholders();
  if (stakeholders.length === 0) {
    return say(
      parts,
      reply,
      'The enrolment file names no stakeholders: there is nobody to tell.',
      'only-you',
    );
  }
  const value = { i: where.incidentId, c: where.channel, f: 'update' as const };
  await openView(
    parts,
    from,
    reply,
    updateModal(value, stakeholders),
    'Type `/cordon update TEMPLATE TO TEXT`',
  );
}

export function onWriteSection(parts: ListenerParts): (args: ButtonArgs) => Promise<void> {
  return pressed(parts, readSectionButtonValue, async (args, value, reply) => {
    const channel = args.body.channel?.id ?? '';
    await reply.ack?.();
    await openSection(parts, args, reply, { incidentId: value.i, section: value.s, channel });
  });
}

export function onApproveUpdate(parts: ListenerParts): (args: ButtonArgs) => Promise<void> {
  return pressed(parts, readUpdateValue, (args, value, reply) =>
    perform(
      parts,
      { command: 'update-approve', input: { incidentId: value.i, update: value.u }, ...who(args) },
      reply,
      'channel',
    ),
  );
}

export function onSectionSubmitted(parts: ListenerParts): (args: ViewArgs) => Promise<void> {
  return onSubmitted(parts, readSectionValue, (args, value, reply) =>
    perform(
      parts,
      {
        command: 'postmortem-write',
        // On the version that the form was opened with: what somebody else saved meanwhile is not written over.
        input: { incidentId: value.i, section: value.s, text: typedText(args), base: value.v },
        slackUserId: actorOf(args),
        idempotencyKey: viewKey(args),
      },
      reply,
    ),
  );
}

export function onUpdateSubmitted(parts: ListenerParts): (args: ViewArgs) => Promise<void> {
  return onSubmitted(parts, readUpdateFormValue, (args, value, reply) => {
    const { values } = args.view.state;
    const chosen = (block: string) => values[block]?.[MODAL_INPUT.action]?.selected_option?.value ?? '';
    return perform(
      parts,
      {
        command: 'update',
        input: {
          incidentId: value.i,
          template: chosen(UPDATE_INPUT.template),
          to: chosen(UPDATE_INPUT.to),
          text: typedText(args),
        },
        slackUserId: actorOf(args),
        idempotencyKey: viewKey(args),
      },
      reply,
    );
  });
}
