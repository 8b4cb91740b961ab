import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { z } from 'zod';
import { AwsError } from '../action/failure.ts';
import type { AwsPurpose } from '../action/ports.ts';
import type { Clock } from '../clock.ts';
import type { Caller } from './call.ts';
import { badResponse } from './classify.ts';
import type { SdkHandler, Wire } from './transport.ts';

/** The role of a member account that calls of one purpose are made with. */
export interface AssumedRole {
  readonly roleArn: string;
  readonly externalId?: string;
}

/** Which account, Region and purpose calls are for, and whose case they are recorded under. */
export interface AwsScope {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  readonly purpose: AwsPurpose;
  /** The incident's id: it lands in CloudTrail as the session's `sourceIdentity`, as custody. */
  readonly sourceIdentity: string;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

export interface Sessions {
  /**
   * Credentials of a warm or new session that lives for at least `leastMs` more (default: the longest that one chain of
   * calls takes). `sts` makes the call; `handler` is its guarded wire.
   */
  assume(
    scope: AwsScope,
    role: AssumedRole,
    sts: Caller,
    handler: SdkHandler,
    leastMs?: number,
  ): Promise<Credentials>;
  /** Throws `cordon_aws_access_denied` unless the base credentials belong to the scope's account. */
  confirmAccount(scope: AwsScope, sts: Caller, handler: SdkHandler): Promise<void>;
}

// The longest that a role assumed by another role may last (IAM guide: role chaining).
const SESSION_SECONDS = 3600;
// Renewed while the old one still works, so that no call ever meets the end of a session. What keeps sessions warm asks for
// longer than this: then no call waits for STS either.
const LEAST_MS = 5 * 60_000;

const assumed = z.object({
  Credentials: z.object({
    AccessKeyId: z.string().min(1),
    SecretAccessKey: z.string().min(1),
    SessionToken: z.string().min(1),
    Expiration: z.date(),
  }),
});

const identity = z.object({ Account: z.string().regex(/^\d{12}$/) });

/**
 * Keeps STS sessions warm, in memory only: they are neither stored nor logged. One session per role, Region
 * and source identity; callers that arrive while one is being made share it.
 */
export function createSessions(wire: Wire, clock: Clock): Sessions {
  const warm = new Map<string, Credentials>();
  const pending = new Map<string, Promise<Credentials>>();
  let account: string | undefined;

  const client = (region: string, handler: SdkHandler) =>
    new STSClient({
      ...wire.settings,
      region,
      requestHandler: handler,
      ...(wire.credentials === undefined ? {} : { credentials: wire.credentials }),
    });

  async function renew(scope: AwsScope, role: AssumedRole, sts: Caller, handler: SdkHandler) {
    const command = new AssumeRoleCommand({
      RoleArn: role.roleArn,
      RoleSessionName: `cordon-${scope.purpose}`,
      DurationSeconds: SESSION_SECONDS,
      SourceIdentity: scope.sourceIdentity,
      ...(role.externalId === undefined ? {} : { ExternalId: role.externalId }),
    });
    const answer = await sts('sts:AssumeRole', (options) =>
      client(scope.region, handler).send(command, options),
    );
    const parsed = assumed.safeParse(answer);
    if (!parsed.success) throw badResponse('sts:AssumeRole', 'expected credentials with an expiry');
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = parsed.data.Credentials;
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiration: Expiration,
    };
  }

  return {
    async assume(scope, role, sts, handler, leastMs = LEAST_MS) {
      refuseForeignRole(scope, role);
      const key = [role.roleArn, scope.region, scope.sourceIdentity].join(' ');
      for (;;) {
        const session = warm.get(key);
        if (session !== undefined && session.expiration.getTime() - clock.now().getTime() > leastMs) {
          return session;
        }
        const others = pending.get(key);
        if (others === undefined) break;
        // Theirs may fail for reasons of their own, such as a lost lease: then it is our turn.
        await others.catch(() => {});
      }
      const ours = renew(scope, role, sts, handler);
      pending.set(key, ours);
      try {
        const session = await ours;
        for (const [old, { expiration }] of warm) if (expiration <= clock.now()) warm.delete(old);
        warm.set(key, session);
        return session;
      } finally {
        pending.delete(key);
      }
    },
    async confirmAccount(scope, sts, handler) {
      if (account === undefined) {
        const answer = await sts('sts:GetCallerIdentity', (options) =>
          client(scope.region, handler).send(new GetCallerIdentityCommand({}), options),
        );
        const parsed = identity.safeParse(answer);
        if (!parsed.success) throw badResponse('sts:GetCallerIdentity', 'expected an account of 12 digits');
        account = parsed.data.Account;
      }
      // IAM calls name a role without its account: with the wrong credentials a namesake would be changed.
      if (account === scope.account) return;
      throw new AwsError(
        'cordon_aws_access_denied',
        'sts:GetCallerIdentity',
        `expected credentials of account ${scope.account}, found ${account}; enrol the account with the roles to assume`,
        { classification: 'terminal' },
      );
    },
  };
}

function refuseForeignRole(scope: AwsScope, role: AssumedRole): void {
  const [, partition, , , account] = role.roleArn.split(':');
  if (partition === scope.partition && account === scope.account) return;
  throw new AwsError(
    'cordon_aws_access_denied',
    'sts:AssumeRole',
    `expected a role of account ${scope.account} in partition ${scope.partition}, found ${role.roleArn}; mend the enrolment file`,
    { classification: 'terminal' },
  );
}
