import { renderInstant } from '../../timeline/render.ts';
import { actOnEngine, sayWhoPerforms } from '../act.ts';
import type { Api, Context, Register } from '../context.ts';
import { CliError, EXIT, type ExitCode } from '../error.ts';
import { shown } from '../output.ts';

type Campaign = Awaited<ReturnType<Api['campaigns']>>[number];

const CAMPAIGN = 'a campaign, as CMP-3, or an incident that is in it';
const DIGEST_SHOWN = 12;

export const campaign: Register = (program, run) => {
  const group = program
    .command('campaign')
    .summary('lead incidents as one that belong together')
    .description(
      'Incidents that share a role, a principal, a source or a window are led as one: one channel, one card, one page.',
    );
  group
    .command('list')
    .summary('list campaigns of several incidents')
    .description('Lists campaigns of several incidents that are not all closed, newest first.')
    .action(run(async (context) => list(context)));
  group
    .command('show')
    .summary('show one campaign')
    .description('Shows the incidents of a campaign, what they share, and the plans that wait for approval.')
    .argument('<campaign>', CAMPAIGN)
    .action(run(async (context, reference: string) => show(context, reference)));
  group
    .command('take')
    .summary('take the campaign up')
    .description('Takes up every incident of it that is open: escalations stop.')
    .argument('<campaign>', CAMPAIGN)
    .action(
      run(async (context, reference: string) =>
        act(context, 'campaign-acknowledge', { campaign: reference }),
      ),
    );
  group
    .command('approve')
    .summary('approve all plans that were listed')
    .description(
      'Approves exactly the plans that you were shown, named by the beginning of the digest of their list.',
    )
    .argument('<campaign>', CAMPAIGN)
    .requiredOption('-l, --list <digest>', 'the list’s digest, as "cordon campaign show" prints it')
    .option('-c, --confirm <campaign>', 'the campaign’s name again, where plans are of production')
    .action(
      run(async (context, reference: string, options: { readonly list: string; readonly confirm?: string }) =>
        act(context, 'campaign-approve', {
          campaign: reference,
          digest: digestOf(options.list),
          ...(options.confirm === undefined ? {} : { confirm: options.confirm }),
        }),
      ),
    );
  group
    .command('triage')
    .summary('give all open triage questions one answer')
    .description('Answers the triage of every incident of the campaign that is still asked.')
    .argument('<campaign>', CAMPAIGN)
    .argument('<verdict>', 'true_positive, false_positive, benign or needs_more_time')
    .requiredOption('-r, --reason <text>', 'why, for the timeline')
    .action(
      run(async (context, reference: string, verdict: string, options: { readonly reason: string }) =>
        act(context, 'campaign-triage', { campaign: reference, verdict, reason: options.reason }),
      ),
    );
  group
    .command('split')
    .summary('lead one incident by itself')
    .description('Takes an incident out of its campaign, into a channel of its own.')
    .argument('<incident>', 'the incident, as INC-12')
    .requiredOption('-r, --reason <text>', 'why, for the timeline')
    .action(
      run(async (context, incident: string, options: { readonly reason: string }) =>
        act(context, 'campaign-split', { incident, reason: options.reason }),
      ),
    );
  group
    .command('merge')
    .summary('lead two campaigns as one')
    .description('Moves all incidents of a campaign into another, whose channel leads them from then on.')
    .argument('<campaign>', CAMPAIGN)
    .argument('<into>', 'the campaign that they go into')
    .requiredOption('-r, --reason <text>', 'why, for the timeline')
    .action(
      run(async (context, reference: string, into: string, options: { readonly reason: string }) =>
        act(context, 'campaign-merge', { campaign: reference, into, reason: options.reason }),
      ),
    );
};

async function act(
  context: Context,
  command: string,
  input: Readonly<Record<string, string>>,
): Promise<ExitCode> {
  const exit = await actOnEngine(context, command, input);
  if (exit === EXIT.ok) await context.withApi((api) => sayWhoPerforms(context, api));
  return exit;
}

function digestOf(typed: string): string {
  if (/^[0-9a-f]{12,64}$/.test(typed)) return typed;
  throw new CliError(
    'cordon_cli_usage',
    `expected at least ${DIGEST_SHOWN} hex digits of the list’s digest, as "cordon campaign show" prints it`,
  );
}

async function list(context: Context): Promise<ExitCode> {
  const { out } = context;
  const campaigns = await context.withApi((api) => api.campaigns());
  out.result(campaigns, () => {
    if (campaigns.length === 0) out.line('No campaign is open: every open incident stands alone.');
    else
      out.table(
        ['campaign', 'incidents', 'contained', 'lead', 'plans', 'since', 'shares'],
        campaigns.map((each) => [
          out.paint.bold(`${each.exercise ? 'drill-' : ''}CMP-${each.number}`),
          String(each.members.length),
          `${containedOf(each)} of ${openOf(each).length}`,
          each.lead === null ? out.paint.yellow('nobody') : shown(each.lead, 30),
          String(each.plans.length),
          renderInstant(each.openedAt),
          shown(each.shares[0] ?? '', 60),
        ]),
      );
  });
  return EXIT.ok;
}

async function show(context: Context, reference: string): Promise<ExitCode> {
  const { out } = context;
  const found = await context.withApi((api) => api.campaign(reference.replace(/^drill-/i, '')));
  if (found === undefined) {
    throw new CliError(
      'cordon_cli_campaign_unknown',
      'expected a campaign, as CMP-3, or an incident that is in one; "cordon campaign list" shows those that are open',
    );
  }
  out.result(found, () => {
    const name = `${found.exercise ? 'drill-' : ''}CMP-${found.number}`;
    out.line(
      `${out.paint.bold(name)}  ${containedOf(found)} of ${openOf(found).length} contained · ${found.lead === null ? 'nobody leads' : `led by ${shown(found.lead, 60)}`} · since ${renderInstant(found.openedAt)}`,
    );
    for (const shared of found.shares) out.line(`  they share ${shown(shared, 200)}`);
    out.line('');
    out.table(
      ['incident', 'status', 'severity', 'contained', 'waits', 'functions'],
      found.members.map((each) => [
        out.paint.bold(`INC-${each.number}`),
        each.status,
        String(each.severity),
        each.level.replace('_', ' '),
        `${each.plans} plans, ${each.questions} questions`,
        shown(each.functionNames.join(', '), 80),
      ]),
    );
    if (found.plansDigest === null) return;
    out.line('');
    out.table(
      ['plan', 'incident', 'action', 'object'],
      found.plans.map((plan) => [
        plan.digest.slice(0, DIGEST_SHOWN),
        `INC-${plan.incident}`,
        plan.actionTitle,
        shown(plan.objectArn, 120),
      ]),
    );
    const confirm = found.plans.some((plan) => plan.confirm !== null) ? ` --confirm CMP-${found.number}` : '';
    out.line(
      `  cordon campaign approve ${name} --list ${found.plansDigest.slice(0, DIGEST_SHOWN)}${confirm}`,
    );
  });
  return EXIT.ok;
}

function openOf({ members }: Campaign) {
  return members.filter(({ status }) => status !== 'closed');
}

function containedOf(each: Campaign): number {
  return openOf(each).filter(({ level }) => level === 'effective' || level === 'observed').length;
}
