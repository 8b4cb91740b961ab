import type { TimelineMetrics } from '../timeline/metrics.ts';
import type { Facts } from './facts.ts';
import { duration } from './markdown.ts';

/**
 * The incident as a picture: what the attacker did above, what was done about it below, on one axis of time.
 * The axis is logarithmic from the alert on, since the first seconds matter as much as the hours after them.
 * Deterministic; only ours and the clock's words go in, so there is nothing to escape but by construction.
 */

interface Mark {
  readonly label: string;
  /** Milliseconds from the alert; negative before it. */
  readonly ms: number;
  readonly tone: 'attack' | 'good' | 'plain' | 'person';
}

const WIDTH = 960;
const LEFT = 120;
const RIGHT = 24;
/** Room left of the alert for what was before it. */
const BEFORE = 90;
const LANE_HEIGHT = 112;
const ROW = 19;
const AXIS = 2 * LANE_HEIGHT + 34;

const TICKS: readonly (readonly [ms: number, label: string])[] = [
  [0, 'alert'],
  [1_000, '1 s'],
  [10_000, '10 s'],
  [60_000, '1 min'],
  [600_000, '10 min'],
  [3_600_000, '1 h'],
  [86_400_000, '1 d'],
  [604_800_000, '7 d'],
];

/** Returns the picture as SVG, or nothing when the timeline does not say when the incident began. */
export function drawLanes(facts: Facts): string {
  const start = facts.metrics.startedAt;
  if (start === null) return '';
  const since = (at: string) => Date.parse(at) - Date.parse(start);
  const attack = attackMarks(facts, since);
  const response = responseMarks(facts, since);
  const end = Math.max(60_000, ...[...attack, ...response].map((mark) => mark.ms));
  const x = (ms: number) => {
    if (ms < 0) return LEFT + 12;
    const share = Math.log10(1 + ms / 100) / Math.log10(1 + end / 100);
    return LEFT + BEFORE + share * (WIDTH - LEFT - BEFORE - RIGHT);
  };
  const ticks = TICKS.filter(([ms]) => ms <= end).map(([ms, label]) => {
    const at = x(ms).toFixed(1);
    return `<line class="tick" x1="${at}" y1="18" x2="${at}" y2="${AXIS}"/><text class="axis" x="${at}" y="${AXIS + 16}">${label}</text>`;
  });
  return [
    `<svg class="lanes" viewBox="0 0 ${WIDTH} ${AXIS + 26}" role="img" aria-label="What the attacker did and what was done about it, over time">`,
    ...bands(facts, since, x, end),
    ...ticks,
    `<text class="lane" x="8" y="40">Attacker</text><text class="lane" x="8" y="${40 + LANE_HEIGHT}">Response</text>`,
    `<line class="rail attack" x1="${LEFT}" y1="30" x2="${WIDTH - RIGHT}" y2="30"/>`,
    `<line class="rail" x1="${LEFT}" y1="${30 + LANE_HEIGHT}" x2="${WIDTH - RIGHT}" y2="${30 + LANE_HEIGHT}"/>`,
    ...lane(attack, 30, x),
    ...lane(response, 30 + LANE_HEIGHT, x),
    '</svg>',
  ].join('\n');
}

function attackMarks(facts: Facts, since: (at: string) => number): readonly Mark[] {
  const first = facts.detections.find((found) => found.firstSeenAt !== null);
  const levels = facts.levels.flatMap((fact): Mark[] => {
    if (fact.level === 'observed') return [{ label: 'is denied', ms: since(fact.at), tone: 'good' }];
    return [];
  });
  return [
    ...(first?.firstSeenAt === null || first === undefined
      ? []
      : [
          {
            label: 'first seen (claimed)',
            ms: Math.min(-1, since(first.firstSeenAt)),
            tone: 'attack' as const,
          },
        ]),
    ...levels,
    ...facts.breaches.map((entry): Mark => ({ label: 'gets through', ms: since(entry.at), tone: 'attack' })),
    ...[...facts.conflicts, ...facts.drifts].map(
      (entry): Mark => ({ label: 'changes what is held', ms: since(entry.at), tone: 'attack' }),
    ),
  ].sort((a, b) => a.ms - b.ms);
}

function responseMarks(facts: Facts, since: (at: string) => number): readonly Mark[] {
  const { metrics } = facts;
  const at = (instant: string | null, label: string, tone: Mark['tone']): Mark[] =>
    instant === null ? [] : [{ label, ms: since(instant), tone }];
  const released = facts.responses.findLast((each) => each.restores && each.outcome === 'succeeded');
  const verdict = facts.answers.find((answer) => answer.verdict !== null);
  return [
    ...at(metrics.acceptedAt, 'writes accepted', 'plain'),
    ...at(metrics.effectiveAt, 'contained', 'good'),
    ...at(metrics.acknowledgedAt, 'acknowledged', 'person'),
    ...at(verdict?.at ?? null, 'verdict', 'person'),
    ...at(released?.finishedAt ?? null, 'released', 'plain'),
    ...at(metrics.closedAt, 'closed', 'plain'),
  ].sort((a, b) => a.ms - b.ms);
}

/** How long the attacker could act, and how long it was contained: the two lengths that the whole is about. */
function bands(
  facts: Facts,
  since: (at: string) => number,
  x: (ms: number) => number,
  end: number,
): readonly string[] {
  const { effectiveAt } = facts.metrics;
  const contained = effectiveAt === null ? end : since(effectiveAt);
  const released = facts.levels.findLast((fact) => fact.level === 'none');
  const band = (tone: string, y: number, from: number, to: number, label: string) =>
    `<rect class="band ${tone}" x="${from.toFixed(1)}" y="${y - 12}" width="${Math.max(2, to - from).toFixed(1)}" height="24" rx="4"><title>${label}</title></rect>`;
  const exposed = band('attack', 30, LEFT, x(contained), 'could act');
  if (effectiveAt === null) return [exposed];
  const until = released === undefined ? x(end) : x(since(released.at));
  return [exposed, band('good', 30 + LANE_HEIGHT, x(contained), until, 'contained')];
}

/** Labels that would touch are put on the next row below. */
function lane(marks: readonly Mark[], y: number, x: (ms: number) => number): readonly string[] {
  const free: number[] = [];
  return marks.map(({ label, ms, tone }) => {
    const at = x(ms);
    const width = label.length * 6.6 + 14;
    const from = Math.min(at, WIDTH - RIGHT - width);
    const found = free.findIndex((end) => end <= from);
    const row = found === -1 ? free.length : found;
    free[row] = from + width;
    const text = y + 22 + row * ROW;
    return `<line class="stem" x1="${at.toFixed(1)}" y1="${y}" x2="${at.toFixed(1)}" y2="${text - 4}"/><circle class="${tone}" cx="${at.toFixed(1)}" cy="${y}" r="6"/><text class="mark" x="${(from + 4).toFixed(1)}" y="${text}">${label}</text>`;
  });
}

const BAR_ROW = 54;
const BAR_LEFT = 190;
const BAR_RIGHT = 130;

/** One milestone of this incident beside the same of earlier ones. */
interface Milestone {
  readonly label: string;
  readonly ms: number | null;
  readonly earlier: readonly number[];
}

/**
 * How long each milestone took, beside earlier incidents: a bar for this one, a dot for each earlier one, a line at
 * their median. Logarithmic, so that a second and a day fit on one page. Nothing when no milestone was reached.
 */
export function drawMilestones(metrics: TimelineMetrics, earlier: readonly TimelineMetrics[]): string {
  const of = (label: string, pick: (each: TimelineMetrics) => number | null): Milestone => ({
    label,
    ms: pick(metrics),
    earlier: earlier.flatMap((each) => pick(each) ?? []),
  });
  const milestones = [
    of('Acknowledged', (each) => each.timeToAcknowledgeMs),
    of('Writes accepted', (each) => each.timeToAcceptedMs),
    of('Contained', (each) => each.timeToEffectiveMs),
    of('Response over', (each) => each.timeToCloseMs),
  ];
  const all = milestones.flatMap(({ ms, earlier: others }) => [...(ms === null ? [] : [ms]), ...others]);
  if (all.length === 0) return '';
  const most = Math.max(10_000, ...all);
  const x = (ms: number) =>
    BAR_LEFT + (Math.log10(1 + ms / 100) / Math.log10(1 + most / 100)) * (WIDTH - BAR_LEFT - BAR_RIGHT);
  const height = milestones.length * BAR_ROW + 34;
  const ticks = TICKS.filter(([ms]) => ms > 0 && ms <= most).map(([ms, label]) => {
    const at = x(ms).toFixed(1);
    return `<line class="tick" x1="${at}" y1="8" x2="${at}" y2="${height - 26}"/><text class="axis" x="${at}" y="${height - 10}">${label}</text>`;
  });
  return [
    `<svg class="milestones" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Time to each milestone, beside earlier incidents">`,
    ...ticks,
    ...milestones.flatMap((milestone, index) => milestoneRow(milestone, 14 + index * BAR_ROW, x)),
    '</svg>',
  ].join('\n');
}

function milestoneRow(milestone: Milestone, y: number, x: (ms: number) => number): readonly string[] {
  const { label, ms, earlier } = milestone;
  const sorted = [...earlier].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  const tone = ms === null || median === undefined || ms <= median ? 'good' : 'slow';
  const verdict =
    ms === null
      ? ''
      : median === undefined
        ? 'the first of its kind'
        : `${ms <= median ? 'faster' : 'slower'} than the median, ${duration(median)} (n = ${sorted.length})`;
  return [
    `<text class="lane" x="8" y="${y + 17}">${label}</text>`,
    ...(ms === null
      ? [`<text class="mark" x="${BAR_LEFT}" y="${y + 17}">not reached</text>`]
      : [
          `<rect class="bar ${tone}" x="${BAR_LEFT}" y="${y}" width="${Math.max(2, x(ms) - BAR_LEFT).toFixed(1)}" height="24" rx="3"/>`,
          `<text class="value" x="${WIDTH - BAR_RIGHT + 18}" y="${y + 17}">${duration(ms)}</text>`,
        ]),
    ...sorted.map((each) => `<circle class="earlier" cx="${x(each).toFixed(1)}" cy="${y + 12}" r="4"/>`),
    ...(median === undefined
      ? []
      : [
          `<line class="median" x1="${x(median).toFixed(1)}" y1="${y - 4}" x2="${x(median).toFixed(1)}" y2="${y + 28}"/>`,
        ]),
    `<text class="note" x="${BAR_LEFT}" y="${y + 39}">${verdict}</text>`,
  ];
}
