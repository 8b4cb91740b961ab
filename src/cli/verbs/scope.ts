import { renderInstant } from '../../timeline/render.ts';
import type { Register } from '../context.ts';
import { CliError, EXIT } from '../error.ts';
import { REFERENCE } from '../incident.ts';
import { shown } from '../output.ts';

const SHARES = { role: 'same role', principal: 'changed by', caller: 'called by' } as const;

export const scope: Register = (program, run) => {
  program
    .command('scope')
    .summary('find other functions that may be affected')
    .description(
      'Lists functions that share a role, a recent changer or a caller with the targets of an incident, from the inventory. "cordon add-target" adds one.',
    )
    .argument('<incident>', REFERENCE)
    .action(
      run(async ({ out, withApi }, reference: string) => {
        const found = await withApi((api) => api.scope(reference.replace(/^drill-/i, '')));
        if (found === undefined) {
          throw new CliError(
            'cordon_cli_incident_not_found',
            'expected an incident, as INC-12; "cordon list --all" shows those there are',
          );
        }
        out.result(found, () => {
          if (found.takenAt.length === 0)
            out.line('The inventory knows nothing of it: cordon inventory refresh');
          else if (found.suggestions.length === 0)
            out.line('No other function shares anything with the targets.');
          else
            out.table(
              ['function', 'shares'],
              found.suggestions.map(({ functionArn, because }) => [
                shown(functionArn, 160),
                because.map(({ kind, value }) => `${SHARES[kind]} ${shown(value, 120)}`).join('; '),
              ]),
            );
          for (const at of found.takenAt) {
            out.line(
              `${renderInstant(at)}${found.stale ? '  some of it is old: cordon inventory refresh' : ''}`,
            );
          }
        });
        return EXIT.ok;
      }),
    );
};
