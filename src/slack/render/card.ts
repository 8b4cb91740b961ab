import type { Button, KnownBlock } from '@slack/types';
import { isDrillId } from '../../id.ts';
import { evidenceInWords } from '../../incident/evidence-view.ts';
import { ACTION, actionValue } from '../action-value.ts';
import type { SlackMessage } from '../limits.ts';
import { code, incidentName, person, plain, prose, shortName, when } from '../text.ts';
import type { ContainmentView, IncidentView, SlackLevel } from '../view/incident.ts';
import { button, buttons, context, header, listed, message, section } from './blocks.ts';
import { brokenLine } from './broken.ts';
import { LEVEL_MARK } from './level.ts';
import { formOf } from './question.ts';
import { watchBlocks } from './watch.ts';

const SHOWN_TROUBLE = 6;
const SHOWN_TARGETS = 4;

/**
 * The live card. Line 1: contained, at which level. Line 2: what is broken now. Line 3: the one decision
 * and by when. Then who leads, what can be pressed, what is held. Everything else is in the thread below it.
 */
export function incidentCard(incident: IncidentView): SlackMessage {
  const name = incidentName(incident);
  const first = statusLine(incident);
  const pressed = cardButtons(incident, name);
  const blocks: KnownBlock[] = [
    header(`${name} · ${plain(incident.title, 110)}`),
    section([...pausedLines(incident), first]),
    section([brokenLine(incident)]),
    section([decisionLine(incident), ...dutyLines(incident)]),
    context([leadLine(incident), ...peopleLines(incident)]),
    ...(pressed.length === 0 ? [] : [buttons(pressed)]),
    ...watchBlocks(incident),
    ...heldBlocks(incident),
    context([
      ...targetLines(incident),
      ...evidenceLines(incident),
      // A drill is this process's own, and the terminal knows nothing of it.
      `More: the thread of this card, \`/cordon show ${name}\`${isDrillId(incident.id) ? '' : `, or \`cordon show ${name}\` in a terminal`}`,
    ]),
  ];
  return message(incident, `${first.replaceAll('*', '')} ${prose(incident.title, 200)}`, blocks);
}

function leadLine(incident: IncidentView): string {
  return [
    incident.lead === null ? '👤 *nobody leads yet*' : `👤 led by ${person(incident.lead)}`,
    `severity ${incident.severity}`,
    `mode ${incident.mode}`,
    `opened ${when(incident.openedAt)}`,
  ].join(' · ');
}

/** What may be pressed now; each acts through the command of the same name. */
function cardButtons(incident: IncidentView, name: string): readonly Button[] {
  if (isOver(incident)) return [];
  const value = actionValue({ i: incident.id });
  const holds = incident.containment.some((item) => item.state === 'held');
  const take = button({ label: 'I take it', actionId: ACTION.acknowledge, value, style: 'primary' });
  const release = button({
    label: 'Release …',
    actionId: ACTION.release,
    value,
    confirm: {
      title: `Release ${name}?`,
      text: 'Cordon puts back everything that it changed. The function takes invocations again.',
      yes: 'Release',
    },
  });
  const widen = button({
    label: 'Widen …',
    actionId: ACTION.widen,
    value,
    style: 'danger',
    confirm: {
      title: 'Deny the whole role?',
      text: 'Every session of its roles is denied, wherever it is used: stolen credentials, and every other function on them. Where others use a role, an approver is asked first.',
      yes: 'Widen',
    },
  });
  const owner = button({
    label: 'Page owner',
    actionId: ACTION.pageOwner,
    value,
    confirm: {
      title: 'Page the owner?',
      text: 'Whoever owns these functions is called now, here and through the paging service.',
      yes: 'Page',
    },
  });
  return [
    ...(incident.lead === null ? [take] : []),
    ...(holds ? [release] : []),
    ...(incident.impact.canWiden ? [widen] : []),
    owner,
  ];
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

/** The response is over, whether its postmortem is reviewed or not. */
function isOver({ status }: IncidentView): boolean {
  return status === 'closed' || status === 'in-review';
}

/** What is owed next, when nobody has settled it: a deadline of the law is missed by not being seen. */
function dutyLines(incident: IncidentView): string[] {
  const open = incident.duties
    .filter(({ settled }) => settled === null)
    .sort((a, b) => a.dueAt.localeCompare(b.dueAt));
  const [next] = open;
  if (next === undefined) return [];
  const who = next.owner === null ? 'nobody’s yet' : person(next.owner);
  const rest = open.length === 1 ? '' : ` (${open.length - 1} more: \`/cordon show\`)`;
  return [`⏳ *Owed by ${when(next.dueAt)}:* ${prose(next.id, 64)}, ${who}: ${prose(next.text, 160)}${rest}`];
}

function pausedLines({ paused, status }: IncidentView): string[] {
  if (paused === undefined || paused === null || status === 'closed' || status === 'in-review') return [];
  return [
    `⏸️ *Writes are paused* by ${person(paused.by)} since ${when(paused.at)}: ${prose(paused.reason, 200)}. Release still works.`,
  ];
}

const LEVEL_TEXT: Record<SlackLevel, string> = {
  none: '🔴 *NOT CONTAINED*',
  accepted: '🟠 *Containing* · AWS accepted it, not shown to be in place yet',
  read_back: '🟡 *Containing* · read back, not shown to be effective yet',
  effective: '🟢 *CONTAINED* · level effective: read back, denied in simulation, time to spread over',
  observed: "🟢 *CONTAINED* · level observed: the attacker's calls were seen to fail",
  breached: '🔴 *BREACHED* · the function or its role got through after containment',
};

/** A rung that only limits the function must not be read as one that contains it. */
function levelText({ level, rung }: IncidentView): string {
  const limits =
    (level === 'accepted' || level === 'read_back') && typeof rung === 'string' && rung !== 'isolate';
  return limits
    ? `🟠 *LIMITED, NOT CONTAINED* · only the rung ${prose(rung, 40)} is in place; the function runs on`
    : LEVEL_TEXT[level];
}

/** How far the evidence is, and when it is swept again. */
function evidenceLines({ evidence }: IncidentView): string[] {
  const words = evidence === undefined ? [] : evidenceInWords(evidence, when);
  return words.length === 0 ? [] : [`🗄 Evidence: ${words.join(' · ')}`];
}

/** Line 1 of a card: contained, at which level, since when. */
export function statusLine(incident: IncidentView): string {
  if (incident.status === 'in-review') {
    return '🟣 *The response is over.* Closed once the postmortem is reviewed, or a commander waives that.';
  }
  if (incident.status === 'closed') {
    return `⚪ *Closed*${incident.closedAt === null ? '' : ` ${when(incident.closedAt)}`}.`;
  }
  const level =
    incident.level === 'none' && incident.mode === 'observe'
      ? `${LEVEL_TEXT.none} · Cordon only observes here and has written nothing`
      : levelText(incident);
  const since = incident.containedAt === null ? '' : ` · since ${when(incident.containedAt)}`;
  return incident.status === 'halted'
    ? `⛔ *Halted*: the playbook cannot go on; a person must. ${level}${since}`
    : `${level}${since}`;
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
  if (first === undefined) return '☑️ *Decide:* nothing is waiting for a person.';
  const rest = open.length > 1 ? ` · ${open.length - 1} more below` : '';
  return `❓ *Decide:* ${first.text}${first.due === null ? '' : ` *By ${when(first.due)}*`}${rest}`;
}

function targetLines(incident: IncidentView): string[] {
  if (incident.targets.length === 0) return ['The alert names no function.'];
  return listed(
    incident.targets,
    SHOWN_TARGETS,
    (target) =>
      // Once it is closed, "not contained" would be the released function, and no alarm.
      `${isOver(incident) ? '' : `${LEVEL_MARK[target.level]} · `}${code(target.functionArn, 250)}`,
    `\`/cordon show ${incidentName(incident)}\``,
  );
}

/** What is held, kind by kind; then, one by one, what is not as it should be. */
function heldBlocks(incident: IncidentView): KnownBlock[] {
  const held = new Map<string, string[]>();
  for (const item of incident.containment) {
    if (item.state !== 'held') continue;
    held.set(item.actionTitle, [...(held.get(item.actionTitle) ?? []), item.objectArn]);
  }
  const released = incident.containment.filter((item) => item.state === 'released').length;
  const trouble = incident.containment.filter((item) => item.state !== 'held' && item.state !== 'released');
  const lines = [
    ...[...held].map(([title, objects]) => `🔒 ${prose(title, 90)} · ${objectNames(objects)}`),
    ...(released === 0 ? [] : [`🔓 ${released} released`]),
    ...listed(trouble, SHOWN_TROUBLE, troubleLine, `\`/cordon show ${incidentName(incident)}\``),
  ];
  return lines.length === 0 ? [] : [context(lines)];
}

function objectNames(arns: readonly string[]): string {
  const [first, ...rest] = [...new Set(arns)];
  if (first === undefined) return '';
  return `${code(shortName(first), 80)}${rest.length === 0 ? '' : ` and ${rest.length} more`}`;
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

function troubleLine(item: ContainmentView): string {
  const detail = item.detail === '' ? '' : `: ${prose(item.detail, 160)}`;
  return `${STATE_MARK[item.state]} · ${prose(item.actionTitle, 90)} · ${code(shortName(item.objectArn), 80)}${detail}`;
}
