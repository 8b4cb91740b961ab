import { declareAs } from '../act.ts';
import type { Api, Context, Register } from '../context.ts';
import type { ExitCode } from '../error.ts';
import { CliError, EXIT } from '../error.ts';
import type { Incident } from '../incident.ts';
import { findIncident } from '../incident.ts';
import { wholeNumber } from '../number.ts';
import { printRehearsals } from '../render-rehearsal.ts';

interface Options {
  readonly reason?: string;
  readonly severity: number;
  readonly dryRun?: true;
}

export const contain: Register = (program, run) => {
  program
    .command('contain')
    .summary('contain a function by hand')
    .description(
      'Declares an incident on one function: the playbook contains it, under the same guardrails as after an alert. With --dry-run it prints each call, its permission and its undoing, and writes nothing anywhere.',
    )
    .argument('<function-arn>', 'ARN of the function; a version or alias contains the function')
    .option('-r, --reason <text>', 'why, for the timeline; needed without --dry-run')
    .option('-s, --severity <number>', '1 critical, 2 high, 3 medium', wholeNumber('--severity', 1, 3), 2)
    .option('-n, --dry-run', 'show the plan; read accounts, write nothing anywhere')
    .action(
      run(async (context, functionArn: string, options: Options) => {
        if (options.dryRun === true) return dryRun(context, functionArn, options);
        if (options.reason === undefined) {
          throw new CliError(
            'cordon_cli_usage',
            'expected --reason: why the function is contained, for the timeline',
          );
        }
        return declare(context, functionArn, { ...options, reason: options.reason });
      }),
    );
};

const POLL_MS = 200;
// A throttled account takes a while; whoever waits longer looks with "cordon show --watch".
const PATIENCE_MS = 60_000;

async function declare(
  context: Context,
  functionArn: string,
  { reason, severity }: Options & { readonly reason: string },
): Promise<ExitCode> {
  const { clock, ids, out } = context;
  const { engineHere } = await import('../../main/here.ts');
  const here = await engineHere(await context.config(), { clock, ids, log: await context.log() });
  try {
    return await context.withApi(async (api) => {
      const declared = await declareAs(context, api, { functionArn, reason, severity });
      if (declared === undefined) return EXIT.no;
      const incident = await untilSettled(context, api, declared.incidentId, here !== undefined);
      const { renderIncident } = await import('../render-incident.ts');
      out.result(incident, () => out.line(renderIncident(incident, out.paint)));
      if (here !== undefined) {
        out.remark(
          'No engine was running, so this command contained it and ends now; start "cordon serve" for evidence, people and release.',
        );
      }
      // Waiting for approval or for the end of a pause is no refusal: it was asked for, and somebody is told.
      const refusedAll = incident.containment.every(({ state }) => state === 'refused' || state === 'failed');
      return refusedAll ? EXIT.no : EXIT.ok;
    });
  } finally {
    await here?.stop();
  }
}

/** The incident once every containment has come to something; with `proven`, once it is shown to be effective. */
async function untilSettled({ clock }: Context, api: Api, id: string, proven: boolean): Promise<Incident> {
  const untilMs = clock.monotonicMs() + PATIENCE_MS;
  for (;;) {
    const incident = await findIncident(api, id);
    const states = incident.containment.map(({ state }) => state);
    const settled = states.length > 0 && states.every((state) => !UNDER_WAY.has(state));
    const shows = !proven || !states.includes('held') || PROVEN.has(incident.level);
    const waits = incident.paused !== null || incident.status !== 'open';
    if ((settled && shows) || waits || clock.monotonicMs() >= untilMs) return incident;
    await clock.sleep(POLL_MS);
  }
}

const UNDER_WAY: ReadonlySet<string> = new Set(['planned', 'running', 'unknown']);
const PROVEN: ReadonlySet<string> = new Set(['effective', 'observed', 'breached']);

async function dryRun(
  context: Context,
  functionArn: string,
  { reason, severity }: Options,
): Promise<ExitCode> {
  const { out, clock, ids } = context;
  const { rehearse } = await import('../../main/rehearse.ts');
  const { declarationDocument } = await import('../../command/declare.ts');
  const config = await context.config();
  const source = config.cliIdentity === '' ? 'nobody' : config.cliIdentity;
  const document = declarationDocument({
    functionArn,
    severity,
    reason: reason ?? 'dry run',
    by: source,
    key: 'dry-run',
    now: clock.now(),
  });
  const rehearsals = await rehearse(config, {
    bytes: new TextEncoder().encode(JSON.stringify(document)),
    source,
    clock,
    ids,
    log: await context.log(),
  });
  // One function gives one plan, or one refusal.
  const [rehearsal] = rehearsals;
  out.result(rehearsal, () => printRehearsals(out, rehearsals));
  return rehearsal?.kind === 'rehearsed' ? EXIT.ok : EXIT.no;
}
