import { renderInstant } from '../../timeline/render.ts';
import type { Register } from '../context.ts';
import { EXIT } from '../error.ts';
import { findIncident, nameOf, REFERENCE } from '../incident.ts';
import { shown } from '../output.ts';

const TEXT_WIDTH = 60;

export const taskList: Register = (group, run) => {
  group
    .command('list')
    .summary('list an incident’s tasks')
    .description('Lists the tasks that are still open: whose they are, and when they are due.')
    .argument('<incident>', REFERENCE)
    .option('-a, --all', 'done ones too')
    .action(
      run(async (context, reference: string, options: { readonly all?: true }) => {
        const { out, clock } = context;
        return context.withApi(async (api) => {
          const incident = await findIncident(api, reference);
          const tasks = incident.tasks.filter((task) => options.all === true || task.doneAt === null);
          const now = clock.now().toISOString();
          out.result(tasks, () => {
            if (tasks.length === 0) {
              out.line(`${nameOf(incident)} has no ${options.all === true ? '' : 'open '}task.`);
              return;
            }
            out.table(
              ['task', 'owner', 'due', 'what'],
              tasks.map((task) => [
                out.paint.bold(task.id),
                shown(task.owner ?? 'nobody', 30),
                task.doneAt !== null
                  ? out.paint.green('done')
                  : task.dueAt === null
                    ? ''
                    : task.dueAt <= now
                      ? out.paint.red(`${renderInstant(task.dueAt)} overdue`)
                      : renderInstant(task.dueAt),
                shown(task.text, TEXT_WIDTH),
              ]),
            );
          });
          return EXIT.ok;
        });
      }),
    );
};
