import type { Action } from '../action/action.ts';
import type { Rung } from '../action/rung.ts';
import { rungOf } from '../action/rung.ts';
import type { Json } from '../json.ts';
import { FORMS } from '../playbook/forms.ts';
import type { Entry } from '../timeline/entry.ts';

/**
 * What mode observe held back, read from the timeline: what the engine would have done in mode act, beside what
 * people decided. It is how a team finds out whether to let the engine act.
 */
export interface ObservedIncident {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly openedAt: string;
  readonly wouldHave: readonly ObservedAttempt[];
  /** The last answer to triage that decided something; `null` while nobody has. */
  readonly verdict: { readonly verdict: string; readonly by: string } | null;
  readonly judgement: Judgement;
}

export interface ObservedAttempt {
  readonly action: string;
  readonly rung: Rung;
  readonly object: string;
  readonly calls: readonly { readonly call: string; readonly summary: string; readonly undo: string }[];
  /** In mode act: by itself, after `quorum` approvals, or not at all. */
  readonly decision: 'run' | 'ask' | 'refuse';
  readonly quorum: number | null;
  readonly policies: readonly string[];
}

/**
 * `right`: it would have contained an attack, or left alone what was none. `wrong`: the other way round.
 * `asked`: people would have decided. `undecided`: nobody has said what it was.
 */
export type Judgement = 'right' | 'wrong' | 'asked' | 'undecided';

export interface ObserveReport {
  readonly since: string;
  readonly incidents: readonly ObservedIncident[];
  readonly summary: Readonly<Record<Judgement, number>> & { readonly incidents: number };
}

/** What one incident's timeline says of what was held back; `undefined` when mode observe held nothing back. */
export function observedOf(
  incident: Pick<ObservedIncident, 'id' | 'number' | 'title' | 'openedAt'>,
  entries: readonly Entry[],
  catalogue: ReadonlyMap<string, Action>,
): ObservedIncident | undefined {
  const plans = new Map<string, ObservedAttempt['calls']>();
  const wouldHave: ObservedAttempt[] = [];
  let verdict: ObservedIncident['verdict'] = null;
  for (const { body } of entries) {
    const data = membersOf(body?.data);
    if (body?.kind === 'attempt.planned') plans.set(String(data.attempt), callsOf(data.changes));
    if (body?.kind === 'attempt.refused' && data.ifActing !== undefined) {
      const then = membersOf(data.ifActing);
      const action = String(data.action);
      const known = catalogue.get(action);
      wouldHave.push({
        action,
        rung: rungOf(known?.effect === 'contain' ? known : undefined),
        object: String(data.object),
        calls: plans.get(String(data.attempt)) ?? [],
        decision: then.decision === 'run' || then.decision === 'ask' ? then.decision : 'refuse',
        quorum: typeof then.quorum === 'number' ? then.quorum : null,
        policies: listOf(then.policies).map(String),
      });
    }
    if (body?.kind === 'question.answered' && data.form === FORMS.triage.id) {
      const given = String(membersOf(data.answer).verdict);
      if (given !== 'needs_more_time') verdict = { verdict: given, by: String(body.actor.id) };
    }
  }
  if (wouldHave.length === 0) return undefined;
  return { ...incident, wouldHave, verdict, judgement: judge(wouldHave, verdict?.verdict) };
}

/** Counts the judgements of a report's incidents. */
export function summariseObserved(incidents: readonly ObservedIncident[]): ObserveReport['summary'] {
  const count = (judgement: Judgement) => incidents.filter((each) => each.judgement === judgement).length;
  return {
    incidents: incidents.length,
    right: count('right'),
    wrong: count('wrong'),
    asked: count('asked'),
    undecided: count('undecided'),
  };
}

/** A plan without a call would have changed nothing, whatever the guardrails say. */
function judge(attempts: readonly ObservedAttempt[], verdict: string | undefined): Judgement {
  if (verdict === undefined) return 'undecided';
  const biting = attempts.filter((attempt) => attempt.calls.length > 0);
  const attack = verdict === 'true_positive';
  if (biting.some((attempt) => attempt.decision === 'run')) return attack ? 'right' : 'wrong';
  if (biting.some((attempt) => attempt.decision === 'ask')) return 'asked';
  return attack ? 'wrong' : 'right';
}

function callsOf(changes: Json | undefined): ObservedAttempt['calls'] {
  return listOf(changes).map((change) => {
    const { call, summary, undo } = membersOf(change);
    return { call: String(call), summary: String(summary), undo: String(undo) };
  });
}

function membersOf(value: Json | undefined): Readonly<Record<string, Json | undefined>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return value as Readonly<Record<string, Json | undefined>>; // `isArray` does not narrow a readonly list away
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
