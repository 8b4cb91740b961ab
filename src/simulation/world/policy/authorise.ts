import type { PolicyDocument, Principal, Statement } from './document.ts';
import { type AccessRequest, evaluate, statementApplies, type Verdict } from './evaluate.ts';
import { globMatches } from './glob.ts';

/** Everything that limits or widens one principal's rights, as it is in force now. */
export interface PolicySet {
  readonly identity: readonly PolicyDocument[];
  readonly boundary: PolicyDocument | undefined;
  /** One list per level of the organisation (root, unit, account): each level must allow. */
  readonly serviceControl: readonly (readonly PolicyDocument[])[];
}

/** The kind of policy that decided, in AWS's words for error messages. */
export type DecidedBy =
  | 'identity-based policy'
  | 'permissions boundary'
  | 'service control policy'
  | 'resource-based policy';

export type Decision =
  | { readonly kind: 'allowed'; readonly by: DecidedBy }
  | { readonly kind: 'explicit-deny'; readonly by: DecidedBy }
  | { readonly kind: 'implicit-deny'; readonly by: DecidedBy };

/** What a resource's own policy says to one principal. */
export interface ResourceVerdict {
  readonly verdict: Verdict;
  /** True when the allow names the session itself: an implicit deny in a boundary does not limit it. */
  readonly toSession: boolean;
  /** True when the allow names only the account: the principal's own policies must allow as well. */
  readonly toAccount: boolean;
}

/** Who asks, as a principal element can name it. */
export interface PrincipalNames {
  /** `arn:aws:iam::<account>:role/<name>` or a user's ARN; empty for a service. */
  readonly arn: string;
  /** `arn:aws:sts::<account>:assumed-role/<role>/<session>`; empty when it is no session. */
  readonly sessionArn: string;
  readonly account: string;
  /** `lambda.amazonaws.com`; empty when it is no service. */
  readonly service: string;
}

function accountNamed(value: string): string | undefined {
  if (/^\d{12}$/.test(value)) return value;
  return /^arn:[^:]+:iam::(\d{12}):root$/.exec(value)?.[1];
}

type Naming = 'session' | 'principal' | 'account' | 'no';

function naming(principal: Principal, who: PrincipalNames): Naming {
  if (principal.kind === 'anyone') return 'principal';
  if (who.service !== '') return principal.service.includes(who.service) ? 'principal' : 'no';
  if (who.sessionArn !== '' && principal.aws.includes(who.sessionArn)) return 'session';
  if (principal.aws.some((value) => value === '*' || (who.arn !== '' && value === who.arn)))
    return 'principal';
  return principal.aws.some((value) => accountNamed(value) === who.account) ? 'account' : 'no';
}

function statementNaming(statement: Statement, who: PrincipalNames): Naming {
  if (statement.notPrincipal !== undefined) {
    return naming(statement.notPrincipal, who) === 'no' ? 'principal' : 'no';
  }
  return statement.principal === undefined ? 'no' : naming(statement.principal, who);
}

/** What a resource policy (or a trust policy) says to a principal. */
export function evaluateResourcePolicy(
  policy: PolicyDocument | undefined,
  who: PrincipalNames,
  request: AccessRequest,
): ResourceVerdict {
  let found: ResourceVerdict = { verdict: 'none', toSession: false, toAccount: true };
  for (const statement of policy?.statements ?? []) {
    const named = statementNaming(statement, who);
    if (named === 'no' || !statementApplies(statement, request)) continue;
    if (statement.effect === 'Deny') return { verdict: 'deny', toSession: false, toAccount: false };
    found = {
      verdict: 'allow',
      toSession: found.toSession || named === 'session',
      toAccount: found.toAccount && named === 'account',
    };
  }
  return found;
}

/**
 * Decides a request of a principal, in the order of the IAM guide's evaluation logic: an explicit deny
 * anywhere; then the organisation, the resource's own policy (same account), the boundary, and the
 * principal's policies, each of which must allow.
 */
export function authorise(
  policies: PolicySet,
  request: AccessRequest,
  resource: ResourceVerdict = { verdict: 'none', toSession: false, toAccount: true },
): Decision {
  const identity = evaluate(policies.identity, request);
  const boundary = policies.boundary === undefined ? 'allow' : evaluate([policies.boundary], request);
  const control = policies.serviceControl.map((level) => evaluate(level, request));

  if (control.includes('deny')) return { kind: 'explicit-deny', by: 'service control policy' };
  if (resource.verdict === 'deny') return { kind: 'explicit-deny', by: 'resource-based policy' };
  if (identity === 'deny') return { kind: 'explicit-deny', by: 'identity-based policy' };
  if (boundary === 'deny') return { kind: 'explicit-deny', by: 'permissions boundary' };

  if (control.includes('none')) return { kind: 'implicit-deny', by: 'service control policy' };
  const granted = resource.verdict === 'allow' && !resource.toAccount;
  if (granted && resource.toSession) return { kind: 'allowed', by: 'resource-based policy' };
  if (boundary === 'none') return { kind: 'implicit-deny', by: 'permissions boundary' };
  if (granted) return { kind: 'allowed', by: 'resource-based policy' };
  return identity === 'allow'
    ? { kind: 'allowed', by: 'identity-based policy' }
    : { kind: 'implicit-deny', by: 'identity-based policy' };
}

/** The words AWS adds to a refusal, so that a reader of the log knows which policy to look at. */
export function becauseOf(decision: Decision, action: string): string {
  if (decision.kind === 'explicit-deny')
    return `with an explicit deny in ${article(decision.by)} ${decision.by}`;
  return `because no ${decision.by} allows the ${action} action`;
}

function article(by: DecidedBy): string {
  return globMatches('i*', by) ? 'an' : 'a';
}
