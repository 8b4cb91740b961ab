import { conditionHolds, type RequestContext } from './condition.ts';
import type { PolicyDocument, Statement } from './document.ts';
import { actionMatches, globMatches } from './glob.ts';

/** What is asked: one action on one resource, with its context. */
export interface AccessRequest {
  /** `lambda:GetFunction`. */
  readonly action: string;
  /** An ARN, or `*` for an action without a resource. */
  readonly resource: string;
  readonly context: RequestContext;
}

/** What one set of policies says; `none` is the implicit deny. */
export type Verdict = 'allow' | 'deny' | 'none';

/**
 * Replaces policy variables (`${aws:PrincipalArn}`, `${*}`, `${?}`, `${$}`). Returns `undefined` when a
 * variable has no value in this request: such an element matches nothing (IAM guide, policy variables).
 */
function substitute(text: string, context: RequestContext): string | undefined {
  if (!text.includes('${')) return text;
  let missing = false;
  const replaced = text.replace(/\$\{([^}]*)\}/g, (_whole, name: string) => {
    if (name === '*' || name === '?' || name === '$') return name;
    const [key = '', fallback] = name.split(',').map((part) => part.trim());
    const value = context.get(key.toLowerCase())?.[0] ?? fallback?.replace(/^'|'$/g, '');
    if (value === undefined) missing = true;
    return value ?? '';
  });
  return missing ? undefined : replaced;
}

function resourceListed(patterns: readonly string[], request: AccessRequest): boolean {
  return patterns.some((pattern) => {
    const wanted = substitute(pattern, request.context);
    return wanted !== undefined && globMatches(wanted, request.resource);
  });
}

/** Whether a statement speaks about a request, principals apart. */
export function statementApplies(statement: Statement, request: AccessRequest): boolean {
  const { actions, notActions, resources, notResources } = statement;
  if (actions !== undefined && !actions.some((pattern) => actionMatches(pattern, request.action)))
    return false;
  if (notActions?.some((pattern) => actionMatches(pattern, request.action)) === true) return false;
  if (resources !== undefined && !resourceListed(resources, request)) return false;
  if (notResources !== undefined && resourceListed(notResources, request)) return false;
  return statement.conditions.every(({ operator, key, values }) => {
    const wanted = values.flatMap((value) => {
      const text = substitute(value, request.context);
      return text === undefined ? [] : [text];
    });
    return conditionHolds(operator, key, wanted, request.context);
  });
}

/** What a set of policies says about a request: one deny outweighs every allow. */
export function evaluate(policies: readonly PolicyDocument[], request: AccessRequest): Verdict {
  let verdict: Verdict = 'none';
  for (const policy of policies) {
    for (const statement of policy.statements) {
      if (statement.effect === 'Allow' && verdict === 'allow') continue;
      if (!statementApplies(statement, request)) continue;
      if (statement.effect === 'Deny') return 'deny';
      verdict = 'allow';
    }
  }
  return verdict;
}
