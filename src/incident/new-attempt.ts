import type { Draft } from './draft.ts';
import type { AttemptRow, InvocationRow } from './state.ts';

/** A planned attempt of `invocation`, before anything is read. */
export function newAttempt(
  draft: Draft,
  invocation: InvocationRow,
  options: Pick<AttemptRow, 'effect' | 'lane' | 'object' | 'target' | 'ordinal'> & Partial<AttemptRow>,
): AttemptRow {
  return {
    id: draft.env.ids.next('att'),
    chart: invocation.chart,
    invocation: invocation.id,
    action: invocation.src,
    input: invocation.input,
    state: 'planned',
    owner: null,
    tries: 0,
    notBefore: null,
    prior: null,
    priorUnknown: false,
    desired: null,
    changes: [],
    planDigest: null,
    ask: null,
    approvals: [],
    silenceAllows: null,
    requestedBy: options.effect === 'contain' ? askerOf(draft, invocation) : null,
    error: null,
    output: null,
    reverses: null,
    hold: null,
    createdAt: draft.at,
    startedAt: null,
    finishedAt: null,
    ...options,
  };
}

/** Who wanted a containment, and so approves nothing of it: who asks now, or for the loop that it is in, or declared all. */
function askerOf(draft: Draft, invocation: InvocationRow): string | null {
  if (draft.askedBy !== null) return draft.askedBy;
  const parent = draft.charts.get(invocation.chart)?.parent ?? null;
  const asked = parent === null ? undefined : draft.invocations.get(parent)?.input.askedBy;
  return typeof asked === 'string' ? asked : (draft.record.declaredBy ?? null);
}
