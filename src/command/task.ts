import { z } from 'zod';
import type { Draft } from '../incident/draft.ts';
import type { Task } from '../incident/people-state.ts';
import { MAX_TASKS } from '../incident/people-state.ts';
import { addTask, finishTask, snoozeTask } from '../incident/task.ts';
import type { CommandResult, Person } from './command.ts';
import { actorOf, defineCommand, done, refused } from './command.ts';
import { namedPerson } from './named-person.ts';

const instant = z.iso.datetime({ offset: true });

/** Adds something to be done, with who does it and by when. */
export const addTaskCommand = defineCommand({
  id: 'task-add',
  title: 'Add a task',
  input: z.strictObject({
    text: z.string().min(1).max(500),
    owner: z.string().min(1).max(200).optional(),
    due: instant.optional(),
  }),
  decide(draft, { text, owner, due }, person) {
    if (draft.record.people.tasks.length >= MAX_TASKS) {
      return refused(
        'cordon_command_not_now',
        `this incident has ${MAX_TASKS} tasks, the most it can have; keep the rest in your tracker`,
      );
    }
    const named = owner === undefined ? undefined : namedPerson(draft, owner, person);
    if (named?.kind === 'nobody') return named.result;
    const task = addTask(draft, actorOf(person), {
      text,
      owner: named?.id ?? null,
      dueAt: due === undefined ? null : new Date(due).toISOString(),
      by: person.id,
    });
    const facts = [
      ...(task.owner === null ? [] : [`for ${task.owner}`]),
      ...(task.dueAt === null ? [] : [`due ${task.dueAt}`]),
    ];
    return done([`${task.id}: ${text}`, ...facts].join(', '));
  },
});

/** Says that a task is done. */
export const doneTaskCommand = defineCommand({
  id: 'task-done',
  title: 'Finish a task',
  input: z.strictObject({ task: z.string().min(1).max(20) }),
  decide: (draft, { task }, person) =>
    onOpenTask(draft, task, (open) => {
      finishTask(draft, actorOf(person), open, person.id);
      return done(`${open.id} done: ${open.text}`);
    }),
});

/** Puts off a task's next reminder; its due time stays. */
export const snoozeTaskCommand = defineCommand({
  id: 'task-snooze',
  title: 'Snooze a task’s reminder',
  input: z.strictObject({ task: z.string().min(1).max(20), until: instant }),
  decide: (draft, { task, until }, person) =>
    onOpenTask(draft, task, (open) => {
      if (!maySnooze(draft, open, person)) {
        return refused(
          'cordon_responder_wrong_role',
          `expected ${open.owner}, whose task it is, who leads, or a commander; you are none of them`,
        );
      }
      if (open.remindAt === null) {
        return refused('cordon_command_not_now', `${open.id} has no reminder left to snooze`);
      }
      if (Date.parse(until) <= draft.env.now.getTime()) {
        return refused('cordon_command_bad_time', `expected a time that is still to come, found ${until}`);
      }
      snoozeTask(draft, actorOf(person), open, person.id, new Date(until).toISOString());
      return done(`${open.id} is quiet until ${new Date(until).toISOString()}`);
    }),
});

/** Whose task it is; a task that is nobody's is everybody's. */
function maySnooze(draft: Draft, task: Task, person: Person): boolean {
  return (
    task.owner === null ||
    task.owner === person.id ||
    draft.record.lead === person.id ||
    person.roles.includes('commander')
  );
}

function onOpenTask(draft: Draft, reference: string, decide: (task: Task) => CommandResult): CommandResult {
  const { tasks } = draft.record.people;
  const id = `T${reference.replace(/^[tT#]/, '')}`;
  const task = tasks.find((each) => each.id === id);
  if (task === undefined) {
    const open = tasks.filter((each) => each.doneAt === null).map((each) => each.id);
    return refused(
      'cordon_task_not_found',
      `expected a task of this incident, such as T1; open ones: ${open.join(', ') || 'none'}`,
    );
  }
  if (task.doneAt !== null) {
    return refused('cordon_task_settled', `${task.id} was done by ${task.doneBy} at ${task.doneAt}`);
  }
  return decide(task);
}
