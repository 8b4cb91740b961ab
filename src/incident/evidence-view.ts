import { z } from 'zod';
import { snapshotEvidence } from '../action/evidence-snapshot.ts';
import { sweepEvidence } from '../action/evidence-sweep.ts';
import type { AttemptId } from '../id.ts';
import type { Json } from '../json.ts';
import type { Entry } from '../timeline/entry.ts';
import type { AttemptRow, IncidentState } from './state.ts';
import { FOLLOW_UP } from './state.ts';

/** How far the evidence of an incident is. */
export interface EvidenceView {
  /** Items under the last seal, and gaps of all rounds that have ended. */
  readonly items: number;
  readonly missing: number;
  readonly sealedAt: string | null;
  /** Events that the last sweeps found in quarantine sinks; null before the first, and where there is no sink. */
  readonly held: number | null;
  /** By target, in the order in which they are due: the first collection, then the sweeps. */
  readonly rounds: readonly EvidenceRound[];
}

export interface EvidenceRound {
  readonly functionArn: string;
  readonly functionName: string;
  /** `first`, `20m` or `24h`. */
  readonly round: string;
  readonly state: 'due' | 'running' | 'sealed' | 'failed';
  /** When it is due, was begun, or ended. */
  readonly at: string;
  /** Why it failed: a code. */
  readonly code: string | null;
}

/** Pure: the evidence of an incident, from its rows and its timeline. */
export function evidenceOf(state: IncidentState, entries: readonly Entry[]): EvidenceView {
  const rounds = [...firstRounds(state), ...sweeps(state), ...dueSweeps(state)];
  const sealed = entries.findLast(({ body }) => body?.kind === 'evidence.sealed');
  return {
    items: countIn(sealed?.body?.data, 'items'),
    missing: [...state.attempts.values()]
      .filter(({ action }) => action === snapshotEvidence.id || action === sweepEvidence.id)
      .reduce((sum, { output }) => sum + countIn(output, 'missing'), 0),
    sealedAt: sealed?.at ?? null,
    held: heldEvents(state),
    // Of a round that was begun again only the last counts.
    rounds: [...new Map(rounds.map((round) => [`${round.functionArn} ${round.round}`, round])).values()],
  };
}

/** Says how far it is, one phrase a round over all targets; `when` shows an instant. */
export function evidenceInWords(view: EvidenceView, when: (iso: string) => string): readonly string[] {
  if (view.rounds.length === 0) return [];
  const sealed = view.sealedAt === null ? 'nothing sealed yet' : `last sealed ${when(view.sealedAt)}`;
  const names = [...new Set(view.rounds.map(({ round }) => round))];
  return [
    `${view.items} items, ${view.missing} gaps, ${sealed}`,
    ...(view.held === null ? [] : [`${view.held} events held in the sink, written by the attacker`]),
    ...names.map((name) =>
      roundInWords(
        name,
        view.rounds.filter(({ round }) => round === name),
        when,
      ),
    ),
  ];
}

/** The state that most needs to be seen speaks for all targets. */
const LOUDEST: readonly EvidenceRound['state'][] = ['failed', 'running', 'due', 'sealed'];

function roundInWords(name: string, rounds: readonly EvidenceRound[], when: (iso: string) => string): string {
  const state = LOUDEST.find((each) => rounds.some((round) => round.state === each)) ?? 'due';
  const those = rounds.filter((round) => round.state === state);
  const at = those.map((round) => round.at).sort();
  const what = name === 'first' ? 'first collection' : `sweep after ${name}`;
  const how = {
    due: `due ${when(at[0] ?? '')}`,
    running: `running since ${when(at[0] ?? '')}`,
    sealed: `sealed ${when(at.at(-1) ?? '')}`,
    failed: `failed ${when(at.at(-1) ?? '')} (${those[0]?.code ?? 'unknown'})`,
  }[state];
  return `${what} ${how}${those.length === rounds.length ? '' : ` for ${those.length} of ${rounds.length} targets`}`;
}

function heldEvents(state: IncidentState): number | null {
  const byTarget = new Map<string, number>();
  for (const { action, target, output } of inTime(state)) {
    const read = action === sweepEvidence.id ? swept.safeParse(output) : undefined;
    if (read?.success === true && target !== null) byTarget.set(target.functionArn, read.data.sink.events);
  }
  return byTarget.size === 0 ? null : [...byTarget.values()].reduce((sum, events) => sum + events, 0);
}

const swept = z.looseObject({ sink: z.looseObject({ events: z.number() }) });

/** Attempts in the order in which they were called for: rows come back from the record in that of their ids. */
function inTime(state: IncidentState): readonly AttemptRow[] {
  const at = (attempt: AttemptRow) => state.invocations.get(attempt.invocation)?.openedAt ?? '';
  return [...state.attempts.values()].sort((one, other) => at(one).localeCompare(at(other)));
}

function firstRounds(state: IncidentState): readonly EvidenceRound[] {
  return inTime(state)
    .filter(({ action }) => action === snapshotEvidence.id)
    .flatMap((attempt) => roundOf(attempt, 'first'));
}

function sweeps(state: IncidentState): readonly EvidenceRound[] {
  return inTime(state)
    .filter(({ action }) => action === sweepEvidence.id)
    .flatMap((attempt) => roundOf(attempt, String(attempt.input.round)));
}

/** Armed ones; a round that failed and is begun again is due once more. */
function dueSweeps(state: IncidentState): readonly EvidenceRound[] {
  return [...state.timers.values()]
    .filter(({ kind, status }) => kind === FOLLOW_UP && status === 'armed')
    .flatMap(({ event, name, dueAt }) => {
      const target = state.attempts.get(event as AttemptId)?.target; // looked up, not trusted
      if (target == null) return [];
      const { functionArn, functionName } = target;
      return [{ functionArn, functionName, round: name, state: 'due' as const, at: dueAt, code: null }];
    })
    .sort((one, other) => one.at.localeCompare(other.at));
}

function roundOf(attempt: AttemptRow, round: string): readonly EvidenceRound[] {
  if (attempt.target === null) return [];
  const { functionArn, functionName } = attempt.target;
  const base = { functionArn, functionName, round };
  if (attempt.finishedAt === null) {
    const at = attempt.startedAt ?? attempt.createdAt;
    return [{ ...base, state: 'running', at, code: attempt.error?.code ?? null }];
  }
  return attempt.state === 'succeeded'
    ? [{ ...base, state: 'sealed', at: attempt.finishedAt, code: null }]
    : [{ ...base, state: 'failed', at: attempt.finishedAt, code: attempt.error?.code ?? attempt.state }];
}

function countIn(data: Json | undefined, name: 'items' | 'missing'): number {
  const read = counts.safeParse(data);
  return read.success ? (read.data[name] ?? 0) : 0;
}

const counts = z.looseObject({ items: z.number().optional(), missing: z.number().optional() });
