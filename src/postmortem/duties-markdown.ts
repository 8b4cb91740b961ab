import type { Facts } from './facts.ts';
import { code, escaped, instant, table } from './markdown.ts';

/** What people owe, as the postmortem shows it. */

/** The head of the document that people fill in; what is known stands in it already. */
export function documentForm(privilege: string | null, { duties }: Facts): string {
  const owner = duties.find((duty) => duty.kind === 'postmortem')?.owner ?? null;
  return table(
    ['Document', 'Value'],
    [
      ['Owner', owner === null ? '' : escaped(owner)],
      ['Authors', ''],
      ['Privilege marking', privilege === null ? '' : escaped(privilege)],
    ],
  );
}

/** Draft until somebody reviewed it, or waived that; with when that is due. */
export function documentState({ duties, review }: Facts): string {
  if (review !== null)
    return `Reviewed by ${escaped(review.by)} at ${instant(review.at)} (entry ${review.seq})`;
  const duty = duties.find((each) => each.kind === 'postmortem');
  if (duty === undefined) return 'Draft';
  if (duty.settled === null) return `Draft; to be reviewed by ${instant(duty.dueAt)}`;
  const { as, by, at, reason } = duty.settled;
  return `Review ${escaped(as)} by ${escaped(by)} at ${instant(at)}: ${escaped(reason)} (entry ${duty.entries.at(-1)})`;
}

/** Whom law or a contract wants told: each with its clock, its owner, and what was decided by whom. */
export function notifications({ duties }: Facts): string {
  const clocks = duties.filter((duty) => duty.kind === 'notification');
  if (clocks.length === 0) return 'The enrolment file names nobody who must be told of such an incident.';
  return table(
    ['Notification', 'Because of', 'Owner', 'From', 'Due', 'Decision', 'By', 'At', 'Why', 'Entries'],
    clocks.map((duty) => [
      `${code(duty.id)}: ${escaped(duty.text)}`,
      duty.why === null ? 'not said' : escaped(duty.why),
      duty.owner === null ? 'nobody yet' : escaped(duty.owner),
      instant(duty.startedAt),
      instant(duty.dueAt),
      ...(duty.settled === null
        ? ['**undecided**', '', '', '']
        : [
            `${escaped(duty.settled.as.replaceAll('-', ' '))}${duty.settled.at > duty.dueAt ? ', **late**' : ''}`,
            escaped(duty.settled.by),
            instant(duty.settled.at),
            escaped(duty.settled.reason),
          ]),
      duty.entries.join(', '),
    ]),
  );
}
