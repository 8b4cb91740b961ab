import type { Caller, Core } from './call.ts';
import { expiredToken, unknownAccessKey } from './refusals.ts';
import type { Role, Session } from './state.ts';

/** Credentials as they travel with a request. */
export interface PresentedCredentials {
  readonly accessKeyId: string;
  readonly sessionToken: string | undefined;
}

/**
 * Finds who presents credentials. A session is known by its access key id together with its token, a
 * user by the access key id. The signature itself is not recomputed: it would need the bytes of the
 * request as sent, which an in-process request handler does not have; a stolen key id without its
 * token is refused all the same.
 */
export function authenticate(core: Core, service: string, presented: PresentedCredentials): Caller {
  const user = core.state.users.get(presented.accessKeyId);
  if (user !== undefined && presented.sessionToken === undefined) return { kind: 'user', user };
  const session = core.state.sessions.get(presented.accessKeyId);
  if (session === undefined || session.sessionToken !== presented.sessionToken)
    throw unknownAccessKey(service);
  if (Date.parse(session.expiresAt) <= core.clock.now().getTime()) throw expiredToken(service);
  return { kind: 'session', session };
}

/** Makes credentials of a role. `lifeSeconds` counts from now on the world's clock. */
export function mintSession(
  core: Core,
  role: Role,
  request: {
    readonly sessionName: string;
    readonly lifeSeconds: number;
    readonly sourceIdentity?: string | undefined;
    readonly sourceFunctionArn?: string | undefined;
    readonly sourceVersionArn?: string | undefined;
  },
): Session {
  const { state, names, clock } = core;
  const now = clock.now();
  const session: Session = {
    accessKeyId: `ASIA${names.code(16)}`,
    secretAccessKey: names.hex(40),
    sessionToken: names.hex(120),
    roleName: role.name,
    roleId: role.id,
    roleArn: role.arn,
    sessionArn: `arn:${state.partition}:sts::${state.account}:assumed-role/${role.name}/${request.sessionName}`,
    sessionName: request.sessionName,
    issuedAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + request.lifeSeconds * 1000).toISOString(),
    sourceIdentity: request.sourceIdentity,
    sourceFunctionArn: request.sourceFunctionArn,
    sourceVersionArn: request.sourceVersionArn,
  };
  state.sessions.set(session.accessKeyId, session);
  return session;
}
