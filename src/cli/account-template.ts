import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AwsPurpose } from '../action/ports.ts';
import { MAX_LOG_GROUPS } from '../action/quarantine-policy.ts';
import type { PreparedSubject } from '../action/quarantine-prepared.ts';
import { systemWord } from '../error.ts';
import type { Picture } from '../inventory/picture.ts';
import type { JsonObject } from '../json.ts';
import { type AccountPlace, accountPlace, type PlaceOptions, partitionOf } from './account-place.ts';
import type { Context } from './context.ts';
import { CliError, EXIT, type ExitCode } from './error.ts';
import { readGiven } from './file.ts';

export interface TemplateOptions extends PlaceOptions {
  readonly function?: readonly string[];
  readonly functions?: string;
  readonly inventory?: boolean;
  readonly sink: string;
  readonly deployer?: readonly string[];
  readonly guard?: boolean;
  readonly output?: string;
}

type Subject = Omit<PreparedSubject, 'partition' | 'account'>;

const MAX_LIST_BYTES = 4 * 1024 * 1024;
const SINKS = ['none', 'bucket', 'queue'] as const;

/** `cordon aws template`: on standard output, or with the guard as files of one folder. */
export async function printTemplate(context: Context, options: TemplateOptions): Promise<ExitCode> {
  const { out } = context;
  const sink = SINKS.find((known) => known === options.sink);
  if (sink === undefined) {
    throw new CliError('cordon_cli_usage', `expected --sink to be one of ${SINKS.join(', ')}`);
  }
  const deployers = options.deployer ?? [];
  for (const arn of deployers) {
    if (!/^arn:(aws|aws-cn|aws-us-gov):iam::([0-9]{12}|\*):(role|user)\/[\w+=,.@/*-]+$/.test(arn)) {
      throw new CliError(
        'cordon_cli_usage',
        'expected --deployer to be the ARN of a role or user, where * may stand',
      );
    }
  }
  const functions = await functionsGiven(context, options);
  // What one account's functions are named says whose template it is.
  const [, , , region, account] = functions[0]?.split(':') ?? [];
  const place = await accountPlace(context, {
    ...options,
    ...(options.account === undefined && account !== undefined ? { account } : {}),
    ...(options.partition === undefined && region !== undefined ? { partition: partitionOf(region) } : {}),
  });
  const known = await picturesOf(context, options, place);
  const named = functions.map((arn) => subjectOf(arn, place));
  const subjects = options.inventory === true ? withKnown(named, known, functions.length > 0) : named;
  const roleNames = roleNamesOf(place);
  const { accountTemplates } = await import('../enrolment/account-template.ts');
  const { guardPolicy } = await import('../enrolment/guard-policy.ts');
  const guard = guardPolicy({ ...place, roles: roleNames, deployers });
  if (options.guard === true) {
    out.line(JSON.stringify(guard, null, out.json ? undefined : 2));
    return EXIT.ok;
  }
  const { CATALOGUE } = await import('../action/catalogue.ts');
  const templates = accountTemplates({
    actions: CATALOGUE,
    ...(place.account === '*' ? {} : { place: { partition: place.partition, account: place.account } }),
    regions: place.regions,
    profile: place.profile,
    roleNames,
    subjects,
    sink,
    sinks: enrolledSinks(place),
    deployers,
  });
  if (options.output !== undefined) {
    const files = await writeAll(options.output, templates, guard);
    out.result({ files }, () => {
      for (const file of files) out.line(file);
    });
  } else if (templates.length > 1) {
    throw new CliError(
      'cordon_cli_usage',
      `expected one template, found ${templates.length}: CloudFormation takes 500 resources and 1 MB in one; give --output FOLDER`,
    );
  } else {
    out.line(JSON.stringify(templates[0], null, out.json ? undefined : 2));
  }
  remarks(context, place, subjects);
  return EXIT.ok;
}

/** The pictures of the account, where the inventory is asked. */
async function picturesOf(
  context: Context,
  options: TemplateOptions,
  { account }: AccountPlace,
): Promise<readonly Picture[]> {
  if (options.inventory !== true) return [];
  if (account === '*') {
    throw new CliError('cordon_cli_usage', 'expected --account with --inventory, or one enrolled account');
  }
  const pictures = (await context.withApi((api) => api.inventory())).filter(
    (each) => each.account === account,
  );
  if (pictures.length === 0) {
    throw new CliError(
      'cordon_cli_usage',
      `expected an inventory of account ${account}, found none: cordon inventory refresh`,
    );
  }
  const unread = pictures.flatMap(({ functions }) => functions.filter(({ sinks }) => sinks === null));
  for (const { functionArn } of unread.slice(0, 20)) {
    context.out.remark(
      `the sinks of ${functionArn} could not be read: a deny of its whole role would lose failed events`,
    );
  }
  return pictures;
}

/** The functions named, or all that are known, with every log group and sink that the inventory has of them. */
function withKnown(
  named: readonly Subject[],
  pictures: readonly Picture[],
  only: boolean,
): readonly Subject[] {
  const known = pictures.flatMap(({ account, region, functions }) =>
    functions.map(
      ({ functionName, logGroups, sinks }): Subject => ({
        region,
        functionName,
        logGroups: logGroups.slice(0, MAX_LOG_GROUPS - 1),
        // Of this account, or a bucket, whose account the deny itself asks about.
        sinks: (sinks ?? []).filter((arn) => arn.split(':')[2] === 's3' || arn.split(':')[4] === account),
      }),
    ),
  );
  if (!only) return known;
  return named.map(
    (subject) =>
      known.find((each) => each.region === subject.region && each.functionName === subject.functionName) ??
      subject,
  );
}

function enrolledSinks({
  enrolled,
}: AccountPlace): readonly { readonly region: string; readonly arn: string }[] {
  const sinks = enrolled?.quarantineSinks ?? [];
  return (enrolled?.regions ?? []).flatMap((region) => {
    const queue = sinks.find((arn) => arn.startsWith(`arn:${enrolled?.partition ?? 'aws'}:sqs:${region}:`));
    const arn = queue ?? sinks.find((sink) => sink.split(':')[2] === 's3');
    return arn === undefined ? [] : [{ region, arn }];
  });
}

function remarks({ out }: Context, { profile }: AccountPlace, subjects: readonly Subject[]): void {
  if (out.json) return;
  if (profile === 'dynamic') {
    out.remark(
      'profile dynamic: the contain and release roles are administrator-equivalent; static needs none of that',
    );
  } else if (subjects.length === 0) {
    out.remark('no function was given: no quarantine policy is prepared, and no role could be quarantined');
  }
}

async function functionsGiven(context: Context, options: TemplateOptions): Promise<readonly string[]> {
  const listed =
    options.functions === undefined
      ? []
      : Buffer.from(await readGiven(options.functions, context.io, MAX_LIST_BYTES))
          .toString('utf8')
          .split('\n')
          .map((line) => line.trim())
          .filter((line) => line !== '' && !line.startsWith('#'));
  return [...new Set([...(options.function ?? []), ...listed])];
}

/** Throws `cordon_cli_usage` for what is no function of this account: its policy would deny nothing. */
function subjectOf(arn: string, place: AccountPlace): Subject {
  const found = /^arn:(aws|aws-cn|aws-us-gov):lambda:([a-z0-9-]+):([0-9]{12}):function:([\w-]{1,140})$/.exec(
    arn,
  );
  const [, partition, region = '', account, functionName = ''] = found ?? [];
  if (
    found === null ||
    partition !== place.partition ||
    (place.account !== '*' && account !== place.account)
  ) {
    throw new CliError(
      'cordon_cli_usage',
      `expected the ARN of a function of account ${place.account} in ${place.partition}, without version or alias; found another`,
    );
  }
  return { region, functionName, logGroups: [] };
}

function roleNamesOf({ enrolled }: AccountPlace): Readonly<Record<AwsPurpose, string>> {
  const name = (purpose: AwsPurpose) => enrolled?.roles[purpose]?.split(':role/')[1] ?? `cordon-${purpose}`;
  return { read: name('read'), contain: name('contain'), release: name('release') };
}

async function writeAll(
  folder: string,
  templates: readonly JsonObject[],
  guard: JsonObject,
): Promise<readonly string[]> {
  const documents: [string, JsonObject][] = [
    ...templates.map((template, index): [string, JsonObject] => [
      index === 0 ? 'cordon-account.template.json' : `cordon-quarantine-${index}.template.json`,
      template,
    ]),
    ['cordon-guard.scp.json', guard],
  ];
  try {
    await mkdir(folder, { recursive: true });
    return await Promise.all(
      documents.map(async ([name, document]) => {
        const file = join(folder, name);
        await writeFile(file, `${JSON.stringify(document, null, 2)}\n`);
        return file;
      }),
    );
  } catch (cause) {
    throw new CliError(
      'cordon_cli_file_unwritable',
      `expected a folder that can be written at ${folder}; it cannot${systemWord(cause)}`,
      { cause },
    );
  }
}
