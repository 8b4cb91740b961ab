/**
 * A duty: what one named person owes by an instant, beside the response or after it. Three kinds: telling somebody
 * within a time that law or a contract sets, having the postmortem reviewed, doing an action item of it. Part of the
 * incident's record; its reminders are timers that go on after the incident is closed.
 */
export interface Duty {
  /** `gdpr-72h` (the enrolment's id), `postmortem`, `A1` …: short enough to type, unique in the incident. */
  readonly id: string;
  readonly kind: 'notification' | 'postmortem' | 'action';
  /** What is owed. A person's own words where it is an action item. */
  readonly text: string;
  /** What demands it (notification), or how it is seen to be done (action); `null` where nothing says. */
  readonly why: string | null;
  /** A responder's id, or a name that somebody wrote; `null` while it is nobody's. */
  readonly owner: string | null;
  /** When its time began to run. */
  readonly startedAt: string;
  readonly dueAt: string;
  /** The reminders still to come, earliest first; there are never more than were planned at first. */
  readonly remindAt: readonly string[];
  /** Reminders sent so far. */
  readonly reminded: number;
  /** Somebody was paged because its time had passed. */
  readonly paged?: true;
  readonly settled: DutySettled | null;
}

/** How a duty ended, by whom, and why. */
export interface DutySettled {
  /** `false-alarm`: a verdict said that nothing had happened; a later one to the contrary opens the duty again. */
  readonly as: 'told' | 'not-required' | 'false-alarm' | 'reviewed' | 'waived' | 'done' | 'dropped';
  readonly by: string;
  /** When it was done, as the person says; else when they said so. */
  readonly at: string;
  readonly reason: string;
}

export const POSTMORTEM_DUTY = 'postmortem';

/** Action items of one incident that are nagged about: more is a project, and every commit writes the record whole. */
export const MAX_ACTION_DUTIES = 50;

type Holder = { readonly duties?: readonly Duty[] };

export function dutiesOf(record: Holder): readonly Duty[] {
  return record.duties ?? [];
}

/** True while the incident may not count as closed: its severity asks for a reviewed postmortem, and there is none yet. */
export function isPostmortemOpen(record: Holder): boolean {
  return dutiesOf(record).some((duty) => duty.kind === 'postmortem' && duty.settled === null);
}
