import type { Register } from '../context.ts';
import { EXIT } from '../error.ts';
import type { Paint } from '../output.ts';
import { shown } from '../output.ts';

type Status = 'ok' | 'warn' | 'fail' | 'off';

export const doctor: Register = (program, run) => {
  program
    .command('doctor')
    .summary('say what is set, what is missing, what can be reached')
    .description(
      'Looks at the configuration and everything it names, and says how to mend what is wrong. Exit code 1 when something is.',
    )
    .action(
      run(async (context) => {
        const { out, io, clock } = context;
        const { examine } = await import('../../main/doctor.ts');
        const findings = await examine({
          clock,
          ...(io.environment === undefined ? {} : { environment: io.environment }),
        });
        const ok = findings.every((finding) => finding.status !== 'fail');
        out.result({ ok, findings }, () => {
          for (const { name, status, found, mend } of findings) {
            out.line(`${mark(out.paint, status)}  ${out.paint.bold(name)}  ${shown(found, 500)}`);
            if (mend !== null) out.line(`      ${shown(mend, 500)}`);
          }
        });
        return ok ? EXIT.ok : EXIT.no;
      }),
    );
};

function mark(paint: Paint, status: Status): string {
  switch (status) {
    case 'ok':
      return paint.green('ok  ');
    case 'warn':
      return paint.yellow('warn');
    case 'fail':
      return paint.red('fail');
    case 'off':
      return paint.dim('off ');
  }
}
