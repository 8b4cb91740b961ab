import type { Enrolment } from '../enrolment/enrolment.ts';
import type { OwnerRule } from '../inventory/owners.ts';
import type { Context } from './context.ts';
import { readText } from './file.ts';

/** Who owns what, as far as people wrote it down: the owners file, and the accounts of the enrolment file. */
export async function givenOwners(context: Context): Promise<{
  readonly rules: readonly OwnerRule[];
  readonly accounts: Enrolment['accounts'];
  readonly enrolment: Enrolment;
}> {
  const { ownersFile, enrolmentFile } = await context.config();
  const { loadEnrolment } = await import('../definitions.ts');
  const enrolment = await loadEnrolment(enrolmentFile);
  if (ownersFile === undefined) return { rules: [], accounts: enrolment.accounts, enrolment };
  const { parseOwners } = await import('../inventory/owners.ts');
  return {
    rules: parseOwners(await readText(ownersFile), ownersFile),
    accounts: enrolment.accounts,
    enrolment,
  };
}
