import type { Register } from '../context.ts';
import { EXIT } from '../error.ts';

export const actions: Register = (program, run) => {
  const group = program
    .command('actions')
    .summary('list what a playbook may do')
    .description('The catalogue of actions that a playbook may name.');
  group
    .command('list')
    .summary('list the catalogue')
    .description('Lists the catalogue: each action, what it does, whether it can be undone.')
    .action(
      run(async ({ out }) => {
        const { CATALOGUE } = await import('../../action/catalogue.ts');
        const rows = CATALOGUE.map((action) => ({
          id: action.id,
          title: action.title,
          effect: action.effect,
          reversible: action.effect === 'contain' ? action.reversible : null,
          permissions: [...new Set(action.permissions.map((permission) => permission.action))].sort(),
          description: action.description,
        }));
        out.result(rows, () =>
          out.table(
            ['action', 'effect', 'undone by', 'title'],
            rows.map(({ id, effect, reversible, title }) => [
              out.paint.bold(id),
              effect,
              reversible === null ? '-' : reversible ? 'release' : 'nothing',
              title,
            ]),
          ),
        );
        return EXIT.ok;
      }),
    );
};
