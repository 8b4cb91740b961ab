import { act } from '../act.ts';
import type { Register } from '../context.ts';
import { REFERENCE } from '../incident.ts';

export const note: Register = (program, run) => {
  program
    .command('note')
    .summary('add a note to the timeline')
    .description('Adds your words to the incident’s timeline, where they stay.')
    .argument('<incident>', REFERENCE)
    .argument('<text...>', 'the note')
    .action(
      run(async (context, reference: string, words: string[]) =>
        act(context, reference, 'note', () => ({ text: words.join(' ') })),
      ),
    );
};
