import type { Register } from '../context.ts';
import { CliError } from '../error.ts';
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
    .option('--transcript <file>', 'write what people saw in Slack to this file, as HTML')
    .option('--time-zone <zone>', 'with --transcript: whose clock it shows, such as Europe/Berlin', 'UTC')
    .action(
      run(async (context, id: string, options: RunFlags) => {
        const transcript = transcriptOf(options);
        return options.live === true
          ? runLive(context, id, { interactive: options.interactive === true, ...transcript })
          : runHeadless(context, id, transcript);
      }),
    );
};

interface RunFlags {
  readonly live?: true;
  readonly interactive?: true;
  readonly transcript?: string;
  readonly timeZone: string;
}

/** Where the transcript goes, as an exercise takes it. A zone that nobody knows is said before anything runs. */
function transcriptOf({ transcript: file, timeZone }: RunFlags) {
  if (!isTimeZone(timeZone)) {
    throw new CliError('cordon_cli_usage', 'expected --time-zone to be an IANA name, such as Europe/Berlin');
  }
  return file === undefined ? {} : { transcript: { file, timeZone } };
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
