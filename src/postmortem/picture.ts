import type { Facts } from './facts.ts';

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
    if (fact.level === 'breached') return [{ label: 'gets through', ms: since(fact.at), tone: 'attack' }];
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
    ...facts.conflicts.map(
      (entry): Mark => ({ label: 'changes what is held', ms: since(entry.at), tone: 'attack' }),
    ),
  ];
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
