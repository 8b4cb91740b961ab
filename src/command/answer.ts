import { z } from 'zod';
import type { InvocationId } from '../id.ts';
import { finishInvocation } from '../incident/invocation.ts';
import { noteVerdict } from '../incident/notification.ts';
import { setSeverity, takeLead } from '../incident/people.ts';
import type { JsonObject } from '../json.ts';
import { FORMS, type FormId } from '../playbook/forms.ts';
import { defineCommand, done, refused } from './command.ts';

/** Answers an open question of the playbook; the first answer counts, and later ones are told whose it was. */
export const answer = defineCommand({
  id: 'answer',
  title: 'Answer a question of the playbook',
  input: z.strictObject({ invocationId: z.string(), answer: z.record(z.string(), z.unknown()) }),
  decide(draft, input, person) {
    const invocation = draft.invocations.get(input.invocationId as InvocationId); // looked up, not trusted
    if (invocation === undefined || invocation.src !== 'human.question') {
      return refused(
        'cordon_question_settled',
        'expected an open question of this incident; there is none of that id',
      );
    }
    if (invocation.status !== 'open') {
      const by = invocation.answeredBy;
      return refused(
        'cordon_question_settled',
        by === null
          ? 'the question is no longer open: the incident has moved on'
          : `already answered by ${by} at ${invocation.closedAt ?? ''}`,
      );
    }
    const form = FORMS[invocation.input.form as FormId]; // `playbook check` admits no other form
    const checked = form.answer.safeParse(input.answer);
    if (!checked.success) {
      const issue = checked.error.issues[0];
      return refused(
        'cordon_question_bad_answer',
        `expected ${form.title}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'a complete answer'}`,
      );
    }
    const given = checked.data as JsonObject; // form answers are flat JSON
    const actor = { kind: 'responder', id: person.id, via: person.via } as const;
    draft.log('question.answered', actor, `${person.id} answered ${form.title}: ${labels(form.id, given)}`, {
      invocation: invocation.id,
      form: form.id,
      answer: given,
    });
    takeLead(draft, person);
    if (typeof given.severity === 'number') setSeverity(draft, person, given.severity);
    draft.post('question-settled', { invocation: invocation.id });
    // It is an attack: where else may it be? Looked up when it is said, so that nothing here waits for it.
    if (given.verdict === 'true_positive') draft.post('scope', {});
    finishInvocation(draft, invocation, given, person.id);
    if (form.id === 'triage') noteVerdict(draft, person, given.verdict);
    return done(`${form.title}: ${labels(form.id, given)}`);
  },
});

/** The chosen options in words, without free text: a note stays in the timeline's data. */
function labels(form: FormId, given: JsonObject): string {
  return FORMS[form].fields
    .flatMap((field) =>
      field.kind === 'choice'
        ? field.options.filter((option) => option.value === given[field.name]).map((option) => option.label)
        : [],
    )
    .join(', ');
}
