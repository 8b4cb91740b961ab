import type { Finding } from './finding.ts';
import { fail, off, ok, warn } from './finding.ts';
import type { Patient } from './patient.ts';

const TIMEOUT_MS = 4000;

/** AWS, as far as it is needed: nothing is asked before an account is enrolled or a queue configured. */
export async function awsFindings({ config, clock, enrolment }: Patient): Promise<readonly Finding[]> {
  const name = 'aws credentials';
  const accounts = enrolment?.accounts ?? [];
  if (accounts.length === 0 && config.sqsQueueUrl === undefined) {
    return [off(name, 'not needed: no account is enrolled and no queue is configured')];
  }
  const { createReach } = await import('../../aws/reach.ts');
  const region = accounts[0]?.regions[0] ?? 'us-east-1';
  const reach = createReach({ region, clock, timeoutMs: TIMEOUT_MS });
  try {
    const caller = await reach.caller();
    if (caller.kind === 'failed') {
      const mend =
        'give the process credentials that the AWS SDK finds: a role of its workload, or AWS_PROFILE while trying out';
      return [fail(name, `none that work (${caller.reason})`, mend)];
    }
    const roles = accounts.flatMap((account) =>
      (['read', 'contain', 'release'] as const).map(async (purpose): Promise<Finding> => {
        const label = `aws ${account.name} ${purpose}`;
        const roleArn = account.roles[purpose];
        if (roleArn === undefined) {
          return caller.as.includes(`:${account.id}:`)
            ? ok(label, 'the engine’s own credentials')
            : warn(label, 'no role, and the credentials are of another account', `enrol a ${purpose} role`);
        }
        const { externalId } = account;
        const reached = await reach.role({ roleArn, ...(externalId === undefined ? {} : { externalId }) });
        return reached.kind === 'reached'
          ? ok(label, reached.as)
          : fail(
              label,
              `${roleArn} cannot be assumed (${reached.reason})`,
              `let ${caller.as} assume it, with sts:SetSourceIdentity and the external id`,
            );
      }),
    );
    return [ok(name, caller.as), ...(await Promise.all(roles))];
  } finally {
    reach.close();
  }
}
