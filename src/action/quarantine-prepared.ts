import type { JsonObject } from '../json.ts';
import {
  ACCOUNT_QUARANTINE_KINDS,
  accountQuarantineName,
  QUARANTINE_KINDS,
  type QuarantineKind,
  type QuarantineSubject,
  quarantinePolicyArn,
  quarantinePolicyName,
} from './quarantine-names.ts';
import { anyFunctionPolicy, privilegePolicy, quarantinePolicy } from './quarantine-policy.ts';

/** A function for which quarantine policies are made beforehand, as far as it is known. */
export interface PreparedSubject extends QuarantineSubject {
  /** Every log group that a version writes to; the default one is open whether listed or not. */
  readonly logGroups: readonly string[];
  /** Every sink that failed events of any qualifier or version go to, the quarantine sink among them. */
  readonly sinks?: readonly string[];
}

/** One managed policy of profile `static`. */
export interface PreparedQuarantine {
  readonly kind: QuarantineKind;
  readonly name: string;
  readonly arn: string;
  readonly document: JsonObject;
}

/** The policies that profile `static` attaches to the roles of one function. Pure. */
export function preparedQuarantines(subject: PreparedSubject): readonly PreparedQuarantine[] {
  return QUARANTINE_KINDS.map((kind) => ({
    kind,
    name: quarantinePolicyName(subject, kind),
    arn: quarantinePolicyArn(subject, kind),
    document: documentOf(subject, kind),
  }));
}

/** One account-wide managed policy, in either profile. */
export interface AccountQuarantine {
  readonly name: string;
  readonly document: JsonObject;
}

/** The policies for functions without one of their own and for roles that are full. Pure. */
export function accountQuarantines(
  place: Pick<QuarantineSubject, 'partition' | 'account'>,
): readonly AccountQuarantine[] {
  return ACCOUNT_QUARANTINE_KINDS.map((kind) => ({
    name: accountQuarantineName(kind),
    document: anyFunctionPolicy(place, kind === 'boundary' ? 'boundary' : 'policy'),
  }));
}

function documentOf(subject: PreparedSubject, kind: QuarantineKind): JsonObject {
  const { partition, region, account, functionName } = subject;
  const functionArn = `arn:${partition}:lambda:${region}:${account}:function:${functionName}`;
  const groups = [...new Set([`/aws/lambda/${functionName}`, ...subject.logGroups])].sort();
  const logs = groups.map((group) => `arn:${partition}:logs:${region}:${account}:log-group:${group}`);
  const open = { logGroups: logs, sinks: [...new Set(subject.sinks ?? [])].sort() };
  switch (kind) {
    case 'function':
      return quarantinePolicy({ kind: 'function', functionArn }, open);
    case 'role':
      return quarantinePolicy({ kind: 'role' }, open);
    case 'secrets':
      return privilegePolicy(functionArn);
  }
}
