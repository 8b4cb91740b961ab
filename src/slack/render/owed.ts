import { UPDATE_TEMPLATE_IDS, UPDATE_TEMPLATES } from '../../incident/update-state.ts';
import { ACTION, actionValue, CALLBACK, type SectionValue, type UpdateFormValue } from '../action-value.ts';
import { LIMITS, type SlackMessage, type SlackModal } from '../limits.ts';
import { code, cut, incidentName, person, prose, when } from '../text.ts';
import type { IncidentView } from '../view/incident.ts';
import type { PostmortemView, StakeholderView, UpdateView } from '../view/owed.ts';
import { button, buttons, context, message, section } from './blocks.ts';
import { MODAL_INPUT } from './modal.ts';

/** Where the form of an update keeps what was chosen. */
export const UPDATE_INPUT = { template: 'template', to: 'to' } as const;

const EVERYBODY = 'all';
const SHOWN_ERRORS = 6;

/** What stakeholders read in their own channel. */
export function updateMessage(incident: IncidentView, update: UpdateView): SlackMessage {
  const said = Object.entries(UPDATE_TEMPLATES).find(([id]) => id === update.template)?.[1] ?? '';
  return message(incident, `Update on ${incidentName(incident)}: ${prose(update.text, 300)}`, [
    section([
      `📢 *Update on ${incidentName(incident)}* (${prose(update.template, 40)})`,
      said,
      prose(update.text, 2000),
    ]),
  ]);
}

/** An update waits for somebody who did not write it: exactly these words, these channels, until then. */
export function updateAskedMessage(incident: IncidentView, update: UpdateView): SlackMessage {
  const id = prose(update.id, 10);
  const until = update.expiresAt === null ? '' : ` until ${when(update.expiresAt)}, and not sent without`;
  return message(incident, `An update waits for an approval: ${prose(update.text, 300)}`, [
    section([
      `📢 *${id} waits for ${update.quorum - update.approvals.length} approval(s)*${until}`,
      `To ${prose(update.to.join(', '), 300)}, as ${prose(update.template, 40)}, asked by ${person(update.by)}:`,
      prose(update.text, 2000),
    ]),
    buttons([
      button({
        label: 'Approve update',
        actionId: ACTION.approveUpdate,
        value: actionValue({ i: incident.id, u: update.id }),
        style: 'primary',
      }),
    ]),
    context([`To say no: ${code(`/cordon deny-update ${update.id} WHY`, 80)}`]),
  ]);
}

/** The form of an update. */
export function updateModal(value: UpdateFormValue, stakeholders: readonly StakeholderView[]): SlackModal {
  const option = (text: string, id: string) => ({
    text: { type: 'plain_text' as const, text: cut(text, LIMITS.optionText) },
    value: id,
  });
  return {
    type: 'modal',
    callback_id: CALLBACK.update,
    title: { type: 'plain_text', text: 'Tell stakeholders' },
    submit: { type: 'plain_text', text: 'Send' },
    close: { type: 'plain_text', text: 'Cancel' },
    private_metadata: actionValue(value),
    blocks: [
      section([
        'Where a policy asks, it waits for an approval of exactly these words. Leave out what helps an attacker.',
      ]),
      {
        type: 'input',
        block_id: UPDATE_INPUT.template,
        label: { type: 'plain_text', text: 'It begins with' },
        element: {
          type: 'static_select',
          action_id: MODAL_INPUT.action,
          options: UPDATE_TEMPLATE_IDS.map((id) => option(`${id}: ${UPDATE_TEMPLATES[id]}`, id)),
        },
      },
      {
        type: 'input',
        block_id: UPDATE_INPUT.to,
        label: { type: 'plain_text', text: 'To' },
        element: {
          type: 'static_select',
          action_id: MODAL_INPUT.action,
          options: [
            ...stakeholders.slice(0, 50).map(({ id, title }) => option(title, id)),
            option('Everybody of these', EVERYBODY),
          ],
        },
      },
      {
        type: 'input',
        block_id: MODAL_INPUT.block,
        label: { type: 'plain_text', text: 'In your words' },
        element: {
          type: 'plain_text_input',
          action_id: MODAL_INPUT.action,
          multiline: true,
          min_length: 3,
          max_length: 2000,
        },
      },
    ],
  };
}

/** How far the postmortem is: a button a section, and what keeps it from being reviewed. */
export function postmortemOverview(incident: IncidentView, postmortem: PostmortemView): SlackMessage {
  const written = postmortem.sections.filter(({ version }) => version > 0).length;
  const errors = postmortem.errors.slice(0, SHOWN_ERRORS).map((error) => `• ${prose(error, 250)}`);
  const more = postmortem.errors.length - errors.length;
  return message(
    incident,
    `Postmortem of ${incidentName(incident)}: ${written} of ${postmortem.sections.length} sections written`,
    [
      section([
        `📝 *Postmortem of ${incidentName(incident)}*: ${written} of ${postmortem.sections.length} sections are saved.`,
        ...(postmortem.errors.length === 0
          ? ['Ready to be reviewed: `/cordon postmortem review NOTE`']
          : ['*To mend before it can be reviewed:*']),
        ...errors,
        ...(more > 0 ? [`… and ${more} more: \`cordon postmortem lint\``] : []),
      ]),
      buttons(
        postmortem.sections.slice(0, 25).map(({ name, version }) =>
          button({
            label: `${version > 0 ? '✅' : '✏️'} ${name}`,
            actionId: `${ACTION.writeSection}.${name}`,
            value: actionValue({ i: incident.id, s: name }),
          }),
        ),
      ),
      context([
        `The whole page: ${code(`cordon postmortem ${incidentName(incident)} --format html --out postmortem.html`, 120)}`,
      ]),
    ],
  );
}

/** One section in a form, with what is saved of it. */
export function sectionModal(value: SectionValue, text: string): SlackModal {
  return {
    type: 'modal',
    callback_id: CALLBACK.section,
    title: { type: 'plain_text', text: 'Write a section' },
    submit: { type: 'plain_text', text: 'Save' },
    close: { type: 'plain_text', text: 'Cancel' },
    private_metadata: actionValue(value),
    blocks: [
      section([
        `*${prose(value.s, 60)}*: facts with their source; what and how, not who. Every saved version stays in the timeline.`,
      ]),
      {
        type: 'input',
        block_id: MODAL_INPUT.block,
        label: { type: 'plain_text', text: 'The whole section, in Markdown' },
        element: {
          type: 'plain_text_input',
          action_id: MODAL_INPUT.action,
          multiline: true,
          min_length: 1,
          max_length: SECTION_LENGTH,
          ...(text === '' ? {} : { initial_value: text }),
        },
      },
    ],
  };
}

/** What Slack's form takes (docs.slack.dev, plain-text input); a longer section is written in a file. */
export const SECTION_LENGTH = 3000;
