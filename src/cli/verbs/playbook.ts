import type { Context, Register } from '../context.ts';
import type { ExitCode } from '../error.ts';
import { EXIT } from '../error.ts';
import { readText } from '../file.ts';
import { shown } from '../output.ts';

export const playbook: Register = (program, run) => {
  const group = program
    .command('playbook')
    .summary('check or draw a playbook')
    .description('Checks or draws a playbook file.');
  group
    .command('check')
    .summary('say everything that is wrong with a playbook')
    .description(
      'Checks a playbook against every rule of the language. Exit code 1 comes with file:line:column of each fault.',
    )
    .argument('<file>', 'the playbook, a YAML file')
    .action(run(async (context, file: string) => check(context, file)));
  group
    .command('graph')
    .summary('draw a playbook as a Mermaid diagram')
    .description('Draws a playbook as a Mermaid state diagram on standard output.')
    .argument('<file>', 'the playbook, a YAML file')
    .action(
      run(async (context, file: string) => {
        const { out } = context;
        const { PLAYBOOK_CATALOGUE } = await import('../../definitions.ts');
        const { compilePlaybook } = await import('../../playbook/compile.ts');
        const { drawPlaybook } = await import('../../playbook/graph.ts');
        const mermaid = drawPlaybook(compilePlaybook(await readText(file), PLAYBOOK_CATALOGUE).model);
        out.result({ mermaid }, () => context.io.stdout.write(mermaid));
        return EXIT.ok;
      }),
    );
};

async function check({ out }: Context, file: string): Promise<ExitCode> {
  const text = await readText(file);
  const { PLAYBOOK_CATALOGUE } = await import('../../definitions.ts');
  const { checkPlaybook } = await import('../../playbook/check.ts');
  const diagnostics = checkPlaybook(text, file, PLAYBOOK_CATALOGUE);
  out.result({ file, ok: diagnostics.length === 0, diagnostics }, () => {
    if (diagnostics.length === 0) out.line(`${file}: ${out.paint.green('ok')}`);
    for (const { line, column, code, message } of diagnostics) {
      out.line(`${file}:${line}:${column}: ${out.paint.red(code)}: ${shown(message, 1000)}`);
    }
  });
  return diagnostics.length === 0 ? EXIT.ok : EXIT.no;
}
