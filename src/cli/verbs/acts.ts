import { ACTS } from '../../command/acts.ts';
import type { Register } from '../context.ts';
import { addVerb } from './act-verb.ts';
import { dutyList } from './duty-list.ts';
import { taskList } from './task-list.ts';

/** Every human act that is made of words, out of the table that Slack's verbs are made of too. */
export const acts: Register = (program, run) => {
  const task = program
    .command('task')
    .summary('add, list, finish and snooze tasks')
    .description('The tasks of an incident: who does what by when.');
  const duty = program
    .command('duty')
    .summary('list, assign, settle and snooze duties')
    .description(
      'What a named person owes by a time: telling an authority or a customer, the postmortem, an action item of it.',
    );
  const groups = new Map([
    ['task', task],
    ['duty', duty],
  ]);
  for (const act of ACTS) {
    const [word, detail] = act.words;
    // Beside what else is done with a postmortem: see its own verb.
    if (word === 'postmortem') continue;
    if (detail === undefined) addVerb(program, act, word, run);
    else addVerb(groups.get(word) ?? program, act, detail, run);
  }
  taskList(task, run);
  dutyList(duty, run);
};
