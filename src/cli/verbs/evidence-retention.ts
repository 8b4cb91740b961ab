import type { Command } from 'commander';
import type { IncidentId } from '../../id.ts';
import { renderInstant } from '../../timeline/render.ts';
import type { Api, Context, Run } from '../context.ts';
import { withCustody } from '../custody.ts';
import { CliError, EXIT, type ExitCode } from '../error.ts';
import { findIncident, type Incident, nameOf, REFERENCE } from '../incident.ts';
import { wholeNumber } from '../number.ts';
import { shown } from '../output.ts';

const REASON = 'why, in your own words; it is recorded';

/** The verbs about the end of a case: legal hold, lock, expiry and purge. */
export function addRetentionVerbs(group: Command, run: Run): void {
  group
    .command('hold')
    .summary('put the evidence of an incident under legal hold')
    .description(
      'Keeps all evidence of an incident until the hold is ended: no policy expires it and no purge removes it. In a bucket ' +
        'every object is put under S3 legal hold, and so is what is collected later.',
    )
    .argument('<incident>', REFERENCE)
    .requiredOption('--reason <text>', REASON)
    .action(
      run((context, reference: string, { reason }: Reasoned) => hold(context, reference, reason, 'hold')),
    );
  group
    .command('release-hold')
    .summary('end a legal hold')
    .description('Ends the legal hold; the policy and the lock count again. For commanders.')
    .argument('<incident>', REFERENCE)
    .requiredOption('--reason <text>', REASON)
    .action(
      run((context, reference: string, { reason }: Reasoned) =>
        hold(context, reference, reason, 'release-hold'),
      ),
    );
  group
    .command('extend')
    .summary('lock the evidence of an incident for longer')
    .description(
      'Extends the Object Lock of every object of an incident, in a bucket. A lock is never shortened.',
    )
    .argument('<incident>', REFERENCE)
    .requiredOption('-d, --days <number>', 'from now', wholeNumber('--days', 1, 36_500))
    .action(
      run((context, reference: string, { days }: { readonly days: number }) =>
        extend(context, reference, days),
      ),
    );
  group
    .command('expire')
    .summary('remove what the retention policy no longer keeps')
    .description(
      'Lists every closed incident with how long the enrolment file keeps its evidence, and what a purge would remove now. ' +
        'With --yes the content of those whose time is over is removed, where lock and legal hold let it go.',
    )
    .option('--yes', 'remove it; without it nothing is changed')
    .action(run((context, options: Yes) => expire(context, options.yes === true)));
  group
    .command('purge')
    .summary('remove the content of one incident for good')
    .description(
      'Shows what would be removed: the content of every item, what lies in the quarantine, and the bodies of timeline entries. With --yes it is removed, ' +
        'and a sealed tombstone says what, by whom and why; records, digests and hashes stay, and verify still passes. ' +
        'For commanders, once the incident is closed and swept; before the policy lets it go only with --early.',
    )
    .argument('<incident>', REFERENCE)
    .requiredOption('--reason <text>', REASON)
    .option('--early', 'although the retention policy keeps it for longer')
    .option('--yes', 'remove it; without it nothing is changed')
    .action(run((context, reference: string, options: PurgeOptions) => purge(context, reference, options)));
}

interface Reasoned {
  readonly reason: string;
}
interface Yes {
  readonly yes?: boolean;
}
interface PurgeOptions extends Reasoned, Yes {
  readonly early?: boolean;
}

type Kept = ReturnType<Awaited<typeof import('../../main/retention.ts')>['keptUntil']>;

async function hold(
  context: Context,
  reference: string,
  reason: string,
  kind: 'hold' | 'release-hold',
): Promise<ExitCode> {
  const { out, clock } = context;
  return context.withApi(async (api) => {
    const incident = await findIncident(api, reference);
    await record(context, api, incident, { kind, reason });
    const { retentionOf } = await import('../../main/retention.ts');
    const sealed = await withCustody(context, incident, async (custody) => {
      const retention = retentionOf(custody, incident.id, clock);
      const { cliIdentity: by } = await context.config();
      return kind === 'hold' ? retention.hold({ by, reason }) : retention.releaseHold({ by, reason });
    });
    await record(context, api, incident, { kind: 'sealed', ...sealed, purge: false });
    out.result({ incident: incident.id, held: kind === 'hold', ...sealed }, () =>
      out.line(`${nameOf(incident)}: ${kind === 'hold' ? 'under legal hold' : 'the legal hold is ended'}`),
    );
    return EXIT.ok;
  });
}

async function extend(context: Context, reference: string, days: number): Promise<ExitCode> {
  const { out, clock } = context;
  const until = new Date(clock.now().getTime() + days * 86_400_000);
  return context.withApi(async (api) => {
    const incident = await findIncident(api, reference);
    await record(context, api, incident, { kind: 'extend', until: until.toISOString() });
    const { retentionOf } = await import('../../main/retention.ts');
    const { objects } = await withCustody(context, incident, (custody) =>
      retentionOf(custody, incident.id, clock).extend(until),
    );
    out.result({ incident: incident.id, until: until.toISOString(), objects }, () =>
      out.line(`${nameOf(incident)}: ${objects} objects locked until ${renderInstant(until.toISOString())}`),
    );
    return EXIT.ok;
  });
}

async function purge(context: Context, reference: string, options: PurgeOptions): Promise<ExitCode> {
  const { out } = context;
  return context.withApi(async (api) => {
    const incident = await findIncident(api, reference);
    const kept = await policyOf(context, incident);
    if (!kept.over && options.early !== true) {
      throw new CliError(
        'cordon_cli_still_kept',
        `expected the retention of ${nameOf(incident)} to be over, found it kept ${kept.until === null ? 'while it is open' : `until ${renderInstant(kept.until)}`} (${kept.class}, ${kept.days} days); --early removes it all the same`,
      );
    }
    const result = await purgeOne(context, api, incident, options.reason, options.yes === true);
    out.result(result, () => sayPurge(context, incident, kept, result));
    return result.held === null ? EXIT.ok : EXIT.no;
  });
}

async function expire(context: Context, yes: boolean): Promise<ExitCode> {
  const { out } = context;
  return context.withApi(async (api) => {
    const results: (PurgeResult & { readonly kept: Kept })[] = [];
    for (const { id, status } of await api.incidents({ all: true })) {
      if (status !== 'closed') continue;
      const incident = await findIncident(api, id);
      const kept = await policyOf(context, incident);
      const reason = `retention of ${kept.days} days for ${kept.class} is over`;
      const result = await purgeOne(context, api, incident, reason, yes && kept.over);
      results.push({ ...result, kept });
    }
    out.result(results, () => {
      if (results.length === 0) out.line('No incident is closed.');
      for (const result of results) {
        out.line(
          `${result.name}: ${result.kept.class}, kept until ${renderInstant(result.kept.until ?? '')}${result.kept.over ? '' : ', so nothing is removed'}`,
        );
        if (result.kept.over) sayPlan(context, result);
      }
    });
    return EXIT.ok;
  });
}

interface PurgeResult {
  readonly incident: string;
  readonly name: string;
  readonly done: boolean;
  readonly held: { readonly by: string; readonly reason: string; readonly at: string } | null;
  readonly removable: number;
  readonly bytes: number;
  /** Files of what an attacker wrote, which nothing locks. */
  readonly apart: number;
  readonly kept: unknown;
  readonly left: readonly { readonly sha256: string; readonly why: string }[];
}

async function purgeOne(
  context: Context,
  api: Api,
  incident: Incident,
  reason: string,
  yes: boolean,
): Promise<PurgeResult> {
  const { clock } = context;
  const { cliIdentity: by } = await context.config();
  const { retentionOf } = await import('../../main/retention.ts');
  return withCustody(context, incident, async (custody) => {
    const retention = retentionOf(custody, incident.id, clock);
    const [held, plan] = [await retention.held(), await retention.plan()];
    const result = {
      incident: incident.id,
      name: nameOf(incident),
      held,
      removable: plan.removable.length,
      bytes: plan.removable.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
      apart: plan.apart.length,
      kept: null,
      left: plan.kept,
    };
    if (!yes || held !== null) return { ...result, done: false };
    await record(context, api, incident, {
      kind: 'purge',
      reason,
      objects: plan.removable.length,
      kept: plan.kept.length,
      apart: plan.apart.length,
    });
    await retention.purge({
      by,
      reason,
      sealed: (seal) => record(context, api, incident, { kind: 'sealed', ...seal, purge: true }),
    });
    return { ...result, done: true };
  });
}

function sayPurge(context: Context, incident: Incident, kept: Kept, result: PurgeResult): void {
  const { out } = context;
  const until = kept.until === null ? 'not closed' : `kept until ${renderInstant(kept.until)}`;
  out.line(`${nameOf(incident)}: ${kept.class}, ${until}`);
  sayPlan(context, result);
}

function sayPlan({ out }: Context, { held, done, removable, bytes, apart, left }: PurgeResult): void {
  if (held !== null) {
    out.line(
      `  under legal hold by ${shown(held.by, 60)} since ${renderInstant(held.at)}: nothing is removed`,
    );
    return;
  }
  out.line(
    `  ${done ? 'removed' : 'would remove'} the content of ${removable} objects, ${bytes} bytes, and ${apart} files of the quarantine${done ? '' : '; --yes removes it'}`,
  );
  for (const { sha256, why } of left) out.line(`  stays: ${sha256} (${shown(why, 200)})`);
}

async function policyOf(context: Context, incident: Incident): Promise<Kept> {
  const { enrolmentFile } = await context.config();
  const { loadEnrolment } = await import('../../definitions.ts');
  const { keptUntil } = await import('../../main/retention.ts');
  return keptUntil(await loadEnrolment(enrolmentFile), incident, context.clock.now());
}

async function record(
  context: Context,
  api: Api,
  incident: Incident,
  act: Parameters<Api['recordRetention']>[0]['act'],
): Promise<void> {
  const { cliIdentity: by } = await context.config();
  await api.recordRetention({ incident: incident.id as IncidentId, by, act }); // the view's own id
}
