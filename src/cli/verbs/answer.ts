import type { Form } from '../../playbook/forms.ts';
import { act } from '../act.ts';
import type { Register } from '../context.ts';
import { CliError } from '../error.ts';
import type { Incident } from '../incident.ts';
import { nameOf, REFERENCE } from '../incident.ts';

export const answer: Register = (program, run) => {
  program
    .command('answer')
    .summary('answer a question of the playbook')
    .description('Answers an open question of the playbook. "cordon show" says which fields it has.')
    .argument('<incident>', REFERENCE)
    .argument('<field=value...>', 'the answer, such as verdict=true_positive severity=2')
    .option('-q, --question <id>', 'which question, when several are open')
    .action(
      run(async (context, reference: string, fields: string[], options: { readonly question?: string }) => {
        const { FORMS } = await import('../../playbook/forms.ts');
        return act(context, reference, 'answer', (incident) => {
          const { invocationId, form: id } = openQuestion(incident, options.question);
          const form = Object.values(FORMS).find((known) => known.id === id);
          return { invocationId, answer: readAnswer(form, fields) };
        });
      }),
    );
};

function openQuestion(incident: Incident, wanted: string | undefined): Incident['questions'][number] {
  // A settled one that was named goes through: the engine says whose answer counted.
  const named = incident.questions.find((question) => question.invocationId === wanted);
  if (named !== undefined) return named;
  const open = incident.questions.filter((question) => question.status === 'open');
  const [only] = open;
  if (wanted === undefined && open.length === 1 && only !== undefined) return only;
  throw new CliError(
    'cordon_cli_no_question',
    open.length === 0
      ? `${nameOf(incident)} has no open question`
      : `${nameOf(incident)} has ${open.length} open questions; name one with --question: ${open.map((question) => `${question.invocationId} (${question.form})`).join(', ')}`,
  );
}

/** Reads `field=value` pairs; what a field may hold is the form's business. */
function readAnswer(form: Form | undefined, pairs: readonly string[]): Record<string, string | number> {
  const answerFields: Record<string, string | number> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new CliError('cordon_cli_usage', 'expected each field as name=value');
    const name = pair.slice(0, at);
    const value = pair.slice(at + 1);
    const field = form?.fields.find((known) => known.name === name);
    if (field === undefined) {
      throw new CliError(
        'cordon_cli_usage',
        `expected one of the fields ${(form?.fields ?? []).map((known) => known.name).join(', ')}`,
      );
    }
    const option =
      field.kind === 'choice' ? field.options.find((known) => String(known.value) === value) : undefined;
    // A choice that is none of the options goes on as it is, and is refused by name.
    answerFields[name] = option?.value ?? value;
  }
  return answerFields;
}
