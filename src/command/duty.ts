import { z } from 'zod';
import { responderById } from '../enrolment/enrolment.ts';
import type { Draft } from '../incident/draft.ts';
import { assignDuty, settleDuty, snoozeDuty } from '../incident/duty.ts';
import type { Duty, DutySettled } from '../incident/duty-state.ts';
import { dutiesOf } from '../incident/duty-state.ts';
import type { CommandResult, Person } from './command.ts';
import { actorOf, defineCommand, done, refused } from './command.ts';
import { namedPerson } from './named-person.ts';

const instant = z.iso.datetime({ offset: true });
const duty = z.string().min(1).max(64);
const reason = z.string().trim().min(1).max(2000);

/** Gives a duty to somebody. */
export const assignDutyCommand = defineCommand({
  id: 'duty-assign',
  title: 'Give a duty to somebody',
  input: z.strictObject({ duty, to: z.string().min(1).max(200) }),
  decide: (draft, input, person) =>
    onOpenDuty(draft, input.duty, (open) => {
      const named = namedPerson(draft, input.to, person);
      if (named.kind === 'nobody') return named.result;
      assignDuty(draft, actorOf(person), open, named.id);
      return done(`${open.id} is ${named.id}'s, due ${open.dueAt}`);
    }),
});

/** Says that somebody was told whom law or a contract wants told: the decision, when, and by whom. */
export const tellCommand = defineCommand({
  id: 'duty-told',
  title: 'Say that somebody was told',
  input: z.strictObject({ duty, at: instant.optional(), reason }),
  decide: (draft, input, person) =>
    onOpenDuty(draft, input.duty, (open) => {
      if (open.kind !== 'notification') return wrongKind(open, 'told');
      const at = input.at === undefined ? draft.at : new Date(input.at).toISOString();
      if (at > draft.at) {
        return refused('cordon_command_bad_time', `expected a time that is past, found ${at}`);
      }
      settle(draft, open, person, { as: 'told', at, reason: input.reason });
      return done(`${open.id}: told at ${at}${at > open.dueAt ? `, after its deadline ${open.dueAt}` : ''}`);
    }),
});

/** Says that a duty needs not be done: nobody must be told, the postmortem needs no review, an action is dropped. */
export const waiveDutyCommand = defineCommand({
  id: 'duty-waive',
  title: 'Waive a duty',
  input: z.strictObject({ duty, reason }),
  decide: (draft, input, person) =>
    onOpenDuty(draft, input.duty, (open) => {
      const as =
        open.kind === 'notification' ? 'not-required' : open.kind === 'action' ? 'dropped' : 'waived';
      settle(draft, open, person, { as, at: draft.at, reason: input.reason });
      return done(`${open.id}: ${as.replace('-', ' ')}, as ${person.id} decided: ${input.reason}`);
    }),
});

/** Says that an action item is done, and how that is seen. */
export const doneDutyCommand = defineCommand({
  id: 'duty-done',
  title: 'Finish an action item',
  input: z.strictObject({ duty, reason }),
  decide: (draft, input, person) =>
    onOpenDuty(draft, input.duty, (open) => {
      if (open.kind !== 'action') return wrongKind(open, 'done');
      settle(draft, open, person, { as: 'done', at: draft.at, reason: input.reason });
      return done(`${open.id} done: ${open.text}`);
    }),
});

/** Puts the reminders of a duty off; when it is due stays as it is. */
export const snoozeDutyCommand = defineCommand({
  id: 'duty-snooze',
  title: 'Snooze a duty’s reminders',
  input: z.strictObject({ duty, until: instant }),
  decide: (draft, input, person) =>
    onOpenDuty(draft, input.duty, (open) => {
      if (!mayPutOff(draft, open, person)) {
        return refused(
          'cordon_responder_wrong_role',
          `expected ${open.owner}, whose duty it is, who leads, or a commander; you are none of them`,
        );
      }
      const until = new Date(input.until).toISOString();
      if (until <= draft.at) {
        return refused('cordon_command_bad_time', `expected a time that is still to come, found ${until}`);
      }
      snoozeDuty(draft, actorOf(person), open, until);
      return done(`${open.id} is quiet until ${until}; it is due ${open.dueAt} all the same`);
    }),
});

function settle(draft: Draft, open: Duty, person: Person, how: Omit<DutySettled, 'by'>): void {
  settleDuty(draft, actorOf(person), open, { ...how, by: person.id });
}

/** Somebody's own; one that is no responder's is everybody's. */
function mayPutOff(draft: Draft, { owner }: Duty, person: Person): boolean {
  return (
    owner === null ||
    responderById(draft.env.enrolment, owner) === undefined ||
    owner === person.id ||
    draft.record.lead === person.id ||
    person.roles.includes('commander')
  );
}

function onOpenDuty(draft: Draft, reference: string, decide: (open: Duty) => CommandResult): CommandResult {
  const duties = dutiesOf(draft.record);
  const found = duties.find((each) => each.id.toLowerCase() === reference.toLowerCase());
  if (found === undefined) {
    const open = duties.filter((each) => each.settled === null).map((each) => each.id);
    return refused(
      'cordon_duty_not_found',
      `expected a duty of this incident; open ones: ${open.join(', ') || 'none'}`,
    );
  }
  if (found.settled !== null) {
    const { as, by, at } = found.settled;
    return refused('cordon_duty_settled', `${found.id}: ${as.replace('-', ' ')} by ${by} at ${at} already`);
  }
  return decide(found);
}

function wrongKind(open: Duty, act: string): CommandResult {
  const instead = {
    notification: `"duty told" or "duty waive"`,
    postmortem: `"postmortem review" or "duty waive"`,
    action: `"duty done" or "duty waive"`,
  }[open.kind];
  return refused('cordon_duty_wrong_kind', `${open.id} cannot be ${act}: use ${instead}`);
}
