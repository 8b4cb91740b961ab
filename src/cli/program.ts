import { Command, CommanderError, type OutputConfiguration } from 'commander';
import type { Clock } from '../clock.ts';
import { codeOf, describeError } from '../error.ts';
import type { Ids } from '../id.ts';
import type { Run } from './context.ts';
import { createContext } from './context.ts';
import type { ExitCode } from './error.ts';
import { EXIT, exitCodeOf } from './error.ts';
import type { Io } from './io.ts';
import { createOutput, safeJson, shown } from './output.ts';
import { VERBS } from './verbs.ts';

const OUTLINE = `
Exit codes: 0 yes; 1 the thing asked is not so, or was refused; 2 wrong usage or configuration;
3 something could not be reached. "cordon doctor" shows the settings, all environment variables.`;

/**
 * Runs one command and returns its exit code. Never throws: what goes wrong is written as
 * `code: message` on standard error, or with `--json` as one line of JSON there.
 */
export async function runCli(
  argv: readonly string[],
  options: { readonly io: Io; readonly clock: Clock; readonly ids: Ids },
): Promise<ExitCode> {
  const { io } = options;
  // Read before parsing, so that what is wrong with the other arguments is told the same way.
  const end = argv.indexOf('--');
  const json = argv.slice(0, end === -1 ? argv.length : end).includes('--json');
  const out = createOutput(io, json);
  const context = createContext({ ...options, out });
  let exit: ExitCode = EXIT.ok;

  const fail = (code: string, message: string, exitCode: ExitCode): ExitCode => {
    io.stderr.write(
      json ? `${safeJson({ error: { code, message } })}\n` : `${code}: ${multiline(message)}\n`,
    );
    return exitCode;
  };
  const run: Run =
    (work) =>
    async (...given) => {
      exit = await work(context, ...given);
    };

  const program = createProgram(run, {
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    // What is wrong is said once, by `fail`.
    outputError: () => {},
    getOutHelpWidth: () => io.stdout.columns ?? 100,
    getErrHelpWidth: () => io.stderr.columns ?? 100,
  });

  const [first] = argv.filter((argument) => argument !== '--json');
  if (first === '--version' || first === '-V') {
    const { VERSION } = await import('../version.ts');
    out.result({ version: VERSION }, () => out.line(VERSION));
    return EXIT.ok;
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.ok;
      return fail('cordon_cli_usage', usageOf(error.message), EXIT.usage);
    }
    const code = codeOf(error);
    // An error without a code is ours to find: its words may hold anything, so only its kind is shown.
    const message = code === 'cordon_internal' ? internalOf(error) : describeError(error);
    return fail(code, message, exitCodeOf(code));
  }
}

/** Every verb with its arguments and options, to be parsed or to be described; nothing has run. */
export function createProgram(run: Run, output: OutputConfiguration = {}): Command {
  // First: a verb takes over the settings of its parent as they are when it is registered.
  const program = new Command('cordon')
    .configureOutput(output)
    .description('Incident response for serverless functions.')
    .option('--json', 'print results as JSON, one document a line')
    .option('-V, --version', 'print the version')
    .helpCommand(false)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, subcommandTerm: (command) => command.name() })
    .addHelpText('after', OUTLINE);
  for (const register of VERBS) register(program, run);
  for (const group of program.commands) group.helpCommand(false);
  return program;
}

function usageOf(message: string): string {
  if (message === '(outputHelp)' || message === '(commander.help)') return 'expected a command; see --help';
  return `${shown(message.replace(/^error: /, ''))}; see --help`;
}

function internalOf(error: unknown): string {
  const kind = error instanceof Error ? error.name : 'unknown';
  const message = shown(describeError(error), 500);
  return `something unexpected went wrong (${kind}: ${message}); please report it with what you did`;
}

/** A message may have lines, one a problem; nothing else in it may drive the terminal. */
function multiline(message: string): string {
  return message
    .split('\n')
    .map((text) => shown(text, 2000))
    .join('\n');
}
