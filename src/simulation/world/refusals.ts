import { AwsRefusal } from './world-error.ts';

/** How each wire format names the same refusal; status as in AWS's own answers. */
interface Words {
  readonly denied: readonly [code: string, status: number];
  readonly throttled: readonly [code: string, status: number];
  readonly unknownKey: readonly [code: string, status: number];
  readonly expired: readonly [code: string, status: number];
  readonly unsigned: readonly [code: string, status: number];
}

const QUERY: Words = {
  denied: ['AccessDenied', 403],
  throttled: ['Throttling', 400],
  unknownKey: ['InvalidClientTokenId', 403],
  expired: ['ExpiredToken', 403],
  unsigned: ['MissingAuthenticationToken', 403],
};

const JSON_TARGET: Words = {
  denied: ['AccessDeniedException', 400],
  throttled: ['ThrottlingException', 400],
  unknownKey: ['UnrecognizedClientException', 400],
  expired: ['ExpiredTokenException', 400],
  unsigned: ['MissingAuthenticationTokenException', 400],
};

const WORDS: Readonly<Record<string, Words>> = {
  lambda: {
    denied: ['AccessDeniedException', 403],
    throttled: ['TooManyRequestsException', 429],
    unknownKey: ['UnrecognizedClientException', 403],
    expired: ['ExpiredTokenException', 403],
    unsigned: ['MissingAuthenticationTokenException', 403],
  },
  iam: QUERY,
  ec2: { ...QUERY, denied: ['UnauthorizedOperation', 403], throttled: ['RequestLimitExceeded', 503] },
  xray: { ...JSON_TARGET, denied: ['AccessDeniedException', 403] },
  sts: QUERY,
  s3: { ...QUERY, throttled: ['SlowDown', 503], unknownKey: ['InvalidAccessKeyId', 403] },
  sqs: { ...JSON_TARGET, denied: ['AccessDeniedException', 403], throttled: ['RequestThrottled', 403] },
};

function words(service: string): Words {
  return WORDS[service] ?? JSON_TARGET;
}

/** A policy refuses the call. */
export function accessDenied(
  service: string,
  principalArn: string,
  action: string,
  resource: string,
  because: string,
): AwsRefusal {
  const [code, status] = words(service).denied;
  const message = `User: ${principalArn} is not authorized to perform: ${action} on resource: ${resource} ${because}`;
  return new AwsRefusal(code, status, message, { messageMember: 'Message' });
}

/** The control plane refuses the call for its rate. */
export function throttled(service: string): AwsRefusal {
  const [code, status] = words(service).throttled;
  return new AwsRefusal(code, status, 'Rate exceeded', {
    members: service === 'lambda' ? { Type: 'User', Reason: 'CallerRateLimitExceeded' } : {},
  });
}

export function unknownAccessKey(service: string): AwsRefusal {
  const [code, status] = words(service).unknownKey;
  return new AwsRefusal(code, status, 'The security token included in the request is invalid.');
}

export function expiredToken(service: string): AwsRefusal {
  const [code, status] = words(service).expired;
  return new AwsRefusal(code, status, 'The security token included in the request is expired');
}

export function unsignedRequest(service: string): AwsRefusal {
  const [code, status] = words(service).unsigned;
  return new AwsRefusal(code, status, 'Missing Authentication Token');
}
