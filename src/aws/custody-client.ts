import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';

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
      const { Credentials: found } = await sts.send(
        new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'cordon-custody' }),
      );
      return {
        accessKeyId: found?.AccessKeyId ?? '',
        secretAccessKey: found?.SecretAccessKey ?? '',
        ...(found?.SessionToken === undefined ? {} : { sessionToken: found.SessionToken }),
        ...(found?.Expiration === undefined ? {} : { expiration: found.Expiration }),
      };
    },
  };
}
