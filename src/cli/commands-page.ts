import type { Command } from 'commander';
import { createProgram } from './program.ts';

/** The sections of `docs/cli.md`: one a verb, from the same declarations that `--help` prints. */
export function commandSections(): readonly string[] {
  const program = createProgram(() => async () => {});
  return [
    'Each command takes `--json`, which prints one JSON document a line, and `--help`.',
    'Exit codes: 0 yes; 1 the thing asked is not so, or was refused; 2 wrong usage or configuration; 3 something could not be reached.',
    summary(program.commands),
    ...program.commands.flatMap((command) => section(command, 'cordon', 2)),
  ];
}

function summary(commands: readonly Command[]): string {
  const rows = commands.map(
    (command) => `| [\`cordon ${command.name()}\`](#cordon-${command.name()}) | ${cell(command.summary())} |`,
  );
  return ['| command | what for |', '| --- | --- |', ...rows].join('\n');
}

function section(command: Command, parent: string, depth: number): readonly string[] {
  const name = `${parent} ${command.name()}`;
  const given = [
    ...command.registeredArguments.map((each) => [`<${each.name()}>`, each.description]),
    ...command.options.map((each) => [each.flags, each.description]),
  ];
  const rows = given.map(([term = '', meaning = '']) => `| \`${cell(term)}\` | ${cell(meaning)} |`);
  const runs = command.commands.length === 0 || given.length > 0;
  return [
    `${'#'.repeat(depth)} ${name}`,
    ...(runs ? [`\`${name} ${command.usage().replace(' [command]', '')}\``] : []),
    command.description(),
    ...(rows.length === 0
      ? []
      : [['| argument or option | what it is |', '| --- | --- |', ...rows].join('\n')]),
    ...command.commands.flatMap((each) => section(each, name, depth + 1)),
  ];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
