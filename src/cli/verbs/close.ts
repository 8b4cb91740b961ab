import { act } from '../act.ts';
import type { Register } from '../context.ts';
import { REFERENCE } from '../incident.ts';

export const close: Register = (program, run) => {
  program
    .command('close')
    .summary('ask the playbook to close the incident')
    .description('Asks the playbook to close the incident; it does so only from a state that may.')
    .argument('<incident>', REFERENCE)
    .requiredOption('-r, --reason <text>', 'why, for the timeline')
    .action(
      run(async (context, reference: string, options: { readonly reason: string }) =>
        act(context, reference, 'close', () => ({ reason: options.reason })),
      ),
    );
};
