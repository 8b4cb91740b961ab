import { sayWhoPerforms } from '../act.ts';
import type { Api, Context, Register } from '../context.ts';
import type { ExitCode } from '../error.ts';
import { CliError, EXIT } from '../error.ts';
import { readGiven } from '../file.ts';
import { nameOf } from '../incident.ts';
import { shown } from '../output.ts';
import { printRehearsals } from '../render-rehearsal.ts';

// One byte over the limit of the engine, which then refuses it by its own code.
const MAX_READ_BYTES = 1_048_577;

export const alert: Register = (program, run) => {
  const group = program
    .command('alert')
    .summary('submit an alert by hand')
    .description('Submits an alert by hand, through the same intake as every other.');
  group
    .command('submit')
    .summary('submit an alert from a file')
    .description('Submits an alert: a GuardDuty finding in any of its envelopes, or Cordon’s own JSON.')
    .argument('<file>', 'the alert as JSON; - reads standard input')
    .option('-n, --dry-run', 'show what would be done; read accounts, write nothing anywhere')
    .action(
      run(async (context, file: string, options: { readonly dryRun?: true }) => {
        const bytes = await readGiven(file, context.io, MAX_READ_BYTES);
        const source = (await context.config()).cliIdentity;
        if (source === '') {
          throw new CliError('cordon_cli_usage', 'expected CORDON_USER to say who submits the alert');
        }
        return options.dryRun === true
          ? dryRun(context, bytes, source)
          : context.withApi((api) => submit(context, api, bytes, source));
      }),
    );
};

async function submit(context: Context, api: Api, bytes: Uint8Array, source: string): Promise<ExitCode> {
  const { out } = context;
  const receipt = await api.submit({ bytes, source });
  const told: {
    readonly outcome: Awaited<ReturnType<Api['submit']>>[number];
    readonly name: string | undefined;
  }[] = [];
  for (const outcome of receipt) {
    const incident = outcome.kind === 'refused' ? undefined : await api.incident(outcome.incidentId);
    told.push({ outcome, name: incident === undefined ? undefined : nameOf(incident) });
  }
  const taken = receipt.some((outcome) => outcome.kind !== 'refused');
  out.result(
    told.map(({ outcome, name }) => (name === undefined ? outcome : { ...outcome, incident: name })),
    () => {
      for (const { outcome, name } of told) {
        out.line(
          outcome.kind === 'refused'
            ? `${out.paint.red('refused')}  ${outcome.code}: ${shown(outcome.message, 500)}`
            : `${out.paint.green(outcome.kind)}  ${out.paint.bold(name ?? outcome.incidentId)}  (cordon show ${name ?? outcome.incidentId})`,
        );
      }
    },
  );
  if (taken) await sayWhoPerforms(context, api);
  return taken ? EXIT.ok : EXIT.no;
}

async function dryRun(context: Context, bytes: Uint8Array, source: string): Promise<ExitCode> {
  const { out, clock, ids } = context;
  const { rehearse } = await import('../../main/rehearse.ts');
  const rehearsals = await rehearse(await context.config(), {
    bytes,
    source,
    clock,
    ids,
    log: await context.log(),
  });
  out.result(rehearsals, () => printRehearsals(out, rehearsals));
  return rehearsals.some((each) => each.kind !== 'refused') ? EXIT.ok : EXIT.no;
}
