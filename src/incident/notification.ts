import type { NotificationRule } from '../enrolment/enrolment-file.ts';
import type { Via } from '../timeline/entry.ts';
import type { Draft } from './draft.ts';
import { addDuty, notificationPlan, settleDuty } from './duty.ts';
import { dutiesOf } from './duty-state.ts';

const HOUR_MS = 3_600_000;

interface Responder {
  readonly id: string;
  readonly via: Via;
}

/**
 * Starts the clocks of those who must be told within a time: the enrolment file's `notifications` that are about this
 * incident's severity and accounts. Called whenever that may have changed; one that runs or was settled stays as it is.
 * A clock counts from the opening, or from the verdict that it was real: never from when somebody raised the severity.
 */
export function startNotifications(draft: Draft): void {
  for (const rule of draft.env.enrolment.notifications) {
    const known = dutiesOf(draft.record).find((duty) => duty.id === rule.id);
    if (known !== undefined && known.settled?.as !== 'false-alarm') continue;
    if (known !== undefined && !isConfirmed(draft)) continue;
    if (!concerns(draft, rule)) continue;
    const startedAt = known?.startedAt ?? (rule.from === 'opened' ? draft.record.openedAt : draft.at);
    const dueAt = new Date(Date.parse(startedAt) + rule.hours * HOUR_MS).toISOString();
    addDuty(draft, {
      id: rule.id,
      kind: 'notification',
      text: rule.title,
      why: rule.why ?? null,
      owner: rule.owner ?? null,
      startedAt,
      dueAt,
      plan: notificationPlan(dueAt, rule.remindHours),
    });
  }
}

/** What a verdict means for the clocks: a false alarm needs nobody told, a real incident starts those that count from it. */
export function noteVerdict(draft: Draft, person: Responder, verdict: unknown): void {
  if (verdict === 'true_positive') {
    startNotifications(draft);
    return;
  }
  if (verdict !== 'false_positive' && verdict !== 'benign') return;
  for (const duty of dutiesOf(draft.record)) {
    if (duty.kind !== 'notification' || duty.settled !== null) continue;
    settleDuty(draft, { kind: 'responder', id: person.id, via: person.via }, duty, {
      as: 'false-alarm',
      by: person.id,
      at: draft.at,
      reason: `the verdict was ${verdict.replace('_', ' ')}`,
    });
  }
}

function concerns(draft: Draft, rule: NotificationRule): boolean {
  const { severity, targets, account } = draft.record;
  if (severity > rule.severity) return false;
  if (rule.from === 'confirmed' && !isConfirmed(draft)) return false;
  if (rule.accounts.length === 0) return true;
  return [account, ...targets.map((target) => target.account)].some((each) => rule.accounts.includes(each));
}

/** The last verdict of a responder is that it was real. */
function isConfirmed(draft: Draft): boolean {
  return lastVerdict(draft) === 'true_positive';
}

/** What the last answer to triage said; `undefined` while nobody has answered. */
export function lastVerdict(draft: Pick<Draft, 'invocations'>): string | undefined {
  const answered = [...draft.invocations.values()]
    .filter((row) => row.src === 'human.question' && row.input.form === 'triage' && row.status === 'done')
    .sort((a, b) => (a.closedAt ?? '').localeCompare(b.closedAt ?? ''))
    .at(-1);
  const output = answered?.output;
  if (output === null || typeof output !== 'object' || !('verdict' in output)) return undefined;
  return typeof output.verdict === 'string' ? output.verdict : undefined;
}
