import type { Profile } from '../action/ports.ts';
import type { EnrolledAccount } from '../enrolment/enrolment-file.ts';
import type { Context } from './context.ts';
import { CliError } from './error.ts';

/** Where a policy or template is for, as given on the command line. */
export interface PlaceOptions {
  readonly account?: string;
  readonly region?: readonly string[];
  readonly partition?: string;
  readonly profile?: string;
}

/** The same, complete: what was given, else what the enrolment file says, else what holds for any account. */
export interface AccountPlace {
  readonly partition: string;
  /** `*` when no account was named and the enrolment file has not exactly one. */
  readonly account: string;
  /** Empty for all Regions. */
  readonly regions: readonly string[];
  readonly profile: Profile;
  readonly enrolled: EnrolledAccount | undefined;
}

/**
 * Completes what was given from the enrolment file. Throws `cordon_cli_usage` for what is no account, Region,
 * partition or profile: each becomes part of an ARN pattern, where a `*` would widen what a policy allows.
 */
export async function accountPlace(context: Context, options: PlaceOptions): Promise<AccountPlace> {
  const { account, region = [], partition, profile } = options;
  if (account !== undefined && !/^[0-9]{12}$/.test(account)) usage('--account to be 12 digits');
  if (partition !== undefined && !/^aws(-cn|-us-gov)?$/.test(partition))
    usage('--partition to be aws, aws-cn or aws-us-gov');
  if (region.some((name) => !/^[a-z0-9-]+$/.test(name))) usage('--region to be the name of a Region');
  if (profile !== undefined && profile !== 'static' && profile !== 'dynamic')
    usage('--profile to be static or dynamic');

  const enrolled = await enrolledAccount(context, account);
  return {
    account: account ?? enrolled?.id ?? '*',
    partition: partition ?? enrolled?.partition ?? partitionOf(region[0]),
    regions: region.length > 0 ? region : (enrolled?.regions ?? []),
    profile: profile ?? enrolled?.profile ?? 'static',
    enrolled,
  };
}

/** The account named, or the only one there is; every entry of it together, since Regions may be apart. */
async function enrolledAccount(
  context: Context,
  account: string | undefined,
): Promise<EnrolledAccount | undefined> {
  const { enrolmentFile } = await context.config();
  if (enrolmentFile === undefined) return undefined;
  const { loadEnrolment } = await import('../definitions.ts');
  const { accounts } = await loadEnrolment(enrolmentFile);
  const ids = new Set(accounts.map(({ id }) => id));
  const wanted = account ?? (ids.size === 1 ? [...ids][0] : undefined);
  const entries = accounts.filter(({ id }) => id === wanted);
  const [first] = entries;
  if (first === undefined) return undefined;
  return { ...first, regions: entries.flatMap(({ regions }) => regions) };
}

/** The partition that a Region is in, by its name; `aws` when there is none. */
export function partitionOf(region: string | undefined): string {
  if (region?.startsWith('cn-') === true) return 'aws-cn';
  return region?.startsWith('us-gov-') === true ? 'aws-us-gov' : 'aws';
}

function usage(expected: string): never {
  throw new CliError('cordon_cli_usage', `expected ${expected}`);
}
