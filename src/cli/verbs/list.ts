import { renderInstant } from '../../timeline/render.ts';
import { sayIfPaused } from '../act.ts';
import type { Api, Context, Register } from '../context.ts';
import { EXIT } from '../error.ts';
import { nameOf } from '../incident.ts';
import { shown } from '../output.ts';
import { watch } from '../watch.ts';

const TITLE_WIDTH = 60;

type Listed = Awaited<ReturnType<Api['incidents']>>;

interface ListOptions {
  readonly all?: true;
  readonly mine?: true;
  readonly stale?: true;
  readonly watch?: true;
}

export const list: Register = (program, run) => {
  program
    .command('list')
    .summary('list open incidents')
    .description('Lists open and halted incidents and those whose postmortem is in review, newest first.')
    .option('-a, --all', 'closed ones too')
    .option('-m, --mine', 'only those that you lead, have a role in, or have a task in')
    .option('-s, --stale', 'only those in which nobody has done anything for an hour or more')
    .option('-w, --watch', 'list them again whenever something changes')
    .action(
      run(async (context, options: ListOptions) => {
        const { cliIdentity } = await context.config();
        const look = async (api: Api) => {
          const incidents = await api.incidents({
            all: options.all === true,
            ...(options.mine === true ? { mine: cliIdentity } : {}),
          });
          return options.stale === true ? incidents.filter(({ stale }) => stale) : incidents;
        };
        const print = (incidents: Listed) => printList(context, incidents, options);
        if (options.watch === true) {
          return watch(context, { look, print, over: () => false, left: () => undefined });
        }
        return context.withApi(async (api) => {
          await sayIfPaused(context, api);
          print(await look(api));
          return EXIT.ok;
        });
      }),
    );
};

function printList(context: Context, incidents: Listed, options: ListOptions): void {
  const { out } = context;
  out.result(incidents, () => {
    if (incidents.length === 0) {
      out.line(
        options.stale === true
          ? 'Somebody was at every open incident within the hour.'
          : options.all === true
            ? 'There are no incidents.'
            : 'No incident is open.',
      );
      return;
    }
    out.table(
      ['incident', 'status', 'severity', 'contained', 'lead', 'opened', 'title'],
      incidents.map((each) => [
        out.paint.bold(nameOf(each)),
        each.status === 'halted' ? out.paint.red(each.status) : each.status.replace('-', ' '),
        String(each.severity),
        levelOf(context, each.level),
        each.lead === null ? out.paint.yellow('nobody') : shown(each.lead, 30),
        renderInstant(each.openedAt),
        `${each.reviewOpen ? 'REVIEW OPEN ' : ''}${each.exercise ? 'EXERCISE ' : ''}${shown(each.title, TITLE_WIDTH)}`,
      ]),
    );
  });
}

function levelOf({ out }: Context, level: Listed[number]['level']): string {
  const text = level.replace('_', ' ');
  if (level === 'none' || level === 'breached') return out.paint.red(text);
  return level === 'effective' || level === 'observed' ? out.paint.green(text) : out.paint.yellow(text);
}
