import { z } from 'zod';
import { finishInvocation } from '../incident/invocation.ts';
import { noteVerdict } from '../incident/notification.ts';
import { takeLead } from '../incident/people.ts';
import { actorOf, defineCommand, done, refused } from './command.ts';

/** Answers the open triage question: the alert is wrong, so the playbook releases. */
export const falsePositive = defineCommand({
  id: 'false-positive',
  title: 'Call it a false positive',
  input: z.strictObject({ reason: z.string().min(1).max(2000) }),
  decide(draft, { reason }, person) {
    const triage = [...draft.invocations.values()].find(
      (row) => row.src === 'human.question' && row.status === 'open' && row.input.form === 'triage',
    );
    if (triage === undefined) {
      return refused(
        'cordon_command_not_now',
        'expected an open triage question; it is answered or not asked yet. To put the function back, ask for its release',
      );
    }
    const answer = { verdict: 'false_positive', note: reason };
    draft.log(
      'question.answered',
      actorOf(person),
      `${person.id} answered Triage: False positive: ${reason}`,
      {
        invocation: triage.id,
        form: 'triage',
        answer,
      },
    );
    takeLead(draft, person);
    draft.post('question-settled', { invocation: triage.id });
    finishInvocation(draft, triage, answer, person.id);
    noteVerdict(draft, person, answer.verdict);
    return done(`false positive: ${reason}. The playbook releases`);
  },
});
