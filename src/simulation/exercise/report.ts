import { duration, escaped, table } from '../../postmortem/markdown.ts';
import type { LoadedScenario } from './read-scenario.ts';
import type { Observed } from './record.ts';
import type { ExerciseResult, IncidentResult } from './result.ts';
import type { ScoredExpectation, ScoredObjective, Verdict } from './score.ts';
import { createStoryteller, type StoryLine } from './story.ts';

const RATINGS = {
  P: 'performed without challenges',
  S: 'performed with some challenges',
  M: 'performed with major challenges',
  U: 'unable to be performed',
} as const;

const VERDICTS: Readonly<Record<Verdict, string>> = {
  'on-time': 'on time',
  late: 'late',
  missed: '**missed**',
  kept: 'kept',
  violated: '**happened, and must not**',
  'not-tested': '**not tested**',
};

/**
 * The after-action report of one run, in Markdown: HSEEP's order (overview, summary, analysis by
 * capability, improvement plan). What a machine can know is filled in; what people must say is left to
 * them. Pure: the same run gives the same text.
 */
export function exerciseReport(options: {
  readonly loaded: LoadedScenario;
  readonly result: ExerciseResult;
  readonly record: readonly Observed[];
}): string {
  const { loaded, result, record } = options;
  const { scenario } = loaded;
  return [
    `# After-action report: ${escaped(scenario.title)}`,
    `> ${escaped(scenario.drill.banner)}`,
    overview(loaded, result),
    summary(result),
    objectives(result),
    ...result.score.objectives.map((objective) => analysis(objective, result)),
    metrics(result),
    lanes(loaded, result, record),
    improvement(result),
    hotWash(loaded),
  ]
    .join('\n\n')
    .concat('\n');
}

function overview({ scenario, enrolment }: LoadedScenario, result: ExerciseResult): string {
  const nameOf = (id: string) => enrolment.responders.find((each) => each.id === id)?.name ?? id;
  const people = scenario.roles.map(
    (role) => `${role.role}: ${role.people.map((id) => escaped(nameOf(id))).join(', ')}`,
  );
  return [
    '## Overview',
    table(
      ['', ''],
      [
        ['Exercise', `${scenario.id} version ${scenario.version}, ${scenario.difficulty}`],
        ['Run', `${result.run}, ${result.speed === 'live' ? 'live' : 'on a virtual clock'}`],
        ['From, to', `${result.startedAt}, ${result.endedAt}`],
        ['Threat', scenario.attack.join(', ')],
        ['Participants', people.join('; ')],
        [
          'Incidents',
          result.incidents.map((each) => `drill-INC-${each.number} (${each.id})`).join(', ') || 'none',
        ],
      ],
    ),
    escaped(scenario.summary, 2000),
  ].join('\n\n');
}

function summary(result: ExerciseResult): string {
  const { score, attacker } = result;
  const open =
    result.status === 'closed' ? 'The incident was closed' : `The incident was left ${result.status}`;
  const refused = `${attacker.deniedCalls} calls and ${attacker.throttledInvocations} invocations`;
  const after =
    attacker.succeededAfterContainment === 0
      ? 'nothing succeeded with stolen credentials once containment was said to be effective'
      : `**${attacker.succeededAfterContainment} calls succeeded with stolen credentials after containment was said to be effective**`;
  const stopped =
    attacker.calls === 0
      ? 'Nobody attacked: what was tested is how the alert was judged.'
      : `The account refused the attacker ${refused}; ${after}. ${attacker.stopped ? 'In the end the attacker was stopped.' : 'The attacker was **not** stopped.'}`;
  return [
    '## Executive summary',
    `${open}. **${score.passed ? 'Passed' : 'Not passed'}**: ${points(score.points)} of ${points(score.max)} points. ${stopped}`,
  ].join('\n\n');
}

function objectives(result: ExerciseResult): string {
  return [
    '## Objectives',
    table(
      ['Objective', 'Capability', 'Rating', 'Points'],
      result.score.objectives.map((each) => [
        escaped(each.text),
        escaped(each.capability),
        `**${each.rating}**: ${RATINGS[each.rating]}`,
        `${points(each.points)} of ${points(each.max)}`,
      ]),
    ),
  ].join('\n\n');
}

function analysis(objective: ScoredObjective, result: ExerciseResult): string {
  const own = result.score.expectations.filter((each) => each.objective === objective.id);
  const good = own.filter((each) => each.verdict === 'on-time' || each.verdict === 'kept');
  const rest = own.filter((each) => !good.includes(each));
  return [
    `## ${escaped(objective.capability)}: ${objective.rating}`,
    table(
      ['Expected', 'Obligation', 'Came out', 'After', 'Within', 'Points'],
      own.map((each) => [
        escaped(each.title),
        each.oblige.replace('-', ' '),
        VERDICTS[each.verdict],
        each.afterMs === null ? '' : duration(each.afterMs),
        each.withinMs === null ? '' : duration(each.withinMs),
        `${points(each.points)} of ${each.weight}`,
      ]),
    ),
    `**Strengths.** ${good.map((each) => escaped(each.title)).join('; ') || 'None that a machine could see'}.`,
    rest.length === 0
      ? '**Areas for improvement.** None that a machine could see; the hot wash may know better.'
      : `**Areas for improvement.**\n\n${rest.map((each) => `- ${escaped(each.title)}: ${VERDICTS[each.verdict]}.${reason(each)}`).join('\n')}`,
  ].join('\n\n');
}

function reason(each: ScoredExpectation): string {
  return each.why === null ? '' : ` ${escaped(each.why)}`;
}

function metrics(result: ExerciseResult): string {
  const rows = result.incidents.map((each) => [
    `drill-INC-${each.number}`,
    duration(each.metrics.timeToAcceptedMs),
    duration(each.metrics.timeToEffectiveMs),
    duration(each.metrics.timeToAcknowledgeMs),
    duration(each.metrics.timeToCloseMs),
    String(each.metrics.breaches),
  ]);
  return [
    '## Metrics',
    'From the last byte of the alert, by the definitions that real incidents have (docs/timeline.md).',
    table(['Incident', 'Writes accepted', 'Contained', 'Acknowledged', 'Closed', 'Breaches'], rows),
    ...result.incidents.map(record),
  ].join('\n\n');
}

function record(each: IncidentResult): string {
  const evidence = each.evidence.verified
    ? `${each.evidence.items} evidence items verified`
    : `evidence **not verified**: ${each.evidence.problems.map((problem) => escaped(problem)).join('; ')}`;
  const missing = each.evidence.missing > 0 ? `, ${each.evidence.missing} could not be collected` : '';
  const chain = each.timeline.verified ? 'whose chain is intact' : 'whose chain is **broken**';
  const postmortem = each.postmortem === null ? 'no postmortem' : `postmortem: \`${each.postmortem}\``;
  return `- drill-INC-${each.number}: ${evidence}${missing}; ${each.timeline.entries} timeline entries, ${chain}; ${postmortem}`;
}

/** Attacker beside response: who was ahead, and from when on not. */
function lanes(loaded: LoadedScenario, result: ExerciseResult, recorded: readonly Observed[]): string {
  const names = new Map(loaded.enrolment.responders.map(({ id, slack }) => [slack ?? id, id]));
  const teller = createStoryteller({
    startMs: Date.parse(result.startedAt),
    nameOf: (user) => names.get(user) ?? user,
  });
  const lines = recorded
    .flatMap((each) => teller.tell(each))
    .filter((each) => each.event !== 'slack.asked')
    .sort((a, b) => a.elapsedMs - b.elapsedMs);
  return [
    '## What happened',
    table(
      ['T+', 'Attacker', 'Response', 'People and injects'],
      lines.map((each) => [
        `${(each.elapsedMs / 1000).toFixed(2)} s`,
        cell(each, 'attacker'),
        cell(each, 'response'),
        cell(each, 'people') || cell(each, 'exercise'),
      ]),
    ),
  ].join('\n\n');
}

function cell(line: StoryLine, lane: StoryLine['lane']): string {
  return line.lane === lane ? escaped(line.text) : '';
}

function improvement(result: ExerciseResult): string {
  const rows = result.score.expectations
    .filter((each) => each.verdict !== 'on-time' && each.verdict !== 'kept')
    .map((each) => [
      escaped(capabilityOf(each, result)),
      `${escaped(each.title)}: ${VERDICTS[each.verdict]}`,
      '',
      '',
      '',
      `run ${result.exercise} again`,
    ]);
  return [
    '## Appendix A: improvement plan',
    rows.length === 0
      ? 'Nothing that a machine could see needs a corrective action. Add what the hot wash finds.'
      : 'Each row needs a corrective action, an owner and a date before this report is done.',
    table(
      ['Capability', 'Issue', 'Corrective action', 'Owner', 'Due', 'Re-test'],
      rows.length === 0 ? [['', '', '', '', '', '']] : rows,
    ),
  ].join('\n\n');
}

function capabilityOf(each: ScoredExpectation, result: ExerciseResult): string {
  return result.score.objectives.find((objective) => objective.id === each.objective)?.capability ?? '';
}

function hotWash({ scenario }: LoadedScenario): string {
  return [
    '## Hot wash',
    scenario.hotWash.map((question) => `- ${escaped(question)}`).join('\n') || '- What surprised you?',
  ].join('\n\n');
}

function points(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}
