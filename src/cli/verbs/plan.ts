import type { Register } from '../context.ts';
import { EXIT } from '../error.ts';
import { findIncident, nameOf, REFERENCE } from '../incident.ts';
import { shown } from '../output.ts';

export const plan: Register = (program, run) => {
  program
    .command('plan')
    .summary('show what containment does, call by call')
    .description('Shows each call of an incident’s containment, how far it is, and how it is undone.')
    .argument('<incident>', REFERENCE)
    .action(
      run(async (context, reference: string) => {
        const { out } = context;
        return context.withApi(async (api) => {
          const incident = await findIncident(api, reference);
          out.result(incident.containment, () => {
            if (incident.containment.length === 0) out.line(`${nameOf(incident)} has planned nothing yet.`);
            for (const { state, action, actionTitle, detail, changes } of incident.containment) {
              out.line(
                `${state}  ${actionTitle} (${action})${changes.length === 0 ? `: ${shown(detail, 300)}` : ''}`,
              );
              for (const { call, summary, undo } of changes) {
                out.line(`    ${call}: ${shown(summary, 300)}`);
                out.line(`      undo: ${shown(undo, 300)}`);
              }
            }
          });
          return EXIT.ok;
        });
      }),
    );
};
