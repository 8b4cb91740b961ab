import { AwsError } from './failure.ts';
import type { Target } from './ports.ts';

/**
 * The name of `roleArn`, for IAM calls, which name a role without its account. Throws an `AwsError` with
 * `cordon_action_unsupported` for a role outside the target's account, where a namesake would be hit, and for
 * a service-linked role, which cannot be quarantined (reference, 1.4).
 */
export function roleNameIn(target: Target, roleArn: string, call: string): string {
  const [prefix, partition, service, , account, ...rest] = roleArn.split(':');
  const path = rest.join(':').split('/');
  const name = path.at(-1);
  if (
    prefix !== 'arn' ||
    service !== 'iam' ||
    partition !== target.partition ||
    account !== target.account ||
    path[0] !== 'role' ||
    path.length < 2 ||
    name === undefined ||
    name === ''
  ) {
    throw unsupported(
      call,
      `expected a role of account ${target.account}, found ${roleArn}; nothing was called`,
    );
  }
  if (path[1] === 'aws-service-role') {
    throw unsupported(
      call,
      `${roleArn} is service-linked: it takes no policy; use the service's own controls`,
    );
  }
  return name;
}

/** The ARN of a log group of the target's account and Region, without the trailing `:*`. */
export function logGroupArn(target: Target, logGroup: string): string {
  return `arn:${target.partition}:logs:${target.region}:${target.account}:log-group:${logGroup}`;
}

/** The folder of a target's items in the evidence bundle. */
export function evidenceFolder(target: Target): string {
  return `${target.account}/${target.region}/${target.functionName}`;
}

/** The refusal of something that an action would mishandle (reference, 1.6). */
export function unsupported(call: string, message: string): AwsError {
  return new AwsError('cordon_action_unsupported', call, message, { classification: 'terminal' });
}
