import { code, incidentName, person, prose, when } from '../text.ts';
import { VERBS } from '../verbs.ts';
import type { IncidentSummary, IncidentView } from '../view/incident.ts';
import type { TaskView } from '../view/owed.ts';
import { listed } from './blocks.ts';
import { LEVEL_MARK } from './level.ts';

/** Open incidents, one line each; `none` is what is said of none. */
export function listText(incidents: readonly IncidentSummary[], none = 'No open incident.'): string {
  if (incidents.length === 0) return none;
  return listed(
    incidents,
    20,
    (incident) =>
      `• *${incidentName(incident)}* · severity ${incident.severity} · ${LEVEL_MARK[incident.level]}${
        incident.status === 'halted'
          ? ' · ⛔ halted'
          : incident.status === 'in-review'
            ? ' · 🟣 in review'
            : ''
      } · ${prose(incident.title, 100)} · since ${when(incident.openedAt)}`,
    '`cordon list` in the terminal',
  ).join('\n');
}

/** An incident's open tasks, one line each. */
export function tasksText(incident: IncidentView): string {
  const open = incident.tasks.filter((task) => task.doneAt === null);
  if (open.length === 0) return `${incidentName(incident)} has no open task.`;
  return listed(open, 15, taskLine, '`cordon task list` in the terminal').join('\n');
}

/** One task: what, who, by when. */
function taskLine(task: TaskView): string {
  const who = task.owner === null ? 'nobody' : person(task.owner);
  const due = task.dueAt === null ? '' : ` · due ${when(task.dueAt)}`;
  return `• *${task.id}* ${prose(task.text, 140)} · ${who}${due}`;
}

/** What can be typed, in the place where it was asked. */
export function helpText(command: string, here: IncidentView | undefined): string {
  return [
    here === undefined
      ? 'This is not the channel of an incident: name the incident where a command needs one, e.g. `INC-12`.'
      : `This is the channel of *${incidentName(here)}*: commands are about it unless you name another.`,
    ...VERBS.map((entry) => `• ${code(`${command} ${entry.usage}`, 80)} ${entry.help}`),
  ].join('\n');
}
