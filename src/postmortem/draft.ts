import type { Entry } from '../timeline/entry.ts';
import type { TimelineMetrics } from '../timeline/metrics.ts';
import { renderInstant, renderSummary } from '../timeline/render.ts';
import type { CaseFindings } from './case-findings.ts';
import { cost } from './cost-markdown.ts';
import { documentForm, documentState, notifications } from './duties-markdown.ts';
import { evidence, limits } from './evidence-markdown.ts';
import type { EvidenceSummary } from './evidence-summary.ts';
import { exposure, reach } from './exposure-markdown.ts';
import { type Facts, gatherFacts } from './facts.ts';
import { code, duration, escaped, generated, human, instant, levelText, table } from './markdown.ts';
import { metrics } from './metrics-markdown.ts';
import { response } from './response-markdown.ts';
import { timelineRows } from './timeline-markdown.ts';

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
  /** What the evidence itself says; `null` where it was not read for this render. */
  readonly findings: CaseFindings | null;
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
    `## Exposure\n\n${generated('exposure', exposure(facts))}\n\n${generated('reach', reach(facts, input.findings))}\n\n${human('exposure', 'What was reached in the end, by what reasoning, and how sure we are; what of it the tables above cannot know.')}`,
    `## Detection\n\n${generated('detection', detection(facts))}\n\n${human('detection', 'Could it have been seen sooner, and by what?')}`,
    `## Contributing factors\n\n${human('contributing-factors', 'Several, not one root cause. Ask what and how; use roles, not names.')}`,
    `## Response\n\n${generated('response', response(facts))}`,
    `## Cost of containment\n\n${generated('cost', cost(input.entries, facts, input.findings))}`,
    `## Timeline (UTC)\n\n${generated('timeline', timelineRows(input.entries, facts))}`,
    `## Evidence\n\n${generated('evidence', evidence(input.evidence))}`,
    `## What went well, what went badly\n\n${human('well-and-badly', 'Also where we were lucky, and what surprised us.')}`,
    `## Action items\n\n${human('action-items', 'One row each; every action has an owner, a due date and a way to see that it is done.', actionItems())}`,
    `## Metrics\n\n${generated('metrics', metrics(facts, input.earlier))}`,
    `## Messages and notifications\n\n${generated('messages', messages(input.entries, facts))}`,
    `## Open questions\n\n${generated('open-questions', openQuestions(input, facts))}\n\n${human('open-questions', 'What we still do not know, and who finds out.')}`,
    `## What no log can show\n\n${generated('limits', limits(input.evidence, input.findings))}`,
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
