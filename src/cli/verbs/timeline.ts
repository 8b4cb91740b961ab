import { renderEntry } from '../../timeline/render.ts';
import type { Api, Register } from '../context.ts';
import { EXIT } from '../error.ts';
import { notFound, REFERENCE } from '../incident.ts';
import { shown } from '../output.ts';

const WHICH = `${REFERENCE}; or "system" for what belongs to no incident`;

export const timeline: Register = (program, run) => {
  const group = program
    .command('timeline')
    .summary('show or verify a timeline')
    .description('Shows or verifies the append-only record of an incident.');

  group
    .command('show')
    .summary('print every entry')
    .description('Prints every entry, oldest first.')
    .argument('<incident>', WHICH)
    .action(
      run(async (context, reference: string) => {
        const { out } = context;
        return context.withApi(async (api) => {
          const extract = await chainOf(api, reference);
          out.result(extract, () => {
            for (const entry of extract.entries) out.line(renderEntry(entry));
          });
          return EXIT.ok;
        });
      }),
    );

  group
    .command('verify')
    .summary('prove that nothing was altered')
    .description('Recomputes the whole hash chain. Exit code 1 names the first entry that is not as it was.')
    .argument('<incident>', WHICH)
    .action(
      run(async (context, reference: string) => {
        const { out } = context;
        return context.withApi(async (api) => {
          const { describeVerdict, verifyChain } = await import('../../timeline/verify.ts');
          const { chain, entries, head } = await chainOf(api, reference);
          const verdict = verifyChain(chain, entries, head);
          out.result({ chain, ...verdict }, () => {
            const text = shown(describeVerdict(chain, verdict), 1000);
            out.line(verdict.kind === 'intact' ? text : out.paint.red(text));
          });
          return verdict.kind === 'intact' ? EXIT.ok : EXIT.no;
        });
      }),
    );
};

async function chainOf(api: Api, reference: string) {
  const extract = await api.timeline(reference, 0);
  if (extract === undefined) throw notFound(reference);
  return extract;
}
