import { createHash } from 'node:crypto';

/**
 * Names of the managed policies that profile `static` attaches (reference, 1.8.6). They are made beforehand
 * by the template and only attached and detached by the engine, so both sides must arrive at the same name from
 * the same facts: this is the one place that knows how.
 */

/**
 * What a prepared policy denies. `function`: calls from inside one function (mode B). `role`: every session of
 * the role but for its evidence and sinks (modes A and C). `secrets`: IAM, STS and secrets from inside one function,
 * the rung short of isolation.
 */
export type QuarantineKind = 'function' | 'role' | 'secrets';

export const QUARANTINE_KINDS: readonly QuarantineKind[] = ['function', 'role', 'secrets'];

/** The function that a prepared policy is for. */
export interface QuarantineSubject {
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  readonly functionName: string;
}

/** One path for all of them, so that one `iam:PolicyARN` pattern covers them and nothing else. */
export const QUARANTINE_PATH = '/cordon/quarantine/';

/** IAM's limit for a managed policy's document, in characters without white space. */
export const MANAGED_POLICY_LIMIT = 6144;

// IAM's limit for the name of a policy, without its path.
const NAME_LIMIT = 128;

/**
 * The policy's name, without path. The Region is in it because IAM is global; a name that would be too long is
 * cut and told apart by a digest of the whole.
 */
export function quarantinePolicyName(
  subject: QuarantineSubject,
  kind: QuarantineKind | `apis-${string}`,
): string {
  const whole = `CordonQuarantine-${kind}-${subject.region}-${subject.functionName}`;
  if (whole.length <= NAME_LIMIT) return whole;
  const digest = createHash('sha256').update(whole).digest('hex').slice(0, 16);
  return `${whole.slice(0, NAME_LIMIT - digest.length - 1)}-${digest}`;
}

/**
 * Policies that are prepared once an account, for functions that have none of their own and for roles that are full.
 * `any` denies the calls of every function on the role; `boundary` the same, as a permissions boundary, which is a slot of
 * its own.
 */
export type AccountQuarantineKind = 'any' | 'boundary';

export const ACCOUNT_QUARANTINE_KINDS: readonly AccountQuarantineKind[] = ['any', 'boundary'];

/** Name of an account-wide policy, without path. */
export function accountQuarantineName(kind: AccountQuarantineKind): string {
  return `CordonQuarantine-${kind}`;
}

/** ARN of an account-wide policy. */
export function accountQuarantineArn(
  { partition, account }: Pick<QuarantineSubject, 'partition' | 'account'>,
  kind: AccountQuarantineKind,
): string {
  return `arn:${partition}:iam::${account}:policy${QUARANTINE_PATH}${accountQuarantineName(kind)}`;
}

/** The policy's ARN, as `AttachRolePolicy` takes it. */
export function quarantinePolicyArn(subject: QuarantineSubject, kind: QuarantineKind): string {
  return `arn:${subject.partition}:iam::${subject.account}:policy${QUARANTINE_PATH}${quarantinePolicyName(subject, kind)}`;
}
