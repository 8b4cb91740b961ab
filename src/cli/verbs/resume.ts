import { actOnEngine } from '../act.ts';
import type { Register } from '../context.ts';

export const resume: Register = (program, run) => {
  program
    .command('resume')
    .summary('let writes go on after a pause')
    .description('Lets writes go on; what waited for the end of the pause goes on by itself.')
    .option('-r, --reason <text>', 'why, for the timeline')
    .action(
      run(async (context, { reason }: { readonly reason?: string }) =>
        actOnEngine(context, 'resume', reason === undefined ? {} : { reason }),
      ),
    );
};
