import type { KnownBlock } from '@slack/types';
import { ACTION, actionValue } from '../action-value.ts';
import type { SlackMessage } from '../limits.ts';
import type { ContainmentView, IncidentView, SlackLevel } from '../port.ts';
import { code, incidentName, person, plain, prose, when } from '../text.ts';
import { button, buttons, context, divider, header, listed, message, section } from './blocks.ts';
import { LEVEL_MARK } from './level.ts';
import { formOf } from './question.ts';

const SHOWN_CONTAINMENT = 8;
const SHOWN_TARGETS = 5;

/**
 * The live card. Line 1: contained, at which level. Line 2: what is broken now. Line 3: the one decision
 * and by when. Then who leads, what is held, buttons.
 */
export function incidentCard(incident: IncidentView): SlackMessage {
  const name = incidentName(incident);
  const first = statusLine(incident);
  const blocks: KnownBlock[] = [
    header(`${name} · ${plain(incident.title, 110)}`),
    section([...pausedLines(incident), first, brokenLine(incident), decisionLine(incident)]),
    context([
      [
        `Severity ${incident.severity}`,
        incident.lead === null ? 'nobody leads yet' : `led by ${person(incident.lead)}`,
        `mode ${incident.mode}`,
        `opened ${when(incident.openedAt)}`,
      ].join(' · '),
      ...peopleLines(incident),
    ]),
    divider,
    section(targetLines(incident)),
  ];
  if (incident.containment.length > 0) {
    blocks.push(
      section([
        '*Containment*',
        ...listed(
          incident.containment,
          SHOWN_CONTAINMENT,
          containmentLine,
          `\`/cordon show INC-${incident.number}\``,
        ),
      ]),
    );
  }
  if (incident.lastEntries.length > 0) {
    blocks.push(context(incident.lastEntries.slice(-5).map((entry) => prose(entry, 250))));
  }
  const untaken = incident.lead === null && incident.status !== 'closed';
  const takes = untaken
    ? [
        button({
          label: 'I take it',
          actionId: ACTION.acknowledge,
          value: actionValue({ i: incident.id }),
          style: 'primary',
        }),
      ]
    : [];
  if (takes.length > 0 || canRelease(incident)) {
    blocks.push(buttons([...takes, ...releaseButtons(incident, name)]));
  }
  return message(incident, `${first.replaceAll('*', '')} ${prose(incident.title, 200)}`, blocks);
}

function releaseButtons(incident: IncidentView, name: string) {
  return canRelease(incident)
    ? [
        button({
          label: 'Release',
          actionId: ACTION.release,
          value: actionValue({ i: incident.id }),
          confirm: {
            title: `Release ${name}?`,
            text: 'Cordon puts back everything that it changed. The function takes invocations again.',
            yes: 'Release',
          },
        }),
      ]
    : [];
}

/** Who plays which part, and what is still to be done; nothing where there is neither. */
function peopleLines(incident: IncidentView): string[] {
  const roles = Object.entries(incident.roles)
    .filter(([role, holders]) => role !== 'commander' && holders.length > 0)
    .map(([role, holders]) => `${prose(role, 20)} ${holders.slice(0, 5).map(person).join(', ')}`);
  const open = incident.tasks.filter((task) => task.doneAt === null);
  const [next] = open
    .filter(({ dueAt }) => dueAt !== null)
    .sort((a, b) => (a.dueAt ?? '').localeCompare(b.dueAt ?? ''));
  const due = next?.dueAt ?? null;
  const tasks =
    open.length === 0
      ? []
      : [
          `${open.length} open ${open.length === 1 ? 'task' : 'tasks'}${next === undefined || due === null ? '' : `, next ${prose(next.id, 10)} due ${when(due)}`}`,
        ];
  const parts = [...roles, ...tasks];
  return parts.length === 0 ? [] : [parts.join(' · ')];
}

function pausedLines({ paused, status }: IncidentView): string[] {
  if (paused === undefined || paused === null || status === 'closed') return [];
  return [
    `⏸️ *Writes are paused* by ${person(paused.by)} since ${when(paused.at)}: ${prose(paused.reason, 200)}. Release still works.`,
  ];
}

function canRelease(incident: IncidentView): boolean {
  return incident.status !== 'closed' && incident.containment.some((item) => item.state === 'held');
}

const LEVEL_TEXT: Record<SlackLevel, string> = {
  none: '🔴 *Not contained.*',
  accepted: '🟠 *Containment accepted by AWS*, not shown to be in place.',
  read_back: '🟡 *Contained, read back*; not shown to be effective yet.',
  effective: '🟢 *Contained*, shown to be effective.',
  observed: "🟢 *Contained*, and the attacker's calls were seen to fail.",
  breached: '🔴 *Containment is breached*: the function or its role got through.',
};

/** Line 1 of a card: contained, at which level, since when. */
export function statusLine(incident: IncidentView): string {
  if (incident.status === 'closed') {
    return `⚪ *Closed*${incident.closedAt === null ? '' : ` ${when(incident.closedAt)}`}.`;
  }
  const level =
    incident.level === 'none' && incident.mode === 'observe'
      ? '🔴 *Not contained*: Cordon only observes here and has written nothing.'
      : LEVEL_TEXT[incident.level];
  const since = incident.containedAt === null ? '' : ` Since ${when(incident.containedAt)}.`;
  return incident.status === 'halted'
    ? `⛔ *Halted*: the playbook cannot go on; a person must. ${level}${since}`
    : `${level}${since}`;
}

/** Line 2 of a card. */
export function brokenLine(incident: IncidentView): string {
  const held = incident.containment.filter((item) => item.state === 'held' && item.detail !== '');
  if (held.length === 0) {
    return incident.level === 'none'
      ? '*Broken now:* nothing by Cordon; the function still runs.'
      : '*Broken now:* nothing is held any more.';
  }
  const shown = held.slice(0, 2).map((item) => prose(item.detail, 200));
  const rest = held.length - shown.length;
  return `*Broken now:* ${shown.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`;
}

/** The decision that falls due first; a question without a deadline comes last. */
export function decisionLine(incident: IncidentView): string {
  const open = [
    ...incident.questions
      .filter((question) => question.status === 'open')
      .map((question) => ({
        text: formOf(question.form)?.question ?? `Answer ${code(question.form, 60)}`,
        due: question.dueAt,
      })),
    ...incident.approvals
      .filter((approval) => approval.status === 'open')
      .map((approval) => ({
        text: `Approve or deny: ${prose(approval.actionTitle, 120)} on ${code(approval.objectArn, 200)}`,
        due: approval.expiresAt,
      })),
  ].sort((a, b) => (a.due ?? '9').localeCompare(b.due ?? '9'));
  const first = open[0];
  if (first === undefined) return '*Decide:* nothing is waiting for a person.';
  const rest = open.length > 1 ? ` (${open.length - 1} more below)` : '';
  return `*Decide:* ${first.text}${first.due === null ? '' : ` by ${when(first.due)}`}${rest}`;
}

function targetLines(incident: IncidentView): string[] {
  if (incident.targets.length === 0) return ['*Target:* none named by the alert.'];
  return [
    incident.targets.length === 1 ? '*Target*' : `*${incident.targets.length} targets*`,
    ...listed(
      incident.targets,
      SHOWN_TARGETS,
      (target) =>
        // Once it is closed, "not contained" would be the released function, and no alarm.
        `• ${incident.status === 'closed' ? '' : `${LEVEL_MARK[target.level]} · `}${code(target.functionArn, 250)} · account ${code(target.account, 20)} · ${code(target.region, 30)}`,
      `\`/cordon show INC-${incident.number}\``,
    ),
  ];
}

const STATE_MARK: Record<ContainmentView['state'], string> = {
  planned: '▫️ planned',
  waiting: '✋ waits for approval',
  running: '⏳ running',
  held: '🔒 held',
  released: '🔓 released',
  failed: '❌ failed',
  refused: '🚫 refused',
  unknown: '❔ unknown',
};

function containmentLine(item: ContainmentView): string {
  const detail = item.detail === '' ? '' : `: ${prose(item.detail, 160)}`;
  return `• ${STATE_MARK[item.state]} · ${prose(item.actionTitle, 100)} · ${code(item.objectArn, 200)}${detail}`;
}
