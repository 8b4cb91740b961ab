import { type Access, type Caller, type Core, callerArn } from './call.ts';
import {
  authorise,
  becauseOf,
  type Decision,
  evaluateResourcePolicy,
  type PolicySet,
  type PrincipalNames,
  type ResourceVerdict,
} from './policy/authorise.ts';
import { type RequestContext, requestContext } from './policy/condition.ts';
import type { PolicyDocument } from './policy/document.ts';
import { accessDenied } from './refusals.ts';
import type { AccountState, Role, RolePolicies } from './state.ts';

/** The documents of a role's policies, inline and attached. */
function roleDocuments(state: AccountState, policies: RolePolicies): readonly PolicyDocument[] {
  return [
    ...[...policies.inline.values()].map((policy) => policy.parsed),
    ...policies.attached.flatMap((arn) => {
      const managed = state.managedPolicies.get(arn);
      return managed === undefined ? [] : [managed.document.parsed];
    }),
  ];
}

/** Boundary that allows nothing: what a role has whose boundary policy does not exist. */
const NOTHING: PolicyDocument = { statements: [] };

/** What limits and widens a role: as in force now, or (for the simulator) as last written. */
export function rolePolicySet(state: AccountState, role: Role, view: 'effective' | 'current'): PolicySet {
  const policies = view === 'effective' ? role.policies.effective() : role.policies.current;
  const { boundary } = policies;
  return {
    identity: roleDocuments(state, policies),
    boundary:
      boundary === undefined ? undefined : (state.managedPolicies.get(boundary)?.document.parsed ?? NOTHING),
    serviceControl: view === 'effective' ? state.serviceControl.effective() : state.serviceControl.current,
  };
}

function policySet(core: Core, caller: Caller): PolicySet {
  const { state } = core;
  if (caller.kind === 'user') {
    const own = caller.user.account === state.account;
    const serviceControl = own ? state.serviceControl.effective() : [];
    return { identity: caller.user.policies, boundary: undefined, serviceControl };
  }
  const role = state.roles.get(caller.session.roleName);
  // A deleted role leaves its sessions without any right.
  if (role === undefined) return { identity: [], boundary: undefined, serviceControl: [] };
  return rolePolicySet(state, role, 'effective');
}

/** How policies can name a caller. */
export function principalNames(state: AccountState, caller: Caller): PrincipalNames {
  return caller.kind === 'user'
    ? { arn: caller.user.arn, sessionArn: '', account: caller.user.account, service: '' }
    : {
        arn: caller.session.roleArn,
        sessionArn: caller.session.sessionArn,
        account: state.account,
        service: '',
      };
}

/** The global condition keys of a call, with those of the operation. */
export function callContext(core: Core, caller: Caller, region: string, access: Access): RequestContext {
  const { state } = core;
  const now = core.clock.now();
  const shared = {
    'aws:CurrentTime': now.toISOString(),
    'aws:EpochTime': String(Math.floor(now.getTime() / 1000)),
    'aws:RequestedRegion': region,
    'aws:SecureTransport': 'true',
    'aws:ViaAWSService': 'false',
    'aws:PrincipalIsAWSService': 'false',
    'aws:PrincipalOrgID': state.organisationId,
    'aws:ResourceAccount': state.account,
  };
  if (caller.kind === 'user') {
    const { user } = caller;
    return requestContext({
      ...shared,
      'aws:PrincipalArn': user.arn,
      'aws:PrincipalAccount': user.account,
      'aws:PrincipalType': 'User',
      'aws:userid': user.id,
      'aws:username': user.name,
      ...access.context,
    });
  }
  const { session } = caller;
  const role = state.roles.get(session.roleName);
  const tags = [...(role?.tags ?? [])].map(([key, value]) => [`aws:PrincipalTag/${key}`, value]);
  return requestContext({
    ...shared,
    ...Object.fromEntries(tags),
    'aws:PrincipalArn': session.roleArn,
    'aws:PrincipalAccount': state.account,
    'aws:PrincipalType': 'AssumedRole',
    'aws:userid': `${role?.id ?? ''}:${session.sessionName}`,
    'aws:TokenIssueTime': session.issuedAt,
    'aws:SourceIdentity': session.sourceIdentity,
    'lambda:SourceFunctionArn': session.sourceFunctionArn,
    ...access.context,
  });
}

/** Asks the evaluator whether a caller may do one thing now. */
export function decide(core: Core, caller: Caller, region: string, access: Access): Decision {
  const context = callContext(core, caller, region, access);
  const request = { action: access.action, resource: access.resource, context };
  const resource = evaluateResourcePolicy(access.resourcePolicy, principalNames(core.state, caller), request);
  const shut = shutOut(access, resource);
  return shut ?? authorise(policySet(core, caller), request, resource);
}

/** A refusal by the resource, where the resource's policy has to allow and does not. */
function shutOut(access: Access, resource: ResourceVerdict): Decision | undefined {
  if (access.resourceMustAllow !== true || resource.verdict !== 'none') return undefined;
  return { kind: 'implicit-deny', by: 'resource-based policy' };
}

/** A principal of another account needs a yes of both sides: its own policies and the resource's. */
function foreignRefusal(core: Core, caller: Caller, region: string, access: Access): Decision | undefined {
  if (caller.kind !== 'user' || caller.user.account === core.state.account) return undefined;
  const context = callContext(core, caller, region, access);
  const request = { action: access.action, resource: access.resource, context };
  const resource = evaluateResourcePolicy(access.resourcePolicy, principalNames(core.state, caller), request);
  if (resource.verdict !== 'allow') return { kind: 'implicit-deny', by: 'resource-based policy' };
  const own = authorise(policySet(core, caller), request);
  return own.kind === 'allowed' ? undefined : own;
}

/** Throws the service's refusal unless every access is allowed. */
export function requireAccess(
  core: Core,
  service: string,
  caller: Caller,
  region: string,
  accesses: readonly Access[],
): void {
  for (const access of accesses) {
    const decision = foreignRefusal(core, caller, region, access) ?? decide(core, caller, region, access);
    if (decision.kind === 'allowed') continue;
    const because = becauseOf(decision, access.action);
    throw accessDenied(service, callerArn(caller), access.action, access.resource, because);
  }
}

/**
 * Whether the Lambda service, acting as a role outside a function's environment (delivery to a sink,
 * polling of a source), may do something. Such calls carry no `lambda:SourceFunctionArn`
 * (reference, section 1.4).
 */
export function serviceMayAs(core: Core, role: Role, region: string, access: Access): boolean {
  const { state } = core;
  const context = requestContext({
    'aws:PrincipalArn': role.arn,
    'aws:PrincipalAccount': state.account,
    'aws:PrincipalType': 'AssumedRole',
    'aws:TokenIssueTime': core.clock.now().toISOString(),
    'aws:CurrentTime': core.clock.now().toISOString(),
    'aws:RequestedRegion': region,
    'aws:SecureTransport': 'true',
    'aws:PrincipalOrgID': state.organisationId,
    'aws:ResourceAccount': state.account,
    ...access.context,
  });
  const request = { action: access.action, resource: access.resource, context };
  const who = { arn: role.arn, sessionArn: '', account: state.account, service: '' };
  const resource = evaluateResourcePolicy(access.resourcePolicy, who, request);
  if (shutOut(access, resource) !== undefined) return false;
  return authorise(rolePolicySet(state, role, 'effective'), request, resource).kind === 'allowed';
}

/** Whether a resource's own policy lets an AWS service in, called from within this account. */
export function serviceAccess(core: Core, service: string, region: string, access: Access): boolean {
  const context = requestContext({
    'aws:SourceAccount': core.state.account,
    'aws:SourceArn': `arn:${core.state.partition}:execute-api:${region}:${core.state.account}:api/*/POST/`,
    'aws:PrincipalIsAWSService': 'true',
    'aws:CurrentTime': core.clock.now().toISOString(),
    ...access.context,
  });
  const request = { action: access.action, resource: access.resource, context };
  const who = { arn: '', sessionArn: '', account: '', service };
  return evaluateResourcePolicy(access.resourcePolicy, who, request).verdict === 'allow';
}
