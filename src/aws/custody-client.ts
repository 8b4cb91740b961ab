import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { CodedError } from '../error.ts';

/** Where the clients of evidence go: an account of its own, apart from those that are under attack. */
export interface CustodyAccess {
  /** `undefined`: as the AWS environment says. */
  readonly region: string | undefined;
  /** A role to assume first, so that what collects need not be what keeps. */
  readonly roleArn: string | undefined;
  /** Another endpoint, for tests. */
  readonly endpoint: string | undefined;
}

/** The settings of an SDK client for evidence; the SDK renews the session when it ends. */
export function custodyClient({ region, roleArn, endpoint }: CustodyAccess) {
  const place = {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
  };
  if (roleArn === undefined) return place;
  const sts = new STSClient(place);
  return {
    ...place,
    credentials: async () => {
      const found = await assumed(sts, roleArn);
      return {
        accessKeyId: found?.AccessKeyId ?? '',
        secretAccessKey: found?.SecretAccessKey ?? '',
        ...(found?.SessionToken === undefined ? {} : { sessionToken: found.SessionToken }),
        ...(found?.Expiration === undefined ? {} : { expiration: found.Expiration }),
      };
    },
  };
}

/** A refusal is the role's: taken for one of the bucket, it would be looked for in the wrong place. */
async function assumed(sts: STSClient, roleArn: string) {
  try {
    return (await sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'cordon-custody' })))
      .Credentials;
  } catch (cause) {
    throw new CustodyRoleError(
      'cordon_evidence_role_refused',
      `Expected the role of CORDON_EVIDENCE_ROLE, ${roleArn}, to be assumed by sts:AssumeRole, found ` +
        `${cause instanceof Error ? cause.name : 'unknown'}. Compare its trust policy with the engine's own identity, ` +
        'which `cordon doctor` shows; what was collected is kept, and stored with the next attempt.',
      { cause },
    );
  }
}

/** Why the role of evidence cannot be had: AWS's own word. */
class CustodyRoleError extends CodedError<'cordon_evidence_role_refused'> {}
