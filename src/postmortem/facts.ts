import type { JsonObject } from '../json.ts';
import type { Entry } from '../timeline/entry.ts';
import { type TimelineMetrics, timelineMetrics } from '../timeline/metrics.ts';
import { members, text, texts } from './read-json.ts';

/** What the timeline says, gathered for the sections of a postmortem. Every fact names its entry. */
export interface Facts {
  readonly metrics: TimelineMetrics;
  readonly detections: readonly Detection[];
  readonly responses: readonly Response[];
  readonly levels: readonly LevelFact[];
  readonly answers: readonly Answer[];
  readonly conflicts: readonly Entry[];
  /** What got through after the cut-off, and what somebody changed of what is held. */
  readonly breaches: readonly Entry[];
  readonly drifts: readonly Entry[];
  readonly refusals: readonly Entry[];
  readonly duties: readonly DutyFact[];
  /** Who reviewed the postmortem, and the entry that says so; `null` while nobody has. */
  readonly review: { readonly by: string; readonly at: string; readonly seq: number } | null;
}

/** What somebody owed by an instant, as the timeline has it at its end. */
export interface DutyFact {
  readonly id: string;
  readonly kind: string;
  readonly text: string;
  readonly why: string | null;
  readonly owner: string | null;
  readonly startedAt: string;
  readonly dueAt: string;
  readonly settled: {
    readonly as: string;
    readonly by: string;
    readonly at: string;
    readonly reason: string;
  } | null;
  readonly reminded: number;
  /** The entries that say so. */
  readonly entries: readonly number[];
}

export interface Detection {
  readonly seq: number;
  readonly at: string;
  readonly source: string;
  readonly findingType: string;
  /** As the finding claims; null when it does not. */
  readonly firstSeenAt: string | null;
}

/** One containing or restoring attempt, from plan to outcome. */
export interface Response {
  readonly attempt: string;
  readonly action: string;
  readonly object: string;
  /** The function that it is about; `null` where the timeline does not say (any more). */
  readonly target: string | null;
  readonly digest: string | null;
  readonly restores: boolean;
  /** The first step of a release: a canary, with which not everything is back. */
  readonly trial: boolean;
  /** `allowed`, `asked`, … with who or which policies. */
  readonly decisions: readonly string[];
  /** When people were first asked, by which policies, and when the last of them agreed; `null` where that did not happen. */
  readonly askedAt: string | null;
  readonly askedBy: readonly string[];
  readonly approvedAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly outcome: string;
  /** The entries that say so. */
  readonly entries: readonly number[];
}

export interface LevelFact {
  readonly seq: number;
  readonly at: string;
  readonly target: string;
  readonly level: string;
  readonly why: string;
}

export interface Answer {
  readonly seq: number;
  readonly at: string;
  readonly by: string;
  readonly form: string;
  readonly verdict: string | null;
  /** What the person wrote beside it. */
  readonly note: string | null;
}

/** Gathers the facts from entries in the order of the chain; a purged body is a fact that is gone. */
export function gatherFacts(entries: readonly Entry[]): Facts {
  const readable = entries.flatMap((entry) => (entry.body === null ? [] : [{ ...entry, body: entry.body }]));
  const ofKind = (...kinds: readonly string[]) => readable.filter((entry) => kinds.includes(entry.body.kind));
  return {
    metrics: timelineMetrics(entries),
    detections: ofKind('alert.accepted', 'alert.joined').map(({ seq, at, body }) => {
      const data = members(body.data);
      return {
        seq,
        at,
        source: text(body.actor.id) ?? 'unknown',
        findingType: text(data.findingType) ?? 'unknown',
        firstSeenAt: text(data.firstSeenAt),
      };
    }),
    responses: gatherResponses(readable),
    levels: ofKind('containment.level').map(({ seq, at, body }) => {
      const { target, level, why } = members(body.data);
      return { seq, at, target: text(target) ?? '', level: text(level) ?? '', why: text(why) ?? '' };
    }),
    answers: ofKind('question.answered').map(({ seq, at, body }) => {
      const data = members(body.data);
      return {
        seq,
        at,
        by: text(body.actor.id) ?? 'unknown',
        form: text(data.form) ?? '',
        verdict: text(members(data.answer ?? null).verdict),
        note: text(members(data.answer ?? null).note) ?? text(members(data.answer ?? null).reason),
      };
    }),
    conflicts: ofKind('release.conflict'),
    breaches: ofKind('containment.breached'),
    drifts: ofKind('containment.drift'),
    refusals: ofKind('attempt.refused', 'command.refused', 'alert.refused'),
    duties: gatherDuties(readable),
    review: reviewOf(ofKind('postmortem.reviewed').at(-1)),
  };
}

function reviewOf(entry: ReadableEntry | undefined): Facts['review'] {
  if (entry === undefined) return null;
  return { by: text(entry.body.actor.id) ?? 'unknown', at: entry.at, seq: entry.seq };
}

function gatherDuties(entries: readonly ReadableEntry[]): readonly DutyFact[] {
  const duties = new Map<string, DutyFact>();
  for (const { seq, body } of entries) {
    const data = members(body.data);
    const id = text(data.duty);
    if (!body.kind.startsWith('duty.') || id === null) continue;
    const known = duties.get(id);
    if (body.kind === 'duty.added') {
      duties.set(id, {
        id,
        kind: text(data.kind) ?? '',
        text: text(data.text) ?? '',
        why: text(data.why),
        owner: text(data.owner),
        startedAt: text(data.startedAt) ?? '',
        dueAt: text(data.dueAt) ?? '',
        settled: null,
        reminded: 0,
        entries: [...(known?.entries ?? []), seq],
      });
      continue;
    }
    // Retention may have purged what added it: what is left of it says too little to be a fact.
    if (known === undefined) continue;
    duties.set(id, { ...known, ...dutyChange(body.kind, data, known), entries: [...known.entries, seq] });
  }
  return [...duties.values()];
}

function dutyChange(kind: string, data: JsonObject, known: DutyFact): Partial<DutyFact> {
  switch (kind) {
    case 'duty.assigned':
      return { owner: text(data.owner), dueAt: text(data.dueAt) ?? known.dueAt };
    case 'duty.reminded':
      return { reminded: known.reminded + 1 };
    case 'duty.settled':
      return {
        settled: {
          as: text(data.as) ?? '',
          by: text(data.by) ?? '',
          at: text(data.at) ?? '',
          reason: text(data.reason) ?? '',
        },
      };
    default:
      return {};
  }
}

type ReadableEntry = Entry & { readonly body: NonNullable<Entry['body']> };

interface ResponseDraft {
  action: string;
  object: string;
  target: string | null;
  digest: string | null;
  restores: boolean;
  trial: boolean;
  decisions: string[];
  askedAt: string | null;
  askedBy: readonly string[];
  approvedAt: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  outcome: string;
  entries: number[];
}

const OUTCOMES: Readonly<Record<string, string>> = {
  'attempt.succeeded': 'succeeded',
  'attempt.failed': 'failed',
  'attempt.refused': 'refused',
  'attempt.cancelled': 'cancelled',
  'attempt.unknown': 'unknown',
  'approval.denied': 'denied',
  'approval.expired': 'expired',
};

/** Entries that only an attempt that writes has; any of them will do, since retention may purge the others. */
const WRITE_MARKS: ReadonlySet<string> = new Set(['attempt.planned', 'attempt.decided', 'approval.asked']);

/** Only attempts that write: those that were planned or decided on, or that reverse another (release). */
function gatherResponses(entries: readonly ReadableEntry[]): readonly Response[] {
  const drafts = new Map<string, ResponseDraft>();
  const writes = new Set<string>();
  for (const entry of entries) {
    const { kind } = entry.body;
    if (!kind.startsWith('attempt.') && !kind.startsWith('approval.')) continue;
    const data = members(entry.body.data);
    const attempt = text(data.attempt);
    if (attempt === null) continue;
    const draft = drafts.get(attempt) ?? emptyResponse();
    drafts.set(attempt, draft);
    draft.entries.push(entry.seq);
    draft.action = text(data.action) ?? draft.action;
    draft.object = text(data.object) ?? draft.object;
    draft.target = text(data.target) ?? draft.target;
    draft.digest = text(data.digest) ?? draft.digest;
    if (data.trial === true) draft.trial = true;
    if (WRITE_MARKS.has(kind)) writes.add(attempt);
    if (text(data.reverses) !== null) {
      writes.add(attempt);
      draft.restores = true;
    }
    const decision = decisionOf(entry, data);
    if (decision !== null) draft.decisions.push(decision);
    if (kind === 'approval.asked') {
      draft.askedAt ??= entry.at;
      draft.askedBy = texts(data.policies);
    }
    if (kind === 'approval.given') draft.approvedAt = entry.at;
    if (kind === 'attempt.started') draft.startedAt ??= entry.at;
    const outcome = OUTCOMES[kind];
    if (outcome !== undefined) {
      draft.outcome = outcome;
      draft.finishedAt = entry.at;
    }
  }
  return [...drafts]
    .filter(([attempt]) => writes.has(attempt))
    .map(([attempt, draft]) => ({ attempt, ...draft }));
}

function emptyResponse(): ResponseDraft {
  return {
    action: '',
    object: '',
    target: null,
    digest: null,
    restores: false,
    trial: false,
    decisions: [],
    askedAt: null,
    askedBy: [],
    approvedAt: null,
    startedAt: null,
    finishedAt: null,
    outcome: 'not finished',
    entries: [],
  };
}

function decisionOf(entry: ReadableEntry, data: JsonObject): string | null {
  const policies = texts(data.policies).join(', ');
  switch (entry.body.kind) {
    case 'attempt.decided':
      return `allowed by ${policies || 'policy'}`;
    case 'attempt.refused':
      return `refused by ${policies || 'policy'}`;
    case 'approval.asked':
      return `approval asked for by ${policies || 'policy'}`;
    case 'approval.given':
      return `approved by ${text(entry.body.actor.id) ?? 'unknown'}`;
    case 'approval.denied':
      return `denied by ${text(entry.body.actor.id) ?? 'unknown'}`;
    case 'approval.expired':
      return `no answer in time, then: ${text(data.onExpiry) ?? 'refuse'}`;
    default:
      return null;
  }
}
