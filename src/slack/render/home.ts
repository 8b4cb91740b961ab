import type { KnownBlock } from '@slack/types';
import type { SlackHome } from '../limits.ts';
import type { RunningDrill } from '../port.ts';
import { code, incidentName, prose, when } from '../text.ts';
import type { IncidentView } from '../view/incident.ts';
import { SHORT_DIGEST } from './approval.ts';
import { context, divider, header, listed, section } from './blocks.ts';
import { statusLine } from './card.ts';
import { runningLine } from './drill.ts';

const SHOWN = 10;

/** What is mine: decisions first, then tasks, then what is open, then drills. `me` is a Slack user id. */
export function homeView(page: {
  /** `undefined`: not a responder, who is told nothing. */
  readonly me: string | undefined;
  readonly incidents: readonly IncidentView[];
  /** The exercise for people that this process runs. */
  readonly drill?: RunningDrill | undefined;
  /** Open incidents that are not shown. */
  readonly more: number;
}): SlackHome {
  const { me, incidents, more } = page;
  if (me === undefined) {
    return {
      type: 'home',
      blocks: [
        section([
          '*Cordon* shows incidents to responders of the enrolment file only. Ask its owner to add you with your Slack member id.',
        ]),
      ],
    };
  }
  const real = incidents.filter(({ exercise }) => !exercise);
  const drills = incidents.filter(({ exercise }) => exercise);
  const blocks: KnownBlock[] = [
    header('✋ Approvals'),
    section(linesOr(approvalLines(incidents, me), 'No approval is waiting.')),
    header('📋 My tasks'),
    section(linesOr(taskLines(incidents, me), 'You have no open task.')),
    header('🚨 Open incidents'),
    section(linesOr(incidentLines(real), 'No incident is open.')),
    ...(more > 0 ? [context([`… and ${more} more: \`/cordon list\``])] : []),
    divider,
    header('🧪 Drills'),
    section(
      linesOr(
        [...(page.drill === undefined ? [] : [runningLine(page.drill)]), ...incidentLines(drills)],
        'No drill is running.',
      ),
    ),
  ];
  return { type: 'home', blocks };
}

function approvalLines(incidents: readonly IncidentView[], me: string): string[] {
  const open = incidents.flatMap((incident) =>
    incident.approvals
      // What I asked for or approved already is for others to decide.
      .filter(
        ({ status, requestedBy, given }) =>
          status === 'open' && requestedBy !== me && !given.some(({ by }) => by === me),
      )
      .map((approval) => ({ incident, approval })),
  );
  return listed(
    open,
    SHOWN,
    ({ incident, approval }) =>
      `• *${incidentName(incident)}* ${prose(approval.actionTitle, 100)} on ${code(approval.objectArn, 120)} · until ${when(approval.expiresAt)} · ${code(`/cordon approve ${approval.approvalId} ${approval.digest.slice(0, SHORT_DIGEST)}`, 80)}`,
    "in each incident's channel",
  );
}

function taskLines(incidents: readonly IncidentView[], me: string): string[] {
  const mine = incidents.flatMap((incident) =>
    incident.tasks
      .filter(({ owner, doneAt }) => owner === me && doneAt === null)
      .map((task) => ({ incident, task })),
  );
  return listed(
    mine,
    SHOWN,
    ({ incident, task }) =>
      `• *${incidentName(incident)} ${prose(task.id, 10)}* ${prose(task.text, 120)}${task.dueAt === null ? '' : ` · due ${when(task.dueAt)}`}`,
    '`/cordon tasks INC`',
  );
}

function incidentLines(incidents: readonly IncidentView[]): string[] {
  return listed(
    incidents,
    SHOWN,
    (incident) =>
      `• *${incidentName(incident)}* · severity ${incident.severity} · ${prose(incident.title, 80)}\n      ${statusLine(incident)}${delayText(incident)}`,
    '`/cordon list`',
  );
}

/** Slack takes this page and keeps messages waiting: it counts by method. */
function delayText({ slackDelayed }: IncidentView): string {
  if (slackDelayed === undefined || slackDelayed === null) return '';
  const { waiting, since } = slackDelayed;
  return `\n      ⏳ *Slack delayed:* ${waiting} ${waiting === 1 ? 'message waits' : 'messages wait'} since ${when(since)}`;
}

function linesOr(lines: readonly string[], none: string): readonly string[] {
  return lines.length === 0 ? [none] : lines;
}
