import { isStale, type Picture } from '../../inventory/picture.ts';
import type { Context, Register } from '../context.ts';
import { CliError, EXIT, type ExitCode } from '../error.ts';
import { shown } from '../output.ts';
import { givenOwners } from '../owners.ts';

const NOTICES_SHOWN = 20;

export const inventory: Register = (program, run) => {
  const group = program
    .command('inventory')
    .summary('show what the enrolled accounts hold, and how fresh that is')
    .description(
      'The cached picture of the enrolled accounts. `cordon serve` refreshes it in the background.',
    );
  group
    .command('list')
    .summary('list the functions that are known')
    .description(
      'Lists every known function with its roles, how many others are on them and whom to page, and what widened lately: ' +
        'permissions to revalidate.',
    )
    .action(run(async (context) => list(context)));
  group
    .command('show')
    .summary('show everything about one function')
    .description('Shows one function: triggers, sinks, roles, who else is on them, owners, latest changes.')
    .argument('<function>', 'the function’s ARN, or its name where only one has it')
    .action(run(async (context, reference: string) => show(context, reference)));
  group
    .command('refresh')
    .summary('look at the accounts now')
    .description(
      'Looks at every enrolled account and Region now, or at one. Only reads. Exit code 1 when one could not be looked at.',
    )
    .option('--account <id>', 'one account, with --region')
    .option('--region <name>', 'one Region, with --account')
    .action(
      run(async (context, options: { account?: string; region?: string }) => refresh(context, options)),
    );
};

async function list(context: Context): Promise<ExitCode> {
  const { out, clock } = context;
  const owners = await givenOwners(context);
  const { ownersOf } = await import('../../inventory/owners.ts');
  const { blastRadius } = await import('../../inventory/picture.ts');
  const { pictures, system } = await context.withApi(async (api) => ({
    pictures: await api.inventory(),
    system: await api.timeline('system', 0),
  }));
  const now = clock.now();
  const places = pictures.map((picture) => ({
    account: picture.account,
    region: picture.region,
    takenAt: picture.takenAt,
    ageSeconds: ageSeconds(picture, now),
    stale: isStale(picture, now),
    unknown: picture.unknown,
  }));
  const functions = pictures.flatMap((picture) =>
    picture.functions.map((each) => {
      const { account, region } = picture;
      const radius = blastRadius(picture, each.functionArn);
      const owner = owners.accounts.find(({ id }) => id === account)?.owner;
      return {
        functionArn: each.functionArn,
        roles: each.roles,
        sharedWith:
          radius?.others === null || radius === undefined
            ? -1
            : radius.functions.length + radius.others.length,
        ...ownersOf({ account, region, ...each }, owners.rules, owner),
      };
    }),
  );
  const notices = (system?.entries ?? [])
    .filter((entry) => entry.body?.kind === 'inventory.revalidate')
    .slice(-NOTICES_SHOWN)
    .map(({ at, body }) => ({ at, summary: body?.summary ?? '', data: body?.data ?? null }));
  out.result({ places, functions, notices }, () => {
    for (const { account, region, ageSeconds: age, stale, unknown } of places) {
      const state = stale ? out.paint.yellow('stale') : out.paint.green('fresh');
      out.line(
        `${account} ${region}  ${state}, ${age} s old${unknown.length === 0 ? '' : `, ${unknown.length} parts unreadable`}`,
      );
    }
    if (functions.length === 0) out.line('nothing is known yet: cordon inventory refresh');
    else
      out.table(
        ['function', 'others on its roles', 'owners'],
        functions.map((each) => [
          shown(each.functionArn),
          each.sharedWith === -1 ? 'unknown' : String(each.sharedWith),
          shown(each.owners.length === 0 ? 'nobody' : `${each.owners.join(' ')} (${each.from})`),
        ]),
      );
    for (const { at, summary } of notices) out.line(`${at}  ${out.paint.yellow(shown(summary, 500))}`);
  });
  return EXIT.ok;
}

async function show(context: Context, reference: string): Promise<ExitCode> {
  const { out, clock } = context;
  const owners = await givenOwners(context);
  const { ownersOf } = await import('../../inventory/owners.ts');
  const { blastRadius } = await import('../../inventory/picture.ts');
  const pictures = await context.withApi((api) => api.inventory());
  const found = pictures.flatMap((picture) =>
    picture.functions
      .filter(({ functionArn, functionName }) => functionArn === reference || functionName === reference)
      .map((subject) => ({ picture, subject })),
  );
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw new CliError(
      'cordon_cli_function_unknown',
      `expected the ARN or the name of one function of the inventory, found ${found.length} of that name; see cordon inventory list`,
    );
  }
  const { picture, subject } = only;
  const { account, region, takenAt } = picture;
  const owner = owners.accounts.find(({ id }) => id === account)?.owner;
  const result = {
    ...subject,
    takenAt,
    ageSeconds: ageSeconds(picture, clock.now()),
    stale: isStale(picture, clock.now()),
    ownership: ownersOf({ account, region, ...subject }, owners.rules, owner),
    blastRadius: blastRadius(picture, subject.functionArn) ?? null,
    roleDetails: picture.roles.filter(({ roleArn }) => subject.roles.includes(roleArn)),
    changes: picture.changes?.filter(({ functionName }) => functionName === subject.functionName) ?? null,
  };
  out.result(result, () => {
    out.line(out.paint.bold(shown(subject.functionArn)));
    const radius = result.blastRadius;
    const rows: [string, readonly string[] | null][] = [
      ['seen', [`${takenAt}${result.stale ? ' (stale)' : ''}`]],
      ['owners', result.ownership.owners],
      ['roles', subject.roles],
      ['others', radius === null || radius.others === null ? null : [...radius.functions, ...radius.others]],
      ['triggers', subject.triggers?.map(({ kind, from }) => `${kind} ${from}`) ?? null],
      ['sinks', subject.sinks],
      ['changes', result.changes?.map(({ at, call, by }) => `${at} ${call} by ${by}`) ?? null],
    ];
    for (const [name, values] of rows) {
      out.line(
        `${name.padEnd(9)} ${values === null ? 'unknown' : values.length === 0 ? 'none' : shown(values.join(', '), 2000)}`,
      );
    }
  });
  return EXIT.ok;
}

async function refresh(
  context: Context,
  { account, region }: { readonly account?: string; readonly region?: string },
): Promise<ExitCode> {
  if ((account === undefined) !== (region === undefined))
    throw new CliError('cordon_cli_usage', 'expected --account and --region together, or neither');
  const place = account === undefined || region === undefined ? undefined : { account, region };
  const refreshed = await context.withApi((api) => api.refreshInventory(place));
  const { out } = context;
  out.result(refreshed, () => {
    for (const each of refreshed) {
      const what =
        each.outcome === 'refreshed'
          ? `${each.functions} functions, ${each.notices} to revalidate`
          : each.outcome === 'busy'
            ? 'another process is looking at it'
            : shown(each.reason ?? '', 500);
      out.line(`${each.account} ${each.region}  ${each.outcome}: ${what}`);
    }
    if (refreshed.length === 0) out.line('no such account and Region is enrolled');
  });
  return refreshed.some(({ outcome }) => outcome === 'failed') ? EXIT.no : EXIT.ok;
}

function ageSeconds(picture: Picture, now: Date): number {
  return Math.round((now.getTime() - Date.parse(picture.takenAt)) / 1000);
}
