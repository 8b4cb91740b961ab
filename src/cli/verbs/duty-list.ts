import type { Command } from 'commander';
import { renderInstant } from '../../timeline/render.ts';
import type { Api, Context, Run } from '../context.ts';
import { EXIT } from '../error.ts';
import { findIncident, nameOf, REFERENCE } from '../incident.ts';
import { shown } from '../output.ts';

const TEXT_WIDTH = 60;

type Duty = Awaited<ReturnType<Api['incidents']>>[number]['openDuties'][number];

interface Row {
  readonly incident: string;
  readonly overdue: boolean;
  readonly duty: Duty;
}

interface Options {
  readonly all?: true;
  readonly overdue?: true;
}

/** What is owed, in one incident or in all of them: what is overdue comes first. */
export function dutyList(group: Command, run: Run): void {
  group
    .command('list')
    .summary('list what is owed, and what is overdue')
    .description(
      'Lists the duties that nobody has settled, those that are overdue first: of one incident, or of every incident there is.',
    )
    .argument('[incident]', REFERENCE)
    .option('-a, --all', 'settled ones too (of one incident)')
    .option('-o, --overdue', 'only what is overdue; exit code 1 when there is any')
    .action(
      run(async (context, reference: string | undefined, options: Options) =>
        context.withApi(async (api) => {
          const rows = (await rowsOf(context, api, reference, options)).filter(
            (row) => options.overdue !== true || row.overdue,
          );
          print(context, rows, options);
          return options.overdue === true && rows.length > 0 ? EXIT.no : EXIT.ok;
        }),
      ),
    );
}

async function rowsOf(
  context: Context,
  api: Api,
  reference: string | undefined,
  options: Options,
): Promise<readonly Row[]> {
  const now = context.clock.now().toISOString();
  const row = (incident: { readonly number: number }, duty: Duty): Row => ({
    incident: nameOf(incident),
    overdue: duty.settled === null && duty.dueAt < now,
    duty,
  });
  const rows =
    reference === undefined
      ? (await api.incidents({ all: true })).flatMap((each) => each.openDuties.map((duty) => row(each, duty)))
      : await (async () => {
          const incident = await findIncident(api, reference);
          return incident.duties
            .filter(({ settled }) => options.all === true || settled === null)
            .map((duty) => row(incident, duty));
        })();
  return [...rows].sort((a, b) => (a.duty.dueAt < b.duty.dueAt ? -1 : 1));
}

function print({ out }: Context, rows: readonly Row[], options: Options): void {
  const data = rows.map(({ incident, overdue, duty }) => ({ incident, overdue, ...duty }));
  out.result(data, () => {
    if (rows.length === 0) {
      out.line(options.overdue === true ? 'Nothing is overdue.' : 'Nothing is owed.');
      return;
    }
    out.table(
      ['incident', 'duty', 'owner', 'due', 'what'],
      rows.map(({ incident, overdue, duty }) => [
        incident,
        out.paint.bold(shown(duty.id, 64)),
        duty.owner === null ? out.paint.yellow('nobody') : shown(duty.owner, 30),
        duty.settled !== null
          ? out.paint.green(duty.settled.as.replace('-', ' '))
          : overdue
            ? out.paint.red(`${renderInstant(duty.dueAt)} overdue`)
            : renderInstant(duty.dueAt),
        shown(duty.text, TEXT_WIDTH),
      ]),
    );
  });
}
