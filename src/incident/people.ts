import type { ResponderRole } from '../playbook/roles.ts';
import type { Actor, Via } from '../timeline/entry.ts';
import type { Draft } from './draft.ts';
import { stopEscalation } from './escalation.ts';
import { incidentLevel } from './level.ts';
import { startNotifications } from './notification.ts';

interface Responder {
  readonly id: string;
  readonly via: Via;
}

/** The first responder who acts leads, until somebody takes over. */
export function takeLead(draft: Draft, person: Responder): void {
  stopEscalation(draft, person.id);
  if (draft.record.lead !== null) return;
  draft.record = { ...draft.record, lead: person.id };
  draft.log('command.accepted', { kind: 'responder', id: person.id, via: person.via }, `${person.id} leads`, {
    lead: person.id,
  });
  draft.post('card', {}, { merge: 'card' });
}

/** Changes the severity, 1 (critical) to 4 (low), with who said so and why. */
export function setSeverity(draft: Draft, person: Responder, severity: number, reason?: string): void {
  if (draft.record.severity === severity) return;
  const why = reason === undefined ? '' : `: ${reason}`;
  draft.log(
    'command.accepted',
    { kind: 'responder', id: person.id, via: person.via },
    `${person.id} set severity ${severity} (was ${draft.record.severity})${why}`,
    { severity, was: draft.record.severity, reason: reason ?? null },
  );
  draft.record = { ...draft.record, severity };
  startNotifications(draft);
  draft.post('card', {}, { merge: 'card' });
}

/** Gives a person a part in this incident. The commander of an incident is who leads it: one person at a time. */
export function assignRole(
  draft: Draft,
  actor: Actor & { kind: 'responder' },
  role: ResponderRole,
  to: string,
): void {
  const { people } = draft.record;
  const holders = people.roles[role] ?? [];
  const next = role === 'commander' ? [to] : [...holders.filter((each) => each !== to), to];
  draft.record = {
    ...draft.record,
    people: { ...people, roles: { ...people.roles, [role]: next } },
    ...(role === 'commander' ? { lead: to } : {}),
  };
  if (role === 'commander') stopEscalation(draft, to);
  draft.log('role.assigned', actor, `${actor.id} made ${to} ${role}`, { role, to });
  draft.post('card', {}, { merge: 'card' });
}

/**
 * Where an incident stands, in sentences for the one who takes it over. Facts of this engine only, in its own
 * words: nothing that an alert says.
 */
export function stateSummary(draft: Draft): readonly string[] {
  const { record } = draft;
  const level = incidentLevel(record.levels, record.targets);
  const held = [...draft.holds.values()].filter((hold) => hold.status !== 'closed');
  const questions = [...draft.invocations.values()].filter(
    (row) => row.src === 'human.question' && row.status === 'open',
  );
  const approvals = [...draft.attempts.values()].filter((row) => row.state === 'awaiting');
  const failed = [...draft.attempts.values()].filter(
    (row) => row.effect === 'contain' && (row.state === 'failed' || row.state === 'unknown'),
  );
  const tasks = record.people.tasks.filter((task) => task.doneAt === null);
  const overdue = tasks.filter((task) => task.dueAt !== null && task.dueAt <= draft.at);
  const decisions = [
    ...questions.map((row) => `the ${String(row.input.form)} question`),
    ...approvals.map((row) => `approval of ${row.action} until ${row.ask?.expiresAt ?? 'withdrawn'}`),
  ];
  return [
    `Severity ${record.severity}, open since ${record.openedAt}${draft.status === 'halted' ? '; the playbook is halted' : ''}.`,
    `Containment: ${level.replace('_', ' ')} (${record.targets.length} ${plural(record.targets.length, 'function')}), ${held.length} ${plural(held.length, 'change')} held.`,
    failed.length === 0
      ? 'No containment step has failed.'
      : `Failed or unknown: ${failed.map((row) => row.action).join(', ')}.`,
    decisions.length === 0
      ? 'No decision is waiting for a person.'
      : `Waiting for a person: ${decisions.join('; ')}.`,
    `Tasks: ${tasks.length} open${overdue.length === 0 ? '' : `, ${overdue.length} overdue`}.`,
  ];
}

function plural(count: number, noun: string): string {
  return count === 1 ? noun : `${noun}s`;
}
