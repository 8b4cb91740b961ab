import type { Json, JsonObject } from '../json.ts';
import type { Entry } from './entry.ts';

/**
 * How fast an incident was handled, from its timeline alone: one definition for drills and real
 * incidents. docs/timeline.md says the same in words; a figure that the timeline does not support is
 * null, never a guess.
 */
export interface TimelineMetrics {
  /** When the clock starts: the last byte of the first alert, else the incident's first entry. */
  readonly startedAt: string | null;
  readonly acknowledgedAt: string | null;
  readonly acceptedAt: string | null;
  readonly effectiveAt: string | null;
  readonly closedAt: string | null;
  /** Milliseconds from `startedAt` to the first act of a responder. */
  readonly timeToAcknowledgeMs: number | null;
  /** … until AWS had accepted every containment write on every target. */
  readonly timeToAcceptedMs: number | null;
  /** … until containment was shown effective on every target, and was not breached afterwards. */
  readonly timeToEffectiveMs: number | null;
  readonly timeToCloseMs: number | null;
  /** How often containment was shown to be breached. */
  readonly breaches: number;
}

interface TargetTimes {
  accepted: string | null;
  effective: string | null;
}

/** Returns the metrics of one incident's entries, in the order of the chain. */
export function timelineMetrics(entries: readonly Entry[]): TimelineMetrics {
  const targets = new Map<string, TargetTimes>();
  let startedAt: string | null = null;
  let acknowledgedAt: string | null = null;
  let closedAt: string | null = null;
  let breaches = 0;
  for (const { at, body } of entries) {
    if (body === null) continue;
    const data = members(body.data);
    // Whoever reads evidence afterwards has taken nothing up.
    if (body.actor.kind === 'responder' && body.kind !== 'evidence.accessed') acknowledgedAt ??= at;
    switch (body.kind) {
      case 'alert.accepted':
        startedAt ??= received(data, at);
        break;
      case 'incident.opened':
        for (const target of targetsOf(data)) timesOf(targets, target);
        break;
      case 'target.added':
        if (typeof data.target === 'string') timesOf(targets, data.target);
        break;
      case 'containment.level':
        if (data.level === 'breached') breaches += 1;
        if (typeof data.target === 'string') raise(timesOf(targets, data.target), data.level, at);
        break;
      case 'incident.closed':
        closedAt = at;
        break;
      default:
        break; // the other kinds carry no milestone
    }
  }
  startedAt ??= entries[0]?.at ?? null;
  const acceptedAt = latest([...targets.values()].map((times) => times.accepted));
  const effectiveAt = latest([...targets.values()].map((times) => times.effective));
  const since = (instant: string | null) =>
    startedAt === null || instant === null ? null : Date.parse(instant) - Date.parse(startedAt);
  return {
    startedAt,
    acknowledgedAt,
    acceptedAt,
    effectiveAt,
    closedAt,
    timeToAcknowledgeMs: since(acknowledgedAt),
    timeToAcceptedMs: since(acceptedAt),
    timeToEffectiveMs: since(effectiveAt),
    timeToCloseMs: since(closedAt),
    breaches,
  };
}

/** `data.receivedAt` is when the last byte arrived; the entry itself is written at the commit. */
function received(data: JsonObject, at: string): string {
  const { receivedAt } = data;
  if (typeof receivedAt !== 'string') return at;
  const instant = Date.parse(receivedAt);
  return Number.isNaN(instant) || instant > Date.parse(at) ? at : new Date(instant).toISOString();
}

function raise(times: TargetTimes, level: Json | undefined, at: string): void {
  switch (level) {
    case 'accepted':
    case 'read_back':
      times.accepted ??= at;
      break;
    case 'effective':
    case 'observed':
      times.accepted ??= at;
      times.effective ??= at;
      break;
    case 'breached':
      times.effective = null;
      break;
    default:
      break; // `none`: released; what had been reached stays reached
  }
}

function timesOf(targets: Map<string, TargetTimes>, target: string): TargetTimes {
  const known = targets.get(target) ?? { accepted: null, effective: null };
  targets.set(target, known);
  return known;
}

/** The targets named by `incident.opened`: function ARNs, or objects that have one. */
function targetsOf(data: JsonObject): readonly string[] {
  if (!Array.isArray(data.targets)) return [];
  const list: readonly Json[] = data.targets;
  return list.flatMap((target) => {
    const arn = typeof target === 'string' ? target : members(target).functionArn;
    return typeof arn === 'string' ? [arn] : [];
  });
}

/** The latest of instants that must all be there; ISO 8601 in UTC sorts as text. */
function latest(instants: readonly (string | null)[]): string | null {
  if (instants.length === 0) return null;
  let last = '';
  for (const instant of instants) {
    if (instant === null) return null;
    if (instant > last) last = instant;
  }
  return last;
}

function members(data: Json): JsonObject {
  if (data === null || typeof data !== 'object' || Array.isArray(data)) return {};
  return data as JsonObject; // not null, not a scalar, not a list: an object is all that Json leaves
}
