import type { Register } from '../context.ts';
import { listAll, runHeadless, runLive } from '../exercise/run.ts';

export const exercise: Register = (program, run) => {
  const group = program
    .command('exercise')
    .summary('list or run tabletop exercises')
    .description(
      'Lists or runs tabletop exercises: the real engine against a simulated account, scored at the end.',
    );
  group
    .command('list')
    .summary('list the exercises that can be run')
    .description('Lists the exercises that can be run.')
    .action(run(async (context) => listAll(context)));
  group
    .command('run')
    .summary('run one, on a virtual clock')
    .description(
      'Runs an exercise on a virtual clock with scripted responders, in seconds, and leaves a report. Exit code 1 when it is not passed.',
    )
    .argument('<exercise>', 'id of the exercise; "cordon exercise list" shows them')
    .option('--live', 'in real time, as the demo does')
    .option('-i, --interactive', 'with --live: answer what is asked in Slack yourself')
    .action(
      run(async (context, id: string, options: { readonly live?: true; readonly interactive?: true }) =>
        options.live === true
          ? runLive(context, id, { interactive: options.interactive === true })
          : runHeadless(context, id),
      ),
    );
};
