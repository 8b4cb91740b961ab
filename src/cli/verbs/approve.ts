import { act } from '../act.ts';
import { findApproval } from '../approval.ts';
import type { Register } from '../context.ts';
import { REFERENCE } from '../incident.ts';

export const approve: Register = (program, run) => {
  program
    .command('approve')
    .summary('approve a plan that waits for people')
    .description('Approves exactly the plan that you were shown, named by the beginning of its digest.')
    .argument('<incident>', REFERENCE)
    .requiredOption('-p, --plan <digest>', 'the plan’s digest, as "cordon show" prints it')
    .action(
      run(async (context, reference: string, options: { readonly plan: string }) =>
        act(context, reference, 'approve', (incident) => findApproval(incident, options.plan)),
      ),
    );
};
