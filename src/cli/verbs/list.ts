import { renderInstant } from '../../timeline/render.ts';
import { sayIfPaused } from '../act.ts';
import type { Register } from '../context.ts';
import { EXIT } from '../error.ts';
import { nameOf } from '../incident.ts';
import { shown } from '../output.ts';

const TITLE_WIDTH = 60;

export const list: Register = (program, run) => {
  program
    .command('list')
    .summary('list open incidents')
    .description('Lists open and halted incidents, newest first.')
    .option('-a, --all', 'closed ones too')
    .action(
      run(async (context, options: { readonly all?: true }) => {
        const { out } = context;
        return context.withApi(async (api) => {
          await sayIfPaused(context, api);
          const incidents = await api.incidents({ all: options.all === true });
          out.result(incidents, () => {
            if (incidents.length === 0) {
              out.line(options.all === true ? 'There are no incidents.' : 'No incident is open.');
              return;
            }
            out.table(
              ['incident', 'status', 'severity', 'contained', 'opened', 'title'],
              incidents.map((each) => [
                out.paint.bold(nameOf(each)),
                each.status === 'halted' ? out.paint.red(each.status) : each.status,
                String(each.severity),
                each.level.replace('_', ' '),
                renderInstant(each.openedAt),
                `${each.exercise ? 'EXERCISE ' : ''}${shown(each.title, TITLE_WIDTH)}`,
              ]),
            );
          });
          return EXIT.ok;
        });
      }),
    );
};
