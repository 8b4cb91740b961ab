import type { ResponderRole } from '../playbook/roles.ts';

/**
 * What an incident keeps about its people: who plays which part, what is to be done. Part of the incident's
 * record, written in the same commit as everything else; the reminders are timers.
 */
export interface PeopleState {
  /** Responder ids by the part they play in this incident; the enrolment file says who may. */
  readonly roles: Readonly<Partial<Record<ResponderRole, readonly string[]>>>;
  /** In the order they were added; `T3` is the third. Never removed, so that a number stays a number. */
  readonly tasks: readonly Task[];
  /** Keys of the pages that were asked for and not yet acknowledged. */
  readonly pages: readonly string[];
}

export interface Task {
  /** `T1`, `T2` … within the incident: short enough to type. */
  readonly id: string;
  /** A person's own words. */
  readonly text: string;
  readonly owner: string | null;
  readonly dueAt: string | null;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly doneBy: string | null;
  readonly doneAt: string | null;
  /** Reminders sent so far; they end at `MAX_REMINDERS`. */
  readonly reminders: number;
  /** When it reminds next; `null` without a due time, once it is done, and after the last reminder. */
  readonly remindAt: string | null;
}

export const NO_PEOPLE: PeopleState = Object.freeze({
  roles: Object.freeze({}),
  tasks: Object.freeze([]),
  pages: Object.freeze([]),
});

/** Tasks of one incident: more is a project, and every commit writes the record whole. */
export const MAX_TASKS = 200;
