import { act } from '../act.ts';
import { findApproval } from '../approval.ts';
import type { Register } from '../context.ts';
import { REFERENCE } from '../incident.ts';

export const deny: Register = (program, run) => {
  program
    .command('deny')
    .summary('deny a plan that waits for people')
    .description('Denies a plan that waits for people; the playbook goes on without it.')
    .argument('<incident>', REFERENCE)
    .requiredOption('-p, --plan <digest>', 'the plan’s digest, as "cordon show" prints it')
    .requiredOption('-r, --reason <text>', 'why, for the timeline')
    .action(
      run(async (context, reference: string, options: { readonly plan: string; readonly reason: string }) =>
        act(context, reference, 'deny', (incident) => {
          const { approvalId, digest } = findApproval(incident, options.plan);
          return { approvalId, digest, reason: options.reason };
        }),
      ),
    );
};
