import { actOnEngine } from '../act.ts';
import type { Register } from '../context.ts';

export const pause: Register = (program, run) => {
  program
    .command('pause')
    .summary('stop every write to every account, now')
    .description(
      'Stops every new write to every account within a second, in every process, also while Slack is away. Releases go on, and so does reading.',
    )
    .option('-r, --reason <text>', 'why, for the timeline')
    .action(
      run(async (context, { reason }: { readonly reason?: string }) =>
        actOnEngine(context, 'pause', reason === undefined ? {} : { reason }),
      ),
    );
};
