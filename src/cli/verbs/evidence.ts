import type { Context, Register } from '../context.ts';
import { EXIT } from '../error.ts';
import { readText } from '../file.ts';
import { notFound, REFERENCE } from '../incident.ts';
import { shown } from '../output.ts';

export const evidence: Register = (program, run) => {
  const group = program
    .command('evidence')
    .summary('list or verify evidence')
    .description('Lists or verifies the evidence of an incident, in the data folder of this machine.');
  group
    .command('list')
    .summary('list what was collected, and what could not be')
    .description('Lists what was collected, and what could not be, with the reason.')
    .argument('<incident>', REFERENCE)
    .action(
      run(async (context, reference: string) => {
        const { out } = context;
        const { contents } = await reportOn(context, reference, undefined);
        out.result(contents, () => {
          if (contents.length === 0) out.line('Nothing was collected.');
          for (const line of contents) {
            out.line(
              line.kind === 'item'
                ? `${shown(line.name, 100)}  ${line.size} bytes  sha256 ${line.sha256}${line.secret ? '  encrypted' : ''}${line.matchesExpected ? '' : out.paint.red('  not the expected digest')}`
                : `${shown(line.name, 100)}  ${out.paint.yellow('missing')}: ${shown(line.reason)}`,
            );
          }
        });
        return EXIT.ok;
      }),
    );
  group
    .command('verify')
    .summary('check every byte against its seal')
    .description(
      'Checks every byte of an incident’s evidence: digests, seals, signatures, and that nothing else lies there.',
    )
    .argument('<incident>', REFERENCE)
    .option('--key <file>', 'public key to trust, PEM; without it the folder’s own is used and named')
    .action(
      run(async (context, reference: string, options: { readonly key?: string }) => {
        const { out } = context;
        const key = options.key === undefined ? undefined : await readText(options.key);
        const report = await reportOn(context, reference, key);
        out.result(report, () => {
          const verdict = report.verified ? out.paint.green('verified') : out.paint.red('not verified');
          out.line(
            `${report.incident}: ${verdict}; ${report.items} items, ${report.missing} missing, ${report.seals} seals, ${report.bytes} bytes`,
          );
          for (const problem of report.problems) out.line(`  ${shown(problem, 500)}`);
          if (options.key === undefined) {
            out.line(
              `  signed by ${report.keyIds.join(', ') || 'nobody'}: compare it with the key that was published`,
            );
          }
        });
        return report.verified ? EXIT.ok : EXIT.no;
      }),
    );
};

async function reportOn(context: Context, reference: string, publicKeyPem: string | undefined) {
  const extract = await context.withApi((api) => api.timeline(reference, 0));
  if (extract === undefined || extract.chain === 'system') throw notFound(reference);
  const { verifyEvidence } = await import('../../main/evidence.ts');
  return verifyEvidence({
    dataDir: (await context.config()).dataDir,
    incident: extract.chain,
    entries: extract.entries,
    ...(publicKeyPem === undefined ? {} : { publicKeyPem }),
  });
}
