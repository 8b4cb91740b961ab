import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Context, Register } from '../context.ts';
import type { ExitCode } from '../error.ts';
import { CliError, EXIT } from '../error.ts';
import { readText } from '../file.ts';
import { shown } from '../output.ts';

const FOLDER = 'folder with the policies and their schema; the configured one without it';

export const guardrail: Register = (program, run) => {
  const group = program
    .command('guardrail')
    .summary('check, test or explain guardrails')
    .description('Checks, tests or explains the policies that decide what may run.');
  group
    .command('check')
    .summary('say everything that is wrong with the policies')
    .description(
      'Checks syntax, annotations and types of the policies. Exit code 1 names each fault’s place.',
    )
    .argument('[folder]', FOLDER)
    .action(run(async (context, folder: string | undefined) => check(context, folder)));
  group
    .command('test')
    .summary('run a table of cases')
    .description(
      'Runs tables of cases against the policies: the given file, else all in the folder’s "tests".',
    )
    .argument('[file]', 'a table of cases, YAML')
    .option('--guardrails <folder>', FOLDER)
    .action(
      run(async (context, file: string | undefined, options: { readonly guardrails?: string }) =>
        test(context, file, options.guardrails),
      ),
    );
  group
    .command('explain')
    .summary('say what decides a case, and why')
    .description('Says what the policies decide on one case of a table, which of them decided, and why.')
    .argument('<file>', 'a table of cases, YAML')
    .requiredOption('-c, --case <name>', 'name of the case')
    .option('--guardrails <folder>', FOLDER)
    .action(
      run(async (context, file: string, options: { readonly case: string; readonly guardrails?: string }) =>
        explain(context, file, options.case, options.guardrails),
      ),
    );
};

async function load(context: Context, folder: string | undefined) {
  const { loadGuardrails } = await import('../../definitions.ts');
  return loadGuardrails(folder ?? (await context.config()).guardrailsDir);
}

async function check(context: Context, folder: string | undefined): Promise<ExitCode> {
  const { out } = context;
  const files = await load(context, folder);
  const { inspectGuardrails } = await import('../../guardrail/check.ts');
  const { guardrails, diagnostics } = inspectGuardrails(files);
  const ok = diagnostics.length === 0;
  out.result({ ok, policies: guardrails.length, diagnostics }, () => {
    if (ok) out.line(`${guardrails.length} policies: ${out.paint.green('ok')}`);
    for (const { file, line, column, message } of diagnostics) {
      out.line(`${file}:${line}:${column}: ${shown(message, 1000)}`);
    }
  });
  return ok ? EXIT.ok : EXIT.no;
}

async function test(
  context: Context,
  file: string | undefined,
  folder: string | undefined,
): Promise<ExitCode> {
  const { out } = context;
  const files = await load(context, folder);
  const { createGate } = await import('../../guardrail/gate.ts');
  const { parseGuardrailCases, runGuardrailTests } = await import('../../guardrail/cases.ts');
  const gate = createGate(files);
  const tables = file === undefined ? await tablesBeside(files.schema.file) : [file];
  const results = [];
  for (const table of tables) {
    for (const result of runGuardrailTests(parseGuardrailCases(await readText(table), table), gate)) {
      results.push({ file: table, ...result });
    }
  }
  const failed = results.filter((result) => !result.passed);
  out.result({ passed: results.length - failed.length, failed: failed.length, results }, () => {
    for (const { name, expected, found } of failed) {
      out.line(
        `${out.paint.red('failed')}  ${shown(name)}: expected ${shown(expected)}, found ${shown(found)}`,
      );
    }
    out.line(`${results.length - failed.length} passed, ${failed.length} failed`);
  });
  return failed.length === 0 ? EXIT.ok : EXIT.no;
}

async function tablesBeside(schemaFile: string): Promise<readonly string[]> {
  const folder = join(dirname(schemaFile), 'tests');
  const names = await readdir(folder).catch(() => []);
  const tables = names.filter((name) => name.endsWith('.yaml')).sort();
  if (tables.length > 0) return tables.map((name) => join(folder, name));
  throw new CliError(
    'cordon_cli_usage',
    'expected a table of cases as FILE, or in the folder "tests" of the guardrails',
  );
}

async function explain(
  context: Context,
  file: string,
  name: string,
  folder: string | undefined,
): Promise<ExitCode> {
  const { out } = context;
  const files = await load(context, folder);
  const { createGate } = await import('../../guardrail/gate.ts');
  const { caseRequest, parseGuardrailCases } = await import('../../guardrail/cases.ts');
  const { explainDecision, formatExplanation } = await import('../../guardrail/explain.ts');
  const gate = createGate(files);
  const request = caseRequest(parseGuardrailCases(await readText(file), file), name, gate);
  if (request === undefined) {
    throw new CliError(
      'cordon_cli_usage',
      `expected the name of a case in ${file}; there is none of that name`,
    );
  }
  const decision = gate.decide(request);
  const explanation = explainDecision(decision, gate.guardrails);
  out.result({ decision, ...explanation }, () => {
    for (const line of formatExplanation(explanation).split('\n')) out.line(shown(line, 1000));
  });
  return EXIT.ok;
}
