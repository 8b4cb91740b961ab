import { CodedError } from '../error.ts';
import { feedChart, openChart, withdrawChildren } from './chart.ts';
import type { Agenda, Draft } from './draft.ts';
import { settleForEach, settleInvocation } from './invocation.ts';
import { schedule } from './schedule.ts';

// A sane playbook needs tens; a loop between charts would never end.
const MAX_STEPS = 10_000;

class AgendaError extends CodedError<'cordon_incident_loop'> {}

/**
 * Works off what follows from a decision until nothing more does: events to charts, invocations that
 * ended, attempts that may start. Throws `cordon_incident_loop` when it does not end.
 */
export function settle(draft: Draft): void {
  for (let step = 0; step < MAX_STEPS; step++) {
    const next = draft.agenda.shift();
    if (next !== undefined) {
      follow(draft, next);
      continue;
    }
    schedule(draft);
    if (draft.agenda.length === 0) return;
  }
  throw new AgendaError(
    'cordon_incident_loop',
    `incident ${draft.id}: one event led to more than ${MAX_STEPS} steps; the playbook loops`,
  );
}

function follow(draft: Draft, next: Agenda): void {
  switch (next.kind) {
    case 'chart-event':
      feedChart(draft, next.chart, next.event);
      return;
    case 'open-chart':
      openChart(draft, next);
      return;
    case 'withdraw-children':
      withdrawChildren(draft, next.parent);
      return;
    case 'settle-for-each':
      settleForEach(draft, next.invocation);
      return;
    case 'settle-invocation':
      settleInvocation(draft, next.invocation);
      return;
  }
}
