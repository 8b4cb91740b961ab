import { renderInstant } from '../../timeline/render.ts';
import type { Api, Register } from '../context.ts';
import { EXIT } from '../error.ts';
import { nameOf } from '../incident.ts';
import { wholeNumber } from '../number.ts';
import type { Output } from '../output.ts';
import { shown } from '../output.ts';

type Report = Awaited<ReturnType<Api['observed']>>;
type Observed = Report['incidents'][number];

export const observe: Register = (program, run) => {
  const group = program
    .command('observe')
    .summary('report what mode observe held back')
    .description('What the engine would have done where it only observes.');
  group
    .command('report')
    .summary('what it would have done, beside what people decided')
    .description(
      'For each incident in mode observe: the calls that mode act would have made, beside the verdict of people. Read it before an account is set to ask or act.',
    )
    .option('-d, --days <number>', 'how far back', wholeNumber('--days', 1, 3650), 30)
    .action(
      run(async (context, { days }: { readonly days: number }) =>
        context.withApi(async (api) => {
          const report = await api.observed(days);
          context.out.result(report, () => print(context.out, report, days));
          return EXIT.ok;
        }),
      ),
    );
};

function print(out: Output, { incidents, summary }: Report, days: number): void {
  if (incidents.length === 0) {
    out.line(`Mode observe held nothing back in the last ${days} days.`);
    return;
  }
  for (const incident of incidents) {
    const verdict =
      incident.verdict === null
        ? 'no verdict yet'
        : `${incident.verdict.verdict.replaceAll('_', ' ')}, said ${shown(incident.verdict.by, 60)}`;
    out.line(
      `${out.paint.bold(nameOf(incident))}  ${renderInstant(incident.openedAt)}  ${shown(incident.title, 100)}`,
    );
    out.line(`  ${verdict}: ${judged(out, incident)}`);
    for (const attempt of incident.wouldHave) {
      out.line(
        `  ${attempt.action} (${attempt.rung}) on ${shown(attempt.object, 200)}: ${then(attempt)} [${attempt.policies.join(', ')}]`,
      );
      for (const { call, summary: what } of attempt.calls) out.line(`    ${call}: ${shown(what)}`);
    }
  }
  out.line();
  out.line(
    `${summary.incidents} incidents in ${days} days: would have been right ${summary.right}, wrong ${summary.wrong}; would have asked ${summary.asked}; not decided ${summary.undecided}`,
  );
}

function then({ decision, quorum }: Observed['wouldHave'][number]): string {
  if (decision === 'run') return 'would have run';
  return decision === 'ask' ? `would have asked ${quorum ?? 1}` : 'would have been refused';
}

function judged(out: Output, { judgement }: Observed): string {
  switch (judgement) {
    case 'right':
      return out.paint.green('acting would have been right');
    case 'wrong':
      return out.paint.red('acting would have been wrong');
    case 'asked':
      return 'people would have been asked';
    case 'undecided':
      return 'not decided';
  }
}
