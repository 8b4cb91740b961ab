import type { Command } from 'commander';
import type { Register } from '../context.ts';
import { CliError, EXIT } from '../error.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** One place where words can follow: what is typed before it, and what may come. */
interface Place {
  readonly path: readonly string[];
  readonly words: readonly { readonly word: string; readonly help: string }[];
}

export const completion: Register = (program, run) => {
  program
    .command('completion')
    .summary('print shell completion')
    .description(
      'Prints completion for a shell. For bash: source <(cordon completion bash); for zsh: the same; for fish: cordon completion fish | source.',
    )
    .argument('<shell>', SHELLS.join(', '))
    .action(
      run(async ({ out }, wanted: string) => {
        const shell = SHELLS.find((each) => each === wanted);
        if (shell === undefined) {
          throw new CliError('cordon_cli_usage', `expected one of ${SHELLS.join(', ')}`);
        }
        // From the program itself, so that a verb is completed as soon as it exists.
        const script = scriptFor(shell, placesOf(program, []));
        out.result({ shell, script }, () => out.line(script));
        return EXIT.ok;
      }),
    );
};

function placesOf(command: Command, path: readonly string[]): readonly Place[] {
  const words = [
    ...command.commands.map((each) => ({ word: each.name(), help: each.summary() })),
    ...command.options.flatMap(({ long, description }) =>
      long === undefined || long === null ? [] : [{ word: long, help: description }],
    ),
    { word: '--json', help: 'print results as JSON' },
    { word: '--help', help: 'say how it is used' },
  ];
  const seen = new Set<string>();
  const unique = words.filter(({ word }) => !seen.has(word) && seen.add(word));
  return [
    { path, words: unique },
    ...command.commands.flatMap((each) => placesOf(each, [...path, each.name()])),
  ];
}

function scriptFor(shell: Shell, places: readonly Place[]): string {
  switch (shell) {
    case 'bash':
      return bash(places);
    case 'zsh':
      return `autoload -Uz bashcompinit && bashcompinit\n${bash(places)}`;
    case 'fish':
      return fish(places);
  }
}

/** The words that are no option, up to the cursor, name the place; the last one that is known counts. */
function bash(places: readonly Place[]): string {
  const cases = places
    .filter(({ path }) => path.length > 0)
    .map(({ path, words }) => `      ${quoted(path.join(' '))}) words=${quoted(list(words))} ;;`);
  return `_cordon() {
  local path='' candidate word words=${quoted(list(places[0]?.words ?? []))}
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ "$word" == -* ]] && continue
    candidate="\${path:+$path }$word"
    case "$candidate" in
${cases.join('\n')}
      *) continue ;;
    esac
    path="$candidate"
  done
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _cordon cordon`;
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words }) => {
    const here =
      path.length === 0
        ? '__fish_use_subcommand'
        : path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    return words.map(({ word, help }) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`;
      return `complete -c cordon -f -n ${quoted(here)} ${what} -d ${quoted(help)}`;
    });
  });
  return lines.join('\n');
}

function list(words: Place['words']): string {
  return words.map(({ word }) => word).join(' ');
}

/** Single quotes, so that a shell expands nothing in it. Verbs and help are ours; this holds if they change. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
