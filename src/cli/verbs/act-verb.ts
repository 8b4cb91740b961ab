import type { Command } from 'commander';
import type { Act } from '../../command/act.ts';
import { readAct } from '../../command/read-act.ts';
import { act as perform } from '../act.ts';
import type { Run } from '../context.ts';
import { CliError } from '../error.ts';
import { REFERENCE } from '../incident.ts';

/** Adds the verb of one act of the table that Slack's verbs are made of too. */
export function addVerb(parent: Command, act: Act, name: string, run: Run): void {
  const verb = parent
    .command(name)
    .aliases([...act.aliases])
    .summary(act.summary)
    .description(act.description)
    .argument('<incident>', REFERENCE);
  const inTurn = act.parameters.filter(({ terminal }) => terminal === 'argument');
  for (const { name: field, help, slack } of inTurn) {
    // What takes the rest of a line in Slack takes the rest of the words here, quoted or not.
    verb.argument(slack === 'rest' ? `<${field}...>` : `<${field}>`, help);
  }
  for (const { terminal, required, help } of act.parameters) {
    if (terminal === 'argument') continue;
    if (required) verb.requiredOption(terminal.flags, help);
    else verb.option(terminal.flags, help);
  }
  verb.action(
    run(async (context, reference: string, ...given: unknown[]) => {
      const words: Record<string, string | undefined> = {};
      for (const [index, { name: field }] of inTurn.entries()) {
        const word = given[index];
        words[field] = Array.isArray(word) ? word.join(' ') : String(word);
      }
      const options = given[inTurn.length] as Readonly<Record<string, string>>; // commander's own order
      const reading = readAct(act, { ...options, ...words }, context.clock.now());
      if (reading.kind === 'wrong') throw new CliError('cordon_cli_usage', reading.message);
      return perform(context, reference, act.command, () => reading.input);
    }),
  );
}
