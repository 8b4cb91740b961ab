import type { AwsPurpose } from '../../action/ports.ts';
import { type AccountPlace, accountPlace, type PlaceOptions } from '../account-place.ts';
import type { TemplateOptions } from '../account-template.ts';
import type { Context, Register } from '../context.ts';
import { CliError, EXIT, type ExitCode } from '../error.ts';

interface PolicyOptions extends PlaceOptions {
  readonly role?: string;
}

const several = (value: string, before: readonly string[] = []) => [...before, value];

export const aws: Register = (program, run) => {
  const group = program
    .command('aws')
    .summary('print what Cordon needs in an account')
    .description('What Cordon needs in an AWS account.');
  group
    .command('iam-policy')
    .summary('print least-privilege IAM policies')
    .description(
      'Prints the least-privilege policies of the roles that Cordon assumes in an account, from what its actions declare. ' +
        'What is not given comes from the enrolment file. A policy that is longer than a managed policy may be comes as a ' +
        'list of policies for the same role.',
    )
    .option('--account <id>', 'the account, 12 digits')
    .option('--region <name>', 'a Region; several when repeated; all without it', several)
    .option('--partition <name>', 'aws, aws-cn or aws-us-gov')
    .option('--profile <name>', 'static or dynamic')
    .option('--role <name>', 'read, contain or release; all three without it')
    .action(run(async (context, options: PolicyOptions) => printPolicies(context, options)));
  group
    .command('template')
    .summary('print the CloudFormation template of a member account')
    .description(
      'Prints the CloudFormation template of a member account: the three roles with their trust and policies, the quarantine ' +
        'policies of the functions given (profile static), a quarantine sink when asked for. Without an account it fits ' +
        'every account of a stack set. The service control policy that guards all this is in its metadata; --guard prints it ' +
        'alone. A person installs it: Cordon never writes to Organizations.',
    )
    .option('--account <id>', 'the account, 12 digits')
    .option('--region <name>', 'a Region; several when repeated; all without it', several)
    .option('--partition <name>', 'aws, aws-cn or aws-us-gov')
    .option('--profile <name>', 'static or dynamic')
    .option(
      '--function <arn>',
      'a function to prepare quarantine policies for; several when repeated',
      several,
    )
    .option('--functions <file>', 'a file with one function ARN a line; - reads standard input')
    .option(
      '--inventory',
      'take log groups and sinks of these functions, or of all of the account, from the inventory',
    )
    .option('--sink <kind>', 'none, bucket or queue', 'none')
    .option(
      '--deployer <arn>',
      'who may still change all this under the guard; several when repeated',
      several,
    )
    .option('--guard', 'print the guarding service control policy alone')
    .option('--output <folder>', 'write the templates and the guard to files in a folder')
    .action(
      run(async (context, options: TemplateOptions) => {
        const { printTemplate } = await import('../account-template.ts');
        return printTemplate(context, options);
      }),
    );
};

async function printPolicies(context: Context, options: PolicyOptions): Promise<ExitCode> {
  const { out } = context;
  const { CATALOGUE } = await import('../../action/catalogue.ts');
  const { fitted, isAdministratorEquivalent, policyFor, PURPOSES } = await import(
    '../../action/permissions.ts'
  );
  const wanted = PURPOSES.filter((known) => options.role === undefined || known === options.role);
  if (wanted.length === 0) {
    throw new CliError('cordon_cli_usage', `expected --role to be one of ${PURPOSES.join(', ')}`);
  }
  const place = await accountPlace(context, options);
  const roles = wanted.map((purpose) => {
    const policy = policyFor(CATALOGUE, purpose, {
      partition: place.partition,
      account: place.account,
      profile: place.profile,
      ...(place.regions.length === 0 ? {} : { region: place.regions }),
      ownRoles: ownRoles(place),
    });
    return { purpose, policies: fitted(policy), administratorEquivalent: isAdministratorEquivalent(policy) };
  });
  const { account, partition, profile, regions } = place;
  out.result({ account, partition, profile, regions, roles }, () => {
    const documents = roles.map(({ purpose, policies }) => [
      purpose,
      // One policy alone can be given to `aws iam create-policy` as it is.
      policies.length === 1 ? policies[0] : policies,
    ]);
    const shown = options.role === undefined ? Object.fromEntries(documents) : documents[0]?.[1];
    out.line(JSON.stringify(shown, null, 2));
  });
  if (out.json) return EXIT.ok;
  if (account === '*') out.remark('for any account: give --account, or enrol one, to name it in each ARN');
  for (const { purpose, administratorEquivalent } of roles) {
    if (administratorEquivalent) out.remark(administratorRemark(purpose, profile));
  }
  return EXIT.ok;
}

function administratorRemark(purpose: AwsPurpose, profile: string): string {
  return `the ${purpose} role of profile ${profile} is administrator-equivalent: who can write any role's policies can give any role every right; profile static needs none of that`;
}

function ownRoles({ enrolled }: AccountPlace): readonly string[] {
  return Object.values(enrolled?.roles ?? {}).filter((arn) => arn !== undefined);
}
