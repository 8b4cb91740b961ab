import { callContext, decide, principalNames } from '../access.ts';
import { type Access, type Caller, type Core, callerArn, type Input, type Operation } from '../call.ts';
import { mintSession } from '../credentials.ts';
import { required } from '../iam/role.ts';
import { evaluateResourcePolicy } from '../policy/authorise.ts';
import { accessDenied } from '../refusals.ts';
import { AwsRefusal } from '../world-error.ts';

const DEFAULT_SECONDS = 3_600;
/** A role that a role assumed (chaining) lives at most an hour. */
const CHAINED_SECONDS = 3_600;
const MOST_SECONDS = 43_200;

function assumeAccess(input: Input): Access {
  return {
    action: 'sts:AssumeRole',
    resource: input.query.get('RoleArn') ?? '*',
    context: {
      'sts:ExternalId': input.query.get('ExternalId') ?? undefined,
      'sts:RoleSessionName': input.query.get('RoleSessionName') ?? undefined,
      'sts:SourceIdentity': input.query.get('SourceIdentity') ?? undefined,
    },
  };
}

/**
 * Whether the trust policy and the caller's own policies let it assume the role: a trust that names
 * the caller is enough within the account; a trust in an account, and any caller of another account, need both.
 */
function mayAssume(core: Core, caller: Caller, input: Input, access: Access): boolean {
  const role = [...core.state.roles.values()].find((one) => one.arn === access.resource);
  if (role === undefined) return false;
  const trust = role.policies.effective().trust.parsed;
  const who = principalNames(core.state, caller);
  const asked = (action: string) => {
    const request = {
      action,
      resource: access.resource,
      context: callContext(core, caller, input.region, access),
    };
    return evaluateResourcePolicy(trust, who, request);
  };
  const trusted = asked('sts:AssumeRole');
  if (trusted.verdict !== 'allow') return false;
  if (input.query.has('SourceIdentity') && asked('sts:SetSourceIdentity').verdict !== 'allow') return false;
  const own = decide(core, caller, input.region, access);
  if (own.kind === 'explicit-deny') return false;
  const foreign = who.account !== core.state.account;
  return own.kind === 'allowed' || (!foreign && !trusted.toAccount);
}

/** AssumeRole and GetCallerIdentity. */
export const stsOperations: Readonly<Record<string, Operation>> = {
  AssumeRole: {
    service: 'sts',
    name: 'AssumeRole',
    write: false,
    // Trust and identity are weighed together in `run`: neither alone decides.
    access: () => [],
    target: (input) => input.query.get('RoleArn') ?? '*',
    run(core, input, caller) {
      const roleArn = required(input, 'RoleArn');
      const sessionName = required(input, 'RoleSessionName');
      const access = assumeAccess(input);
      if (!mayAssume(core, caller, input, access)) {
        throw accessDenied('sts', callerArn(caller), 'sts:AssumeRole', roleArn, '');
      }
      const role = [...core.state.roles.values()].find((one) => one.arn === roleArn);
      const asked = Number(input.query.get('DurationSeconds') ?? DEFAULT_SECONDS);
      const most = caller.kind === 'session' ? CHAINED_SECONDS : MOST_SECONDS;
      if (role === undefined || !Number.isInteger(asked) || asked < 900 || asked > most) {
        throw new AwsRefusal(
          'ValidationError',
          400,
          'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
        );
      }
      const inherited = caller.kind === 'session' ? caller.session.sourceIdentity : undefined;
      const session = mintSession(core, role, {
        sessionName,
        lifeSeconds: asked,
        sourceIdentity: input.query.get('SourceIdentity') ?? inherited,
      });
      return {
        body: {
          AssumedRoleUser: { AssumedRoleId: `${role.id}:${sessionName}`, Arn: session.sessionArn },
          Credentials: {
            AccessKeyId: session.accessKeyId,
            SecretAccessKey: session.secretAccessKey,
            SessionToken: session.sessionToken,
            Expiration: session.expiresAt,
          },
          ...(session.sourceIdentity === undefined ? {} : { SourceIdentity: session.sourceIdentity }),
        },
      };
    },
  },
  GetCallerIdentity: {
    service: 'sts',
    name: 'GetCallerIdentity',
    write: false,
    // No permission is needed, and none can be withheld (STS API reference).
    access: () => [],
    run(core, _input, caller) {
      const id =
        caller.kind === 'user'
          ? caller.user.id
          : `${core.state.roles.get(caller.session.roleName)?.id ?? ''}:${caller.session.sessionName}`;
      const account = caller.kind === 'user' ? caller.user.account : core.state.account;
      return { body: { Arn: callerArn(caller), UserId: id, Account: account } };
    },
  },
};
