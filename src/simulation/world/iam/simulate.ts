import { rolePolicySet } from '../access.ts';
import type { Core, Input, Operation } from '../call.ts';
import { authorise, type Decision } from '../policy/authorise.ts';
import { requestContext } from '../policy/condition.ts';
import type { Role } from '../state.ts';
import { noSuchEntity, required } from './role.ts';

/** The members of a form list: `ActionNames.member.1`, `.2` … */
function formList(form: URLSearchParams, prefix: string): readonly string[] {
  const values: string[] = [];
  for (let index = 1; ; index++) {
    const value = form.get(`${prefix}.member.${index}`);
    if (value === null) return values;
    values.push(value);
  }
}

function contextEntries(form: URLSearchParams): Record<string, readonly string[]> {
  const entries: Record<string, readonly string[]> = {};
  for (let index = 1; ; index++) {
    const prefix = `ContextEntries.member.${index}`;
    const key = form.get(`${prefix}.ContextKeyName`);
    if (key === null) return entries;
    entries[key] = formList(form, `${prefix}.ContextKeyValues`);
  }
}

const DECISIONS: Readonly<Record<Decision['kind'], string>> = {
  allowed: 'allowed',
  'explicit-deny': 'explicitDeny',
  'implicit-deny': 'implicitDeny',
};

function sourceRole(core: Core, input: Input): Role {
  const arn = required(input, 'PolicySourceArn');
  const role = [...core.state.roles.values()].find((one) => one.arn === arn);
  if (role === undefined)
    throw noSuchEntity(`The role with name ${arn.split('/').at(-1) ?? arn} cannot be found.`);
  return role;
}

/**
 * SimulatePrincipalPolicy: what the role's policies say as they were last written, before propagation,
 * with the context entries that the caller gives (so: the boundary and the organisation too, but
 * never a resource policy).
 */
export const simulateOperation: Operation = {
  service: 'iam',
  name: 'SimulatePrincipalPolicy',
  write: false,
  access: (_core, input) => [
    { action: 'iam:SimulatePrincipalPolicy', resource: input.query.get('PolicySourceArn') ?? '*' },
  ],
  run(core, input) {
    const role = sourceRole(core, input);
    const policies = rolePolicySet(core.state, role, 'current');
    const context = requestContext({
      'aws:PrincipalArn': role.arn,
      'aws:PrincipalAccount': core.state.account,
      'aws:PrincipalType': 'AssumedRole',
      'aws:PrincipalOrgID': core.state.organisationId,
      'aws:CurrentTime': core.clock.now().toISOString(),
      ...contextEntries(input.query),
    });
    const named = formList(input.query, 'ResourceArns');
    const resources = named.length === 0 ? ['*'] : named;
    const results = formList(input.query, 'ActionNames').flatMap((action) =>
      resources.map((resource) => {
        const decision = authorise(policies, { action, resource, context });
        return {
          EvalActionName: action,
          EvalResourceName: resource,
          EvalDecision: DECISIONS[decision.kind],
          MatchedStatements: [],
          MissingContextValues: [],
          ...(core.state.organisationId === undefined
            ? {}
            : {
                OrganizationsDecisionDetail: {
                  AllowedByOrganizations: decision.by !== 'service control policy',
                },
              }),
          ...(policies.boundary === undefined
            ? {}
            : {
                PermissionsBoundaryDecisionDetail: {
                  AllowedByPermissionsBoundary: decision.by !== 'permissions boundary',
                },
              }),
        };
      }),
    );
    return { body: { EvaluationResults: results, IsTruncated: false } };
  },
};
