import type { ExerciseOptions } from '../../main/exercise/exercise.ts';
import type { Io } from '../io.ts';
import type { Output } from '../output.ts';
import { shown } from '../output.ts';
import type { Screen } from './screen.ts';

type Player = NonNullable<ExerciseOptions['player']>;

/** Lets the person at the terminal be the responder: every answer is a press in Slack, as a colleague's would be. */
export function terminalPlayer(options: {
  readonly io: Io;
  readonly out: Output;
  readonly screen: Screen;
}): Player {
  const { io, out, screen } = options;
  // One question at a time: two at once could not be told apart.
  let turn: Promise<unknown> = Promise.resolve();

  const ask: Player['choose'] = async ({ who, labels, wordy, signal }) => {
    const choices = labels.map((label, index) => `${index + 1} ${label}`).join('   ');
    for (;;) {
      const typed = await io.ask(`${out.paint.bold(`You are ${shown(who, 60)}.`)}  ${choices}  > `, signal);
      // Nobody there: silence is an answer that the playbook knows what to do with.
      if (typed === undefined) return undefined;
      const label =
        labels[Number(typed) - 1] ?? labels.find((each) => each.toLowerCase() === typed.toLowerCase());
      if (label === undefined) {
        out.line(`Expected a number from 1 to ${labels.length}.`);
        continue;
      }
      if (!wordy.includes(label)) return { label };
      const words = await io.ask('Why? > ', signal);
      if (words !== undefined && words.length >= 3) return { label, words };
      out.line('Expected a reason of three characters or more.');
    }
  };

  return {
    choose(prompt) {
      const answer = turn.then(async () => {
        await screen.pause();
        try {
          return await ask(prompt);
        } finally {
          screen.resume();
        }
      });
      turn = answer.catch(() => undefined);
      return answer;
    },
  };
}
