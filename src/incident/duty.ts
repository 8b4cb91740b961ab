import type { Actor } from '../timeline/entry.ts';
import type { Draft } from './draft.ts';
import type { Duty, DutySettled } from './duty-state.ts';
import { dutiesOf } from './duty-state.ts';
import { page } from './escalation.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
// A reminder that never ends teaches people to look away: each plan is finite, and what is overdue stays in every list.
const MOST_WEEKS = 8;
const WEEKS_OVERDUE = 4;

/** Adds a duty, or opens one again that a false alarm had ended, with its reminders from `plan`. */
export function addDuty(
  draft: Draft,
  wanted: Pick<Duty, 'id' | 'kind' | 'text' | 'why' | 'owner' | 'startedAt' | 'dueAt'> & {
    readonly plan: readonly string[];
  },
  actor: Actor = { kind: 'engine' },
): void {
  const { plan, ...rest } = wanted;
  const remindAt = plan.filter((instant) => instant > draft.at);
  const duty: Duty = {
    ...rest,
    // One that is overdue before it is known is said at once.
    remindAt: remindAt.length === 0 ? [later(draft.at, 1)] : remindAt,
    reminded: 0,
    settled: null,
  };
  put(draft, [...dutiesOf(draft.record).filter((each) => each.id !== duty.id), duty]);
  draft.log('duty.added', actor, `Owed by ${duty.dueAt}: ${duty.text}`, {
    duty: duty.id,
    kind: duty.kind,
    text: duty.text,
    why: duty.why,
    owner: duty.owner,
    startedAt: duty.startedAt,
    dueAt: duty.dueAt,
  });
  arm(draft, duty);
  draft.post('card', {}, { merge: 'card' });
}

/** Ends a duty; its reminders end with it. */
export function settleDuty(draft: Draft, actor: Actor, duty: Duty, settled: DutySettled): void {
  replace(draft, { ...duty, settled, remindAt: [] });
  disarm(draft, duty);
  draft.log(
    'duty.settled',
    actor,
    `${duty.id} ${settled.as.replaceAll('-', ' ')} by ${settled.by}: ${settled.reason}`,
    { duty: duty.id, kind: duty.kind, ...settled, late: settled.at > duty.dueAt },
  );
  draft.post('card', {}, { merge: 'card' });
}

/** Gives a duty to somebody; `to` is a responder's id, or a name that a person wrote. */
export function assignDuty(draft: Draft, actor: Actor, duty: Duty, to: string): void {
  replace(draft, { ...duty, owner: to });
  draft.log('duty.assigned', actor, `${duty.id} is ${to}'s: ${duty.text}`, {
    duty: duty.id,
    owner: to,
    was: duty.owner,
  });
  draft.post('card', {}, { merge: 'card' });
}

/** Changes what a duty says, when the words it was made of were changed; reminders are planned anew with a new due time. */
export function changeDuty(
  draft: Draft,
  actor: Actor,
  duty: Duty,
  changed: Pick<Duty, 'owner' | 'why' | 'dueAt'> & { readonly plan: readonly string[] },
): void {
  const { plan, ...rest } = changed;
  const moved = rest.dueAt !== duty.dueAt;
  const next = {
    ...duty,
    ...rest,
    remindAt: moved ? plan.filter((instant) => instant > draft.at) : duty.remindAt,
  };
  replace(draft, next);
  draft.log(
    'duty.assigned',
    actor,
    `${duty.id} is ${next.owner ?? 'nobody'}'s, due ${next.dueAt}: ${duty.text}`,
    {
      duty: duty.id,
      owner: next.owner,
      was: duty.owner,
      dueAt: next.dueAt,
    },
  );
  if (!moved) return;
  disarm(draft, duty);
  arm(draft, next);
}

/** Puts off the reminders until `until`, ISO 8601; when it is due stays as it is. */
export function snoozeDuty(
  draft: Draft,
  actor: Actor & { readonly id: string },
  duty: Duty,
  until: string,
): void {
  const snoozed = { ...duty, remindAt: [until, ...duty.remindAt.filter((instant) => instant > until)] };
  replace(draft, snoozed);
  disarm(draft, duty);
  arm(draft, snoozed);
  draft.log('duty.snoozed', actor, `${actor.id} snoozed ${duty.id} until ${until}`, { duty: duty.id, until });
}

/**
 * A reminder is due: its owner, or who leads, is told; of a notification that is overdue also through the pager. One that
 * comes late, after an outage of ours, is not alone: what else was missed of this incident is said with it, in one message.
 */
export function remindOfDuty(draft: Draft, id: string, dueAt: string): void {
  const duty = dutiesOf(draft.record).find((each) => each.id === id);
  if (duty === undefined || duty.settled !== null) return;
  if (draft.env.now.getTime() - Date.parse(dueAt) < OUTAGE_MS) {
    const { to, last, pages } = remind(draft, duty);
    draft.post('duty', { duty: id, to, last });
    if (pages) pageOverdue(draft, [duty]);
  } else {
    remindOfMissed(draft);
  }
  draft.post('card', {}, { merge: 'card' });
}

// A timer comes within seconds where anybody is there to fire it.
const OUTAGE_MS = 15 * 60_000;

/** Everything that was to be said while nobody said anything, the first deadline first. */
function remindOfMissed(draft: Draft): void {
  const missed = dutiesOf(draft.record)
    .filter((duty) => duty.settled === null && duty.remindAt.some((instant) => instant <= draft.at))
    .sort((a, b) => a.dueAt.localeCompare(b.dueAt));
  const since = missed.flatMap((duty) => duty.remindAt).sort()[0] ?? draft.at;
  const told = missed.map((duty) => {
    const times = duty.remindAt.filter((instant) => instant <= draft.at).length;
    disarm(draft, duty);
    return { duty, times, ...remind(draft, duty, times) };
  });
  const [first] = told;
  if (first === undefined) return;
  draft.post('duty', {
    duty: first.duty.id,
    to: first.to,
    last: told.every(({ last }) => last),
    missed: { since, duties: told.map(({ duty, to, times }) => ({ duty: duty.id, to, times })) },
  });
  const overdue = told.filter(({ pages }) => pages).map(({ duty }) => duty);
  if (overdue.length > 0) pageOverdue(draft, overdue);
}

/** Takes one reminder, or several that were `missed`, as given, and arms the next. */
function remind(draft: Draft, duty: Duty, missed = 0) {
  const remindAt = duty.remindAt.filter((instant) => instant > draft.at);
  const to = duty.owner ?? draft.record.lead;
  const overdue = duty.dueAt <= draft.at;
  // Once, whenever the first reminder after the deadline comes: it may have been put off over it.
  const pages = overdue && duty.kind === 'notification' && duty.paged !== true;
  const reminded: Duty = {
    ...duty,
    remindAt,
    reminded: duty.reminded + 1,
    ...(pages ? { paged: true as const } : {}),
  };
  replace(draft, reminded);
  const last = remindAt.length === 0;
  const late = missed === 0 ? '' : `; ${missed === 1 ? 'it was' : `${missed} were`} missed while nothing ran`;
  draft.log(
    'duty.reminded',
    { kind: 'engine' },
    `Reminded ${to ?? 'everybody'} of ${duty.id}, ${overdue ? 'overdue since' : 'due'} ${duty.dueAt}${last ? ', for the last time' : ''}${late}`,
    { duty: duty.id, to, overdue, last, ...(missed === 0 ? {} : { missed }) },
  );
  arm(draft, reminded);
  return { to, last, pages };
}

/** Before it is due as often as asked for, when it is, and once a day for three days: a missed deadline has a next one. */
export function notificationPlan(dueAt: string, remindHours: readonly number[]): readonly string[] {
  return [...remindHours.map((hours) => -hours * HOUR_MS), 0, DAY_MS, 2 * DAY_MS, 3 * DAY_MS]
    .sort((a, b) => a - b)
    .map((ms) => later(dueAt, ms));
}

/** After a day, since somebody must own it by then; a day before it is due; when it is; then weekly. */
export function postmortemPlan(startedAt: string, dueAt: string): readonly string[] {
  return sorted([later(startedAt, DAY_MS), later(dueAt, -DAY_MS), dueAt, ...weeks(dueAt, WEEKS_OVERDUE)]);
}

/** Weekly until it is due, eight times at most; when it is; then weekly for a month. */
export function actionPlan(startedAt: string, dueAt: string): readonly string[] {
  const before = weeks(startedAt, MOST_WEEKS).filter((instant) => instant < dueAt);
  return sorted([...before, dueAt, ...weeks(dueAt, WEEKS_OVERDUE)]);
}

function weeks(from: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => later(from, (index + 1) * WEEK_MS));
}

function sorted(instants: readonly string[]): readonly string[] {
  return [...new Set(instants)].sort();
}

function later(instant: string, ms: number): string {
  return new Date(Date.parse(instant) + ms).toISOString();
}

/** One call for all of them: who is called twice in a second reads neither. */
function pageOverdue(draft: Draft, duties: readonly Duty[]): void {
  const known = draft.env.enrolment.responders;
  const called = duties.flatMap((duty) => {
    const owner = known.filter((each) => each.id === duty.owner);
    return owner.length > 0 ? owner : known.filter((each) => each.roles.some((role) => role === 'commander'));
  });
  const to = [...new Set(called.map(({ id }) => id))];
  const ids = duties.map(({ id }) => id);
  draft.log(
    'page.asked',
    { kind: 'engine' },
    `Called ${to.join(', ') || 'nobody'}: ${ids.join(', ')} ${ids.length === 1 ? 'is' : 'are'} overdue`,
    { to, reason: 'duty-overdue', duty: ids[0] ?? '', ...(ids.length === 1 ? {} : { duties: ids }) },
  );
  page(draft, to, duties.map(({ text, dueAt }) => `${text} was due ${dueAt}`).join('; '));
}

function arm(draft: Draft, duty: Duty): void {
  const [next] = duty.remindAt;
  if (next === undefined) return;
  draft.arm({ kind: 'duty', chart: null, name: duty.id, event: '', attempt: null, dueAt: next });
}

function disarm(draft: Draft, duty: Duty): void {
  draft.disarm((timer) => timer.kind === 'duty' && timer.name === duty.id);
}

function replace(draft: Draft, duty: Duty): void {
  put(
    draft,
    dutiesOf(draft.record).map((each) => (each.id === duty.id ? duty : each)),
  );
}

function put(draft: Draft, duties: readonly Duty[]): void {
  draft.record = { ...draft.record, duties };
}
