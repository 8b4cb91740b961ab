import type { Entry } from '../timeline/entry.ts';
import type { TimelineMetrics } from '../timeline/metrics.ts';
import { renderActor, renderInstant, renderSummary } from '../timeline/render.ts';
import { documentForm, documentState, notifications } from './duties-markdown.ts';
import type { EvidenceSummary } from './evidence-summary.ts';
import { type Facts, gatherFacts } from './facts.ts';
import { code, duration, escaped, generated, human, table } from './markdown.ts';

/** The incident as a postmortem needs it. Titles, names and ARNs are attacker-controlled. */
export interface PostmortemIncident {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly status: 'open' | 'in-review' | 'closed' | 'halted';
  /** 1 critical, 2 high, 3 medium, 4 low. */
  readonly severity: number;
  readonly exercise: boolean;
  readonly mode: string;
  readonly playbook: string;
  readonly openedAt: string;
  readonly closedAt: string | null;
  readonly level: string;
  readonly lead: string | null;
  readonly targets: readonly {
    readonly functionArn: string;
    readonly functionName: string;
    readonly account: string;
    readonly region: string;
    readonly level: string;
  }[];
}

export interface PostmortemInput {
  readonly incident: PostmortemIncident;
  /** The incident's whole chain, in order. */
  readonly entries: readonly Entry[];
  /** Stands at the head: whom the law lets read it; `null` where the deployment sets none. */
  readonly privilege: string | null;
  /** `null` where evidence was not verified for this render. */
  readonly evidence: EvidenceSummary | null;
  /** Metrics of earlier incidents of the same kind (drills beside drills), to compare with. */
  readonly earlier: readonly TimelineMetrics[];
}

const SEVERITIES = ['unknown', '1 (critical)', '2 (high)', '3 (medium)', '4 (low)'];

/**
 * Drafts the postmortem of an incident in Markdown: the same input gives the same bytes. What the timeline
 * knows stands in generated blocks, each row with its entry; what only people can say is left to them, and
 * marked so that a later render keeps it.
 */
export function draftPostmortem(input: PostmortemInput): string {
  const facts = gatherFacts(input.entries);
  const sections: readonly string[] = [
    `${generated('header', header(input, facts))}\n\n${human('document', 'The document itself: who owns it, how far it is, and who may read it.', documentForm(input.privilege, facts))}`,
    `## Summary\n\n${generated('summary', summary(input, facts))}`,
    `## Impact\n\n${generated('impact', impact(input))}\n\n${human('impact', 'Data, identities, customers and cost, with numbers and where each comes from.')}`,
    `## Exposure\n\n${generated('exposure', exposure(facts))}\n\n${human('exposure', 'What the role could reach, what was reached, and how sure we are; what containment itself cost (throttled calls, events held, redriven, lost).')}`,
    `## Detection\n\n${generated('detection', detection(facts))}\n\n${human('detection', 'Could it have been seen sooner, and by what?')}`,
    `## Contributing factors\n\n${human('contributing-factors', 'Several, not one root cause. Ask what and how; use roles, not names.')}`,
    `## Response\n\n${generated('response', response(facts))}`,
    `## Timeline (UTC)\n\n${generated('timeline', timeline(input.entries, facts))}`,
    `## Evidence\n\n${generated('evidence', evidence(input.evidence))}`,
    `## What went well, what went badly\n\n${human('well-and-badly', 'Also where we were lucky, and what surprised us.')}`,
    `## Action items\n\n${human('action-items', 'One row each; every action has an owner, a due date and a way to see that it is done.', actionItems())}`,
    `## Metrics\n\n${generated('metrics', metrics(facts, input.earlier))}`,
    `## Messages and notifications\n\n${generated('messages', messages(input.entries, facts))}`,
    `## Open questions\n\n${generated('open-questions', openQuestions(input, facts))}\n\n${human('open-questions', 'What we still do not know, and who finds out.')}`,
    `## What no log can show\n\n${generated('limits', limits(input.evidence))}`,
  ];
  return `${sections.join('\n\n')}\n`;
}

function header({ incident, privilege }: PostmortemInput, facts: Facts): string {
  const { metrics: times } = facts;
  const rows: readonly (readonly string[])[] = [
    ['Incident', `${code(incident.id)} (number ${incident.number})`],
    ['Kind', incident.exercise ? '**Exercise: nothing real was touched**' : 'Real incident'],
    ['Status', `${incident.status.replace('-', ' ')} when this was drafted`],
    ['Postmortem', documentState(facts)],
    ['Privilege marking', privilege === null ? 'none set' : `**${escaped(privilege)}**`],
    ['Severity', SEVERITIES[incident.severity] ?? SEVERITIES[0] ?? ''],
    ['Playbook', `${code(incident.playbook)}, in mode ${code(incident.mode)}`],
    ['Lead', incident.lead === null ? 'nobody yet' : code(incident.lead)],
    ['Alert received', instant(times.startedAt)],
    ['Acknowledged', instant(times.acknowledgedAt)],
    ['Containment accepted', instant(times.acceptedAt)],
    ['Containment effective', instant(times.effectiveAt)],
    ['Closed', instant(incident.closedAt)],
  ];
  const title = `${incident.exercise ? 'Exercise: ' : ''}${escaped(incident.title)}`;
  return `# Postmortem: ${title}\n\n${table(['Field', 'Value'], rows)}`;
}

function summary({ incident }: PostmortemInput, facts: Facts): string {
  const { metrics: times, detections, answers } = facts;
  const [first] = detections;
  const functions = incident.targets.length === 1 ? 'one function' : `${incident.targets.length} functions`;
  const reported =
    first === undefined
      ? `An incident about ${functions} was opened at ${instant(incident.openedAt)}.`
      : `At ${instant(times.startedAt)}, ${code(first.source)} reported ${code(first.findingType)} about ${functions}.`;
  const contained =
    times.timeToAcceptedMs === null
      ? 'Containment was not accepted on every target.'
      : `Every containment call was accepted after ${duration(times.timeToAcceptedMs)}, and containment was ${
          times.timeToEffectiveMs === null
            ? 'not shown to be effective'
            : `shown to be effective after ${duration(times.timeToEffectiveMs)}`
        }.`;
  const verdict = answers.findLast((answer) => answer.verdict !== null);
  const judged =
    verdict === undefined
      ? 'No verdict of a responder is recorded'
      : `A responder's verdict was ${code(verdict.verdict ?? '')} (entry ${verdict.seq})`;
  const ended =
    incident.status === 'closed'
      ? 'the incident is closed'
      : `the incident was ${incident.status} at this draft`;
  return `${reported} ${contained} ${judged}; ${ended}.`;
}

function impact({ incident }: PostmortemInput): string {
  if (incident.targets.length === 0) return 'No function is named as a target.';
  return table(
    ['Function', 'Account', 'Region', 'Containment now'],
    incident.targets.map((target) => [
      code(target.functionArn),
      code(target.account),
      code(target.region),
      levelText(target.level),
    ]),
  );
}

function detection(facts: Facts): string {
  if (facts.detections.length === 0) return 'The timeline names no alert.';
  return table(
    ['Entry', 'Recorded', 'Source', 'Finding', 'First seen, as the finding claims'],
    facts.detections.map((found) => [
      `${found.seq}`,
      instant(found.at),
      code(found.source),
      code(found.findingType),
      found.firstSeenAt === null ? 'not said' : escaped(renderInstant(found.firstSeenAt)),
    ]),
  );
}

function response(facts: Facts): string {
  const start = facts.metrics.startedAt;
  const since = (at: string | null) =>
    start === null || at === null ? 'not reached' : duration(Date.parse(at) - Date.parse(start));
  const actions =
    facts.responses.length === 0
      ? 'No containing or restoring action is recorded.'
      : table(
          [
            'Action',
            'Object',
            'Plan digest',
            'Decision',
            'Started',
            'Took',
            'Outcome',
            'Verified',
            'Entries',
          ],
          facts.responses.map((attempt) => [
            `${code(attempt.action)}${attempt.restores ? ' (release)' : ''}`,
            code(attempt.object),
            attempt.digest === null ? 'none' : code(attempt.digest.slice(0, 16)),
            attempt.decisions.map((decision) => escaped(decision)).join('; ') || 'none recorded',
            `+${since(attempt.startedAt)}`.replace('+not', 'not'),
            attempt.startedAt === null || attempt.finishedAt === null
              ? 'not reached'
              : duration(Date.parse(attempt.finishedAt) - Date.parse(attempt.startedAt)),
            attempt.outcome,
            shownFor(attempt, facts.levels),
            attempt.entries.join(', '),
          ]),
        );
  const shown =
    facts.levels.length === 0
      ? 'No level of containment is recorded: nothing shows that a containment held.'
      : table(
          ['Target', 'Level', 'After', 'Because', 'Entry'],
          facts.levels.map((fact) => [
            code(fact.target),
            levelText(fact.level),
            since(fact.at),
            escaped(fact.why),
            `${fact.seq}`,
          ]),
        );
  return `${actions}\n\nHow far containment was shown:\n\n${shown}`;
}

const SHOWN: ReadonlySet<string> = new Set(['read_back', 'effective', 'observed']);

/** What showed that a containment held: the first level after it, or the one that it added to. */
function shownFor(attempt: Facts['responses'][number], levels: Facts['levels']): string {
  if (attempt.restores || attempt.outcome !== 'succeeded') return '';
  const shown = levels.filter(
    ({ level, target }) => SHOWN.has(level) && (attempt.target === null || target === attempt.target),
  );
  const after =
    shown.find(({ at }) => attempt.finishedAt === null || at >= attempt.finishedAt) ?? shown.at(-1);
  return after === undefined ? '**not shown**' : `${levelText(after.level)} (entry ${after.seq})`;
}

function timeline(entries: readonly Entry[], facts: Facts): string {
  // The timeline starts before the incident: with what the finding claims about its beginning.
  const before = facts.detections
    .filter((found) => found.firstSeenAt !== null)
    .slice(0, 1)
    .map((found) => [
      escaped(renderInstant(found.firstSeenAt ?? '')),
      'First activity, as the finding claims',
      code(found.source),
      'automated',
      `entry ${found.seq}`,
    ]);
  const rows = entries.map((entry) => [
    escaped(renderInstant(entry.at)),
    entry.body === null
      ? '_removed by retention_'
      : `${code(entry.body.kind)}: ${escaped(renderSummary(entry), 400)}`,
    entry.body === null ? '' : escaped(renderActor(entry.body.actor)),
    entry.body === null ? 'unknown' : entry.body.actor.kind === 'responder' ? 'human' : 'automated',
    `entry ${entry.seq}`,
  ]);
  return table(['Time', 'Event', 'Actor', 'By', 'Source'], [...before, ...rows]);
}

function evidence(summarised: EvidenceSummary | null): string {
  if (summarised === null)
    return 'Not verified for this render: "cordon evidence verify" says how it stands.';
  const checked = summarised.verified
    ? 'Every byte was checked against its seal when this was drafted; nothing was found.'
    : 'The check found the following when this was drafted:';
  const problems = summarised.problems.map((problem) => `- ${escaped(problem, 600)}`);
  const seal =
    summarised.manifestSha256 === null
      ? 'There is no valid seal.'
      : `Seals: ${summarised.seals}. Last manifest: ${code(summarised.manifestSha256)}. Keys: ${summarised.keyIds.map((id) => code(id)).join(', ')}.`;
  const rows = summarised.contents.map((line) =>
    line.kind === 'item'
      ? [
          `${code(line.name)}${line.version === 1 ? '' : ` (version ${line.version})`}`,
          escaped(line.artifact),
          `${line.size}`,
          code(line.sha256),
          `${code(line.apiCall)} at ${instant(line.collectedAt)}`,
          [line.secret ? 'encrypted' : '', line.matchesExpected ? '' : '**differs from the source digest**']
            .filter((note) => note !== '')
            .join(', '),
        ]
      : [code(line.name), escaped(line.artifact), '', '', '', `**not collected**: ${escaped(line.reason)}`],
  );
  const list =
    rows.length === 0
      ? 'Nothing was collected.'
      : table(['Item', 'Artifact', 'Bytes', 'SHA-256', 'Collected by', 'Note'], rows);
  return [[checked, ...problems].join('\n'), seal, list].join('\n\n');
}

function actionItems(): string {
  return table(
    [
      'Action',
      'Type (detect, prevent, mitigate, process)',
      'Owner',
      'Due',
      'Priority',
      'Tracker',
      'Verified by',
    ],
    [],
  );
}

/** The window in which the attacker could act. Its beginning is a claim of the finding: it may be earlier. */
function exposure({ metrics: times, detections }: Facts): string {
  const [first] = detections.flatMap((found) =>
    found.firstSeenAt === null ? [] : [{ at: found.firstSeenAt, seq: found.seq }],
  );
  const from = first?.at ?? times.startedAt;
  const to = times.effectiveAt;
  const length = from === null || to === null ? null : Date.parse(to) - Date.parse(from);
  return table(
    ['Exposure', 'Value', 'Confidence'],
    [
      [
        'From',
        instant(from),
        first === undefined
          ? 'low: no finding says when it began, so this is the alert'
          : `medium: as the finding of entry ${first.seq} claims; it may have begun earlier`,
      ],
      [
        'To',
        instant(to),
        to === null ? 'none: containment was not shown to be effective' : 'high: shown, see the levels above',
      ],
      [
        'Length',
        duration(length),
        times.breaches === 0 ? '' : `containment was breached ${times.breaches} times`,
      ],
    ],
  );
}

function metrics({ metrics: times }: Facts, earlier: readonly TimelineMetrics[]): string {
  const row = (name: string, of: (metrics: TimelineMetrics) => number | null) => {
    const known = earlier.map(of).filter((value) => value !== null);
    return [
      name,
      duration(of(times)),
      known.length === 0
        ? 'none yet'
        : `${duration(medianOf(known))} (n = ${known.length}, worst ${duration(Math.max(...known))})`,
    ];
  };
  return table(
    ['Metric', 'From the alert', 'Median of earlier incidents'],
    [
      row('Time to acknowledge', (each) => each.timeToAcknowledgeMs),
      row('Time to containment accepted', (each) => each.timeToAcceptedMs),
      row('Time to containment effective', (each) => each.timeToEffectiveMs),
      row('Time to close', (each) => each.timeToCloseMs),
      ['Breaches of containment seen', `${times.breaches}`, ''],
    ],
  );
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? 0;
  const high = sorted[Math.floor(middle)] ?? 0;
  return (low + high) / 2;
}

function messages(entries: readonly Entry[], facts: Facts): string {
  const sent = entries.filter((entry) => entry.body?.kind === 'slack.sent').length;
  const delayed = entries.filter((entry) => entry.body?.kind === 'slack.delayed').length;
  return [
    `Messages posted to Slack: ${sent}; delayed: ${delayed}. Each is an entry of the timeline above.`,
    notifications(facts),
  ].join('\n\n');
}

function openQuestions({ incident, evidence: summarised }: PostmortemInput, facts: Facts): string {
  const questions = [
    ...facts.responses
      .filter((attempt) => ['unknown', 'failed', 'not finished'].includes(attempt.outcome))
      .map(
        (attempt) =>
          `${code(attempt.action)} on ${code(attempt.object)} is recorded as ${attempt.outcome} (entry ${attempt.entries.at(-1)}): what is its state now?`,
      ),
    ...facts.conflicts.map(
      (entry) =>
        `Who changed what was being released, and why? ${escaped(renderSummary(entry))} (entry ${entry.seq})`,
    ),
    ...facts.refusals.map(
      (entry) => `Was this refusal right? ${escaped(renderSummary(entry))} (entry ${entry.seq})`,
    ),
    ...(summarised?.contents ?? [])
      .filter((line) => line.kind === 'missing')
      .map((line) => `Can ${code(line.name)} be had in another way?`),
    ...(facts.metrics.timeToEffectiveMs === null && incident.targets.length > 0
      ? ['Containment was not shown to be effective on every target: was it?']
      : []),
    ...(facts.answers.every((answer) => answer.verdict === null)
      ? ['Nobody gave a verdict: what was it?']
      : []),
  ];
  return questions.length === 0
    ? 'The timeline leaves none open.'
    : questions.map((question) => `- ${question}`).join('\n');
}

function limits(summarised: EvidenceSummary | null): string {
  return [
    ...(summarised?.notObtainable ?? []).map(
      (entry) => `- ${escaped(entry.artifact)}: ${escaped(entry.reason)}`,
    ),
    '- What an execution environment did between two of its log lines and AWS calls.',
    '- Whether data that was read has left: CloudTrail shows calls, not where their answers went.',
    '- Calls that CloudTrail does not record unless data events were on before (invocations, object reads).',
  ].join('\n');
}

function levelText(level: string): string {
  return escaped(level.replaceAll('_', ' '));
}

function instant(at: string | null): string {
  return at === null ? 'not reached' : escaped(renderInstant(at));
}
