import type { HoldId, TimerId } from '../id.ts';
import { expireApproval } from './approval.ts';
import { feedChart } from './chart.ts';
import type { Draft } from './draft.ts';
import { remindOfDuty } from './duty.ts';
import { escalateFurther } from './escalation.ts';
import { startFollowUp } from './follow-up.ts';
import { isFinal, OUTLIVES } from './state.ts';
import { remindOfTask } from './task.ts';
import { expireHold } from './upkeep.ts';

/** Fires a timer that is due; one that fired or was cancelled meanwhile does nothing. */
export function fireTimer(draft: Draft, id: TimerId): void {
  const timer = draft.timers.get(id);
  if (timer === undefined || timer.status !== 'armed') return;
  // A playbook that is halted takes no events; what concerns people goes on, now more than ever.
  if (draft.status === 'halted' && timer.chart !== null) return;
  if (draft.status === 'closed' && !OUTLIVES.has(timer.kind)) return;
  if (Date.parse(timer.dueAt) > draft.env.now.getTime()) return;
  draft.putTimer({ ...timer, status: 'fired' });
  switch (timer.kind) {
    case 'playbook':
      draft.log('timer.fired', { kind: 'playbook', id: draft.record.playbook }, `Time is up: ${timer.name}`, {
        timer: id,
        event: timer.event,
        dueAt: timer.dueAt,
      });
      if (timer.chart !== null) feedChart(draft, timer.chart, { kind: 'timer', event: timer.event });
      return;
    case 'escalation':
      escalateFurther(draft, Number(timer.name));
      return;
    case 'task':
      remindOfTask(draft, timer.name);
      return;
    case 'duty':
      remindOfDuty(draft, timer.name, timer.dueAt);
      return;
    case 'retry': {
      const attempt = timer.attempt === null ? undefined : draft.attempts.get(timer.attempt);
      // Free again: this process takes it when the draft is settled, or another is woken for it.
      if (attempt !== undefined && attempt.owner === null && !isFinal(attempt.state)) {
        draft.putAttempt({ ...attempt, notBefore: null });
      }
      return;
    }
    case 'archive':
      draft.post('archive', {});
      return;
    case 'expiry':
      expireHold(draft, timer.name as HoldId); // looked up, not trusted
      return;
    case 'follow-up':
      startFollowUp(draft, timer);
      return;
    case 'approval': {
      const attempt = timer.attempt === null ? undefined : draft.attempts.get(timer.attempt);
      if (attempt !== undefined) expireApproval(draft, attempt);
      return;
    }
  }
}
