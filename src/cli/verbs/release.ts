import { act } from '../act.ts';
import type { Register } from '../context.ts';
import { REFERENCE } from '../incident.ts';

export const release: Register = (program, run) => {
  program
    .command('release')
    .summary('ask the playbook to release what is contained')
    .description('Asks the playbook to release everything that the incident holds.')
    .argument('<incident>', REFERENCE)
    .requiredOption('-r, --reason <text>', 'why, for the timeline')
    .action(
      run(async (context, reference: string, options: { readonly reason: string }) =>
        act(context, reference, 'release', () => ({ reason: options.reason })),
      ),
    );
};
