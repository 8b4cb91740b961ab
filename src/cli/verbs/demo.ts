import type { Register } from '../context.ts';
import { CliError } from '../error.ts';
import { runLive } from '../exercise/run.ts';

/** The exercise that shows the whole job. */
const DEMO = 'c2-callback';

export const demo: Register = (program, run) => {
  program
    .command('demo')
    .summary('see a whole incident: an attack, its containment, its end')
    .description(
      'Runs the exercise c2-callback live: the engine on its embedded database, a simulated AWS account under attack and a simulated Slack, all on this machine. Takes about a minute and can reach nothing real.',
    )
    .option('-i, --interactive', 'be the responder: answer what is asked in Slack yourself')
    .action(
      run(async (context, options: { readonly interactive?: true }) => {
        const interactive = options.interactive === true;
        if (interactive && context.out.json) {
          throw new CliError(
            'cordon_cli_usage',
            'expected either --interactive or --json: a program cannot be asked',
          );
        }
        return runLive(context, DEMO, { interactive });
      }),
    );
};
