import type { Register } from '../context.ts';
import { CliError, EXIT } from '../error.ts';

interface Options {
  readonly account: string;
  readonly region?: string;
  readonly partition: string;
  readonly purpose?: string;
}

export const aws: Register = (program, run) => {
  const group = program
    .command('aws')
    .summary('print what Cordon needs in an account')
    .description('What Cordon needs in an AWS account.');
  group
    .command('iam-policy')
    .summary('print least-privilege IAM policies')
    .description(
      'Prints the least-privilege policies of the roles that Cordon assumes in an account, from what its actions declare.',
    )
    .requiredOption('--account <id>', 'the account, 12 digits')
    .option('--region <name>', 'one Region only')
    .option('--partition <name>', 'aws, aws-cn or aws-us-gov', 'aws')
    .option('--purpose <name>', 'read, contain or release; all three without it')
    .action(
      run(async ({ out }, options: Options) => {
        const { account, region, partition, purpose } = options;
        if (!/^[0-9]{12}$/.test(account)) {
          throw new CliError('cordon_cli_usage', 'expected --account to be 12 digits');
        }
        // They become part of an ARN pattern: a * here would widen what the policy allows.
        if (!/^aws(-cn|-us-gov)?$/.test(partition) || !/^[a-z0-9-]*$/.test(region ?? '')) {
          throw new CliError(
            'cordon_cli_usage',
            'expected --partition aws, aws-cn or aws-us-gov, and a Region’s name',
          );
        }
        const { CATALOGUE } = await import('../../action/catalogue.ts');
        const { policyFor, PURPOSES } = await import('../../action/permissions.ts');
        const wanted = PURPOSES.filter((known) => purpose === undefined || known === purpose);
        if (wanted.length === 0) {
          throw new CliError('cordon_cli_usage', `expected --purpose to be one of ${PURPOSES.join(', ')}`);
        }
        const scope = { account, partition, ...(region === undefined ? {} : { region }) };
        const policies = wanted.map((each) => [each, policyFor(CATALOGUE, each, scope)] as const);
        // One policy alone can be given to `aws iam put-role-policy` as it is.
        const result = purpose === undefined ? Object.fromEntries(policies) : policies[0]?.[1];
        out.result(result, () => out.line(JSON.stringify(result, null, 2)));
        return EXIT.ok;
      }),
    );
};
