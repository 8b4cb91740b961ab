import type { Context, Register } from '../context.ts';
import { EXIT } from '../error.ts';
import type { Incident } from '../incident.ts';
import { findIncident, nameOf, REFERENCE } from '../incident.ts';
import { watch } from '../watch.ts';

export const show: Register = (program, run) => {
  program
    .command('show')
    .summary('show one incident')
    .description('Shows one incident: what is contained, what is asked of whom, what happened last.')
    .argument('<incident>', REFERENCE)
    .option('-w, --watch', 'show it again whenever it changes, until it is closed')
    .action(
      run(async (context, reference: string, options: { readonly watch?: true }) => {
        if (options.watch === true) {
          return watch(context, {
            look: (api) => findIncident(api, reference),
            print: (incident) => print(context, incident),
            over: (incident) => incident.status === 'closed' || incident.status === 'in-review',
            left: (incident) => `${nameOf(incident)} is still ${incident.status}.`,
          });
        }
        return context.withApi(async (api) => {
          await print(context, await findIncident(api, reference));
          return EXIT.ok;
        });
      }),
    );
};

async function print(context: Context, incident: Incident): Promise<void> {
  const { out } = context;
  const { renderIncident } = await import('../render-incident.ts');
  out.result(incident, () => out.line(renderIncident(incident, out.paint)));
}
