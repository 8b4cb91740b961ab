import { silenceInWords } from '../guardrail/on-expiry.ts';
import { evidenceInWords } from '../incident/evidence-view.ts';
import { FORMS } from '../playbook/forms.ts';
import { renderInstant } from '../timeline/render.ts';
import type { Incident } from './incident.ts';
import { nameOf } from './incident.ts';
import type { Paint } from './output.ts';
import { shown } from './output.ts';
import { watchLines } from './render-watch.ts';

/** How much of a plan's digest a person has to type. */
const DIGEST_SHOWN = 12;

/** One incident as a page of text: what is contained, what is asked, what happened last. */
export function renderIncident(incident: Incident, paint: Paint): string {
  return [
    ...headOf(incident, paint),
    ...section(paint, 'Containment', containmentOf(incident, paint)),
    ...section(paint, 'Since it was contained', watchLines(incident, paint)),
    ...section(paint, 'Not as before', [...leftOf(incident), ...differencesIn(incident)]),
    ...section(paint, 'Waits for people', [...questionsOf(incident), ...approvalsOf(incident)]),
    ...section(paint, 'Evidence', evidenceInWords(incident.evidence, renderInstant)),
    ...section(paint, 'People', peopleOf(incident)),
    ...section(paint, 'Tasks', tasksOf(incident, paint)),
    ...section(paint, 'Owed', dutiesIn(incident, paint)),
    ...section(
      paint,
      'Last',
      incident.lastEntries.map((entry) => shown(entry, 200)),
    ),
  ].join('\n');
}

function headOf(incident: Incident, paint: Paint): readonly string[] {
  const status =
    incident.status === 'open' || incident.status === 'in-review'
      ? paint.yellow(incident.status.replace('-', ' '))
      : incident.status;
  const facts = [
    status,
    `severity ${incident.severity}`,
    `level ${incident.level.replace('_', ' ')}`,
    ...(incident.rung === null || incident.rung === 'isolate'
      ? []
      : [paint.yellow(`only rung ${incident.rung}`)]),
    `mode ${incident.mode}`,
    `playbook ${shown(incident.playbook, 60)}`,
    incident.lead === null ? 'nobody leads' : `led by ${shown(incident.lead, 60)}`,
  ];
  const opened = Date.parse(incident.openedAt);
  const contained =
    incident.containedAt === null
      ? 'not contained'
      : `contained after ${seconds(Date.parse(incident.containedAt) - opened)}`;
  const closed = incident.closedAt === null ? [] : [`closed ${renderInstant(incident.closedAt)}`];
  return [
    `${paint.bold(nameOf(incident))}  ${incident.exercise ? 'EXERCISE  ' : ''}${shown(incident.title, 200)}`,
    `  ${facts.join(' · ')}`,
    `  ${[`opened ${renderInstant(incident.openedAt)}`, contained, ...closed].join(' · ')}`,
    ...incident.targets.map(
      (target) => `  target ${shown(target.functionArn, 200)} (${target.level.replace('_', ' ')})`,
    ),
    ...(incident.paused === null
      ? []
      : [
          `  ${paint.red('paused')}: writes are paused by ${shown(incident.paused.by, 60)} since ${renderInstant(incident.paused.at)}: ${shown(incident.paused.reason, 200)}`,
        ]),
    ...delayOf(incident, paint),
    ...glassOf(incident, paint),
    ...(incident.halted === null
      ? []
      : [`  ${paint.red('halted')}: ${incident.halted.code}: ${shown(incident.halted.message, 500)}`]),
  ];
}

function delayOf({ slackDelayed }: Incident, paint: Paint): readonly string[] {
  if (slackDelayed === null) return [];
  const { waiting, since, code } = slackDelayed;
  return [
    `  ${paint.yellow('Slack delayed')}: ${waiting} ${waiting === 1 ? 'message waits' : 'messages wait'} since ${renderInstant(since)} (${shown(code, 80)})`,
  ];
}

function glassOf({ breakGlass }: Incident, paint: Paint): readonly string[] {
  if (breakGlass === null) return [];
  const { by, until, reason, review } = breakGlass;
  const reviewed =
    review === null
      ? paint.red('nobody has reviewed it')
      : `${shown(review.by, 60)} found it ${review.verdict}: ${shown(review.note, 200)}`;
  return [
    `  broken glass: ${shown(by, 60)} until ${renderInstant(until)}: ${shown(reason, 200)}; ${reviewed}`,
  ];
}

function containmentOf(incident: Incident, paint: Paint): readonly string[] {
  return incident.containment.map((each) => {
    const text = `${each.state}  ${each.actionTitle}: ${shown(each.detail, 300)}`;
    return each.state === 'failed' || each.state === 'unknown' ? paint.red(text) : text;
  });
}

/** What a person needs to decide about an object that is not back: ours, the manifest's, and what was found. */
function leftOf(incident: Incident): readonly string[] {
  return incident.left.flatMap((each) => [
    shown(each.left, 500),
    `    ours      ${shown(JSON.stringify(each.ours), 300)}`,
    `    manifest  ${each.manifest === null ? 'could not be read' : shown(JSON.stringify(each.manifest), 300)}`,
  ]);
}

function differencesIn(incident: Incident): readonly string[] {
  return incident.comparisons.flatMap(({ functionArn, compared, differences, unread }) => {
    const name = shown(functionArn.split(':').at(-1) ?? functionArn, 80);
    if (!compared) return [`${name}: no manifest from before containment to compare with`];
    return [
      differences.length === 0
        ? `${name}: nothing, it is as its manifest has it`
        : `${name}: ${differences.length} part(s)`,
      ...differences.map(
        ({ part, was, now, why }) =>
          `    ${shown(part, 120)}: ${shown(was, 80)} -> ${shown(now, 80)} (${shown(why, 200)})`,
      ),
      ...unread.map((part) => `    ${shown(part, 120)}: could not be read`),
    ];
  });
}

function questionsOf(incident: Incident): readonly string[] {
  return incident.questions
    .filter((question) => question.status === 'open')
    .flatMap((question) => {
      const form = Object.values(FORMS).find((known) => known.id === question.form);
      const due = question.dueAt === null ? '' : `, until ${renderInstant(question.dueAt)}`;
      const fields = (form?.fields ?? []).map((field) =>
        field.kind === 'choice'
          ? `    ${field.name}=${field.options.map(({ value }) => value).join('|')}${field.required ? '' : ' (optional)'}`
          : `    ${field.name}=<text>${field.required ? '' : ' (optional)'}`,
      );
      return [
        `${form?.question ?? shown(question.form, 60)} (asked of ${shown(question.to, 60)}${due})`,
        `  cordon answer ${nameOf(incident)} field=value …   question ${question.invocationId}`,
        ...fields,
      ];
    });
}

function approvalsOf(incident: Incident): readonly string[] {
  return incident.approvals
    .filter((approval) => approval.status === 'open')
    .flatMap((approval) => [
      `${approval.actionTitle} on ${shown(approval.objectArn, 200)}: ${approval.given.length} of ${approval.quorum} approved, until ${renderInstant(approval.expiresAt)}, then ${silenceInWords(approval.onExpiry)}`,
      ...approval.changes.map((change) => `    ${change.call}: ${shown(change.summary, 300)}`),
      ...approval.blastRadius.map((line) => `    ${shown(line, 300)}`),
      `    ${approval.reversible ? 'reversible' : 'not reversible'} · account ${shown(approval.account, 20)} · ${shown(approval.region, 30)} · asked by ${shown(approval.requestedBy ?? 'the playbook', 60)} · policy ${approval.policies.map((policy) => shown(policy, 80)).join(', ')}`,
      `  cordon approve ${nameOf(incident)} --plan ${approval.digest.slice(0, DIGEST_SHOWN)}${approval.confirm === null ? '' : ` --confirm ${shown(approval.confirm, 150)}`}   (or deny, with --reason)`,
    ]);
}

function peopleOf(incident: Incident): readonly string[] {
  return Object.entries(incident.roles).map(
    ([role, holders]) => `${role}: ${holders.map((each) => shown(each, 60)).join(', ')}`,
  );
}

/** Open ones only: those that are done are in the timeline. */
function tasksOf(incident: Incident, paint: Paint): readonly string[] {
  return incident.tasks
    .filter((task) => task.doneAt === null)
    .map((task) => {
      const due = task.dueAt === null ? '' : `, due ${renderInstant(task.dueAt)}`;
      const text = `${task.id}  ${shown(task.text, 200)} (${shown(task.owner ?? 'nobody', 60)}${due})`;
      return task.reminders > 0 ? paint.yellow(text) : text;
    });
}

/** What is owed, and what was decided about what no longer is. */
function dutiesIn(incident: Incident, paint: Paint): readonly string[] {
  return incident.duties.map(({ id, text, owner, dueAt, settled, reminded }) => {
    const what = `${shown(id, 64)}  ${shown(text, 200)}`;
    if (settled !== null) {
      const late = settled.at > dueAt ? ', late' : '';
      return `${what} (${settled.as.replace('-', ' ')} by ${shown(settled.by, 60)} at ${renderInstant(settled.at)}${late}: ${shown(settled.reason, 200)})`;
    }
    const line = `${what} (${shown(owner ?? 'nobody', 60)}, due ${renderInstant(dueAt)})`;
    return reminded > 0 || owner === null ? paint.yellow(line) : line;
  });
}

function section(paint: Paint, title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', paint.bold(title), ...lines.map((line) => `  ${line}`)];
}

/** `2.1 s`, `14 min`. */
function seconds(ms: number): string {
  return ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}
