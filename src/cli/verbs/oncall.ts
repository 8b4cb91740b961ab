import type { Register } from '../context.ts';
import { EXIT } from '../error.ts';
import { shown } from '../output.ts';

export const oncall: Register = (program, run) => {
  program
    .command('oncall')
    .summary('say who is called when nobody takes an incident')
    .description(
      'Says whom an escalation calls, tier by tier, out of the enrolment file. "cordon escalate" calls somebody now.',
    )
    .action(
      run(async (context) => {
        const { out } = context;
        const { enrolmentFile } = await context.config();
        const { loadEnrolment } = await import('../../definitions.ts');
        const { escalation, responders } = await loadEnrolment(enrolmentFile);
        const nameOf = (id: string) => responders.find((each) => each.id === id)?.name ?? id;
        out.result(escalation, () => {
          const { tiers, afterMinutes, severity } = escalation;
          if (tiers.length === 0) {
            out.line('Nobody is on call: the enrolment file has no "escalation" tiers.');
            return;
          }
          out.table(
            ['tier', 'called one after the other'],
            tiers.map((tier, index) => [
              String(index + 1),
              tier.map((id) => `${shown(nameOf(id), 40)} (${shown(id, 63)})`).join(', '),
            ]),
          );
          out.line(`${afterMinutes} min apart, for severity ${severity} and worse; then everybody at once.`);
        });
        return EXIT.ok;
      }),
    );
};
