import type { Actor } from '../timeline/entry.ts';
import type { Draft } from './draft.ts';
import type { Task } from './people-state.ts';

/**
 * Tasks of an incident and their reminders. A task with a due time reminds its owner when it is due and
 * `REMIND_EVERY_MS` after that, `MAX_REMINDERS` times in all; the last one goes to whoever leads, and then it is quiet: a
 * reminder that never ends teaches people to look away. Snoozing puts off the next one and changes nothing else.
 */

/** Between two reminders of the same task, in milliseconds. */
export const REMIND_EVERY_MS = 30 * 60_000;
export const MAX_REMINDERS = 4;

/** Adds a task and arms its reminder; returns it. */
export function addTask(
  draft: Draft,
  actor: Actor,
  wanted: {
    readonly text: string;
    readonly owner: string | null;
    readonly dueAt: string | null;
    readonly by: string;
  },
): Task {
  const { text, owner, dueAt, by } = wanted;
  const task: Task = {
    id: `T${draft.record.people.tasks.length + 1}`,
    text,
    owner,
    dueAt,
    createdBy: by,
    createdAt: draft.at,
    doneBy: null,
    doneAt: null,
    reminders: 0,
    remindAt: dueAt,
  };
  put(draft, [...draft.record.people.tasks, task]);
  draft.log('task.added', actor, `${by} added ${task.id}: ${text}`, { task: task.id, text, owner, dueAt });
  armReminder(draft, task);
  draft.post('card', {}, { merge: 'card' });
  return task;
}

/** Ends a task; its reminders end with it. */
export function finishTask(draft: Draft, actor: Actor, task: Task, by: string): void {
  replace(draft, { ...task, doneBy: by, doneAt: draft.at, remindAt: null });
  disarm(draft, task);
  draft.log('task.done', actor, `${by} did ${task.id}: ${task.text}`, { task: task.id });
  draft.post('card', {}, { merge: 'card' });
}

/** Puts off the next reminder until `until`, ISO 8601. */
export function snoozeTask(draft: Draft, actor: Actor, task: Task, by: string, until: string): void {
  const snoozed = { ...task, remindAt: until };
  replace(draft, snoozed);
  disarm(draft, task);
  armReminder(draft, snoozed);
  draft.log('task.snoozed', actor, `${by} snoozed ${task.id} until ${until}`, { task: task.id, until });
}

/** A task's reminder is due. */
export function remindOfTask(draft: Draft, id: string): void {
  const task = draft.record.people.tasks.find((each) => each.id === id);
  if (task === undefined || task.remindAt === null) return;
  const reminders = task.reminders + 1;
  const last = reminders >= MAX_REMINDERS;
  const remindAt = last ? null : new Date(draft.env.now.getTime() + REMIND_EVERY_MS).toISOString();
  const reminded = { ...task, reminders, remindAt };
  replace(draft, reminded);
  const to = (last ? draft.record.lead : task.owner) ?? task.owner ?? draft.record.lead;
  draft.log(
    'task.reminded',
    { kind: 'engine' },
    `Reminded ${to ?? 'everybody'} of ${id}${last ? ', for the last time' : ''}`,
    { task: id, to, reminders },
  );
  draft.post('task-due', { task: id, to, last });
  draft.post('card', {}, { merge: 'card' });
  armReminder(draft, reminded);
}

function armReminder(draft: Draft, task: Task): void {
  if (task.remindAt === null) return;
  draft.arm({
    kind: 'task',
    chart: null,
    name: task.id,
    event: '',
    attempt: null,
    dueAt: task.remindAt,
  });
}

function disarm(draft: Draft, task: Task): void {
  draft.disarm((timer) => timer.kind === 'task' && timer.name === task.id);
}

function replace(draft: Draft, task: Task): void {
  put(
    draft,
    draft.record.people.tasks.map((each) => (each.id === task.id ? task : each)),
  );
}

function put(draft: Draft, tasks: readonly Task[]): void {
  draft.record = { ...draft.record, people: { ...draft.record.people, tasks } };
}
