import type { Json, JsonObject } from '../../json.ts';
import type { SlackMessage } from '../limits.ts';
import { code, person, prose, when } from '../text.ts';
import type { IncidentView } from '../view/incident.ts';
import type { DutyView, TaskView } from '../view/owed.ts';
import { context, listed, message, section } from './blocks.ts';

/**
 * Words for what the engine announces and for the notifications of the playbook language
 * (`src/playbook/notifications.ts`; a test holds that none is missing). Facts follow on lines of their own.
 */
export const ANNOUNCEMENTS: Readonly<Record<string, string>> = {
  halted: '⛔ *The playbook is halted* and cannot go on by itself. Containment stays. A person must decide.',
  escalate: '📣 *Nobody has answered in time.* This needs somebody now.',
  'containment-failed': '❌ *A containment step failed.* A person must do it.',
  'needs-a-person':
    '🟠 *This kind of function needs a person*: what could be done was done, and it is not all of it.',
  'containment-unproven': '🟠 *Containment was accepted by AWS but is not shown to be effective.*',
  'containment-effective': '🟢 *Contained*, and shown to be effective.',
  'observed-only':
    '👁 *Nothing was contained:* Cordon may only observe here. It recorded what it would have done.',
  'containment-breached':
    '🔴 *Containment is breached.* Something got through after the cut-off. A person must look now.',
  drift: '🟠 *Somebody changed what is contained.* It is put again.',
  'drift-asks':
    '🔴 *Somebody goes on changing what is contained.* It is put again only once a person says so: approve or deny above.',
  'drift-by': '🕵 *Changes of what is contained, and who made them.*',
  'evidence-incomplete': '🗄 *Evidence could not be sealed.*',
  'quarantine-large':
    '🗄 *More arrived in the quarantine sink than is copied.* Whoever attacks may be filling it; the rest is only there.',
  'sweep-failed': '🗄 *A later sweep for evidence came to nothing.* What was collected before stays.',
  'release-incomplete': '🟠 *The release is not complete.* A person decides what to do with the rest.',
  handoff: '🤝 *The lead was handed over.*',
  'identity-claimed':
    '🪪 *Somebody said whether their AWS identity was them.* It is what they say, and no verdict.',
  'campaign-merged': '➡️ *These incidents are led elsewhere now*, with others that belong to them.',
  called: '📣 *Somebody is called for.*',
  unclaimed: '📣 *Nobody has taken this incident up.* Whoever does: press *I take it* on the card.',
  'page-seen':
    '📟 *A page was acknowledged by somebody who is no responder here.* Nobody has taken the incident up by it.',
  'upkeep-failed':
    '🟠 *Something of ours could not be taken back on its day.* It is tried again; somebody should look.',
  'rollback-failed':
    '🟠 *What a person asked to undo could not be undone.* It stays contained; somebody should look.',
  'postmortem-failed': '📝 *No postmortem could be drafted.*',
};

/** A line in the channel about something that happened. */
export function announceMessage(incident: IncidentView, name: string, facts: JsonObject): SlackMessage {
  const known = Object.hasOwn(ANNOUNCEMENTS, name) ? ANNOUNCEMENTS[name] : undefined;
  const title = known ?? `📣 *${prose(name, 120)}*`;
  const lines = factLines(facts);
  return message(incident, `${title.replaceAll('*', '')} ${prose(incident.title, 200)}`, [
    section([title, ...lines]),
  ]);
}

/** A task is due: whose it is, and what to type about it. */
export function taskDueMessage(
  incident: IncidentView,
  task: TaskView,
  reminder: { readonly to: string | null; readonly last: boolean },
): SlackMessage {
  const to = reminder.to === null ? '' : `${person(reminder.to)} `;
  return message(incident, `Task ${task.id} is due: ${prose(task.text, 200)}`, [
    section([`⏰ ${to}*${task.id} is due:* ${prose(task.text, 500)}`]),
    context([
      [
        ...(task.dueAt === null ? [] : [`due ${when(task.dueAt)}`]),
        `\`/cordon task done ${task.id}\` or \`/cordon task snooze ${task.id} 30m\``,
        ...(reminder.last ? ['this is the last reminder'] : []),
      ].join(' · '),
    ]),
  ]);
}

/** How each kind of duty ends, in what is typed. */
const DUTY_ENDS: Record<DutyView['kind'], (id: string) => string> = {
  notification: (id) => `\`/cordon duty told ${id} HOW\` or \`/cordon duty waive ${id} WHY\``,
  postmortem: () => '`/cordon postmortem`, then `/cordon postmortem review NOTE`',
  action: (id) => `\`/cordon duty done ${id} HOW IT IS SEEN\` or \`/cordon duty snooze ${id} 7d\``,
};

/** Somebody owes something by an instant: what, when, and what to type about it. */
export function dutyMessage(
  incident: IncidentView,
  duty: DutyView,
  reminder: { readonly to: string | null; readonly last: boolean },
): SlackMessage {
  const to = reminder.to === null ? '' : `${person(reminder.to)} `;
  const id = prose(duty.id, 64);
  return message(incident, `${id} is owed: ${prose(duty.text, 200)}`, [
    section([`⏳ ${to}*${id}, due ${when(duty.dueAt)}:* ${prose(duty.text, 500)}`]),
    context([
      [
        ...(duty.owner === null ? [`nobody's yet: \`/cordon duty assign ${id} me\``] : []),
        DUTY_ENDS[duty.kind](id),
        ...(reminder.last ? ['this is the last reminder'] : []),
      ].join(' · '),
    ]),
  ]);
}

/** After an outage: what is owed and was not said, in one message; the first deadline first. */
export function dutiesMissedMessage(
  incident: IncidentView,
  missed: readonly { readonly duty: DutyView; readonly to: string | null; readonly times: number }[],
  sinceIso: string,
): SlackMessage {
  const total = missed.reduce((sum, { times }) => sum + times, 0);
  const count = total === 1 ? 'One reminder was' : `${total} reminders were`;
  const lines = listed(
    missed,
    SHOWN_MISSED,
    ({ duty, to, times }) =>
      `• ${to === null ? '' : `${person(to)} `}*${prose(duty.id, 64)}*, due ${when(duty.dueAt)}: ${prose(duty.text, 200)}${times > 1 ? ` (${times} times)` : ''} · ${DUTY_ENDS[duty.kind](prose(duty.id, 64))}`,
    '`cordon duty list` in the terminal',
  );
  return message(incident, `${count} missed: ${missed.map(({ duty }) => prose(duty.id, 64)).join(', ')}`, [
    section([
      `⏳ *${count} missed* since ${when(sinceIso)}, because Cordon was not running. Said once, together:`,
      ...lines,
    ]),
  ]);
}

const SHOWN_MISSED = 10;

/** The notice that the postmortem draft is ready, and where. */
export function postmortemMessage(incident: IncidentView, location: string, facts: JsonObject): SlackMessage {
  return message(incident, `The postmortem draft is ready: ${code(location, 500)}`, [
    section(['📝 *The postmortem draft is ready.*', code(location, 1000), ...factLines(facts)]),
  ]);
}

/** Facts that name people: Slack user ids by then, where the enrolment file has them. */
const PEOPLE = new Set(['to', 'from', 'by']);

function factText(name: string, value: Json | undefined): string {
  const values = Array.isArray(value) ? value : [value];
  const shown = values.slice(0, 15).map((one: Json) => {
    if (typeof one !== 'string') return prose(JSON.stringify(one) ?? '', 300);
    return PEOPLE.has(name) ? person(one) : prose(one, 300);
  });
  return shown.join(Array.isArray(value) && !PEOPLE.has(name) ? ' ' : ', ');
}

function factLines(facts: JsonObject): string[] {
  return listed(
    Object.entries(facts).filter(([, value]) => value !== undefined && value !== null),
    10,
    ([name, value]) => `• ${prose(name, 60)}: ${factText(name, value)}`,
    'see the timeline',
  );
}
