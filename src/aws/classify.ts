import { z } from 'zod';
import type { AwsErrorCode, FailureClass } from '../action/failure.ts';
import { AwsError } from '../action/failure.ts';
import { factsOf, type Operation } from './operations.ts';
import { secretFree } from './secret-free.ts';

/**
 * One table from the SDK's errors to ours. The order of questions: is it ours already; did the request
 * leave at all; does AWS name the error; what does the status say. A write whose answer is lost, or whose
 * answer is a 5xx, is `unknown`: it may have taken effect. A read never is: reading again does no harm.
 */

interface Rule {
  readonly code: AwsErrorCode;
  readonly classification: FailureClass;
  readonly advice: string;
}

const THROTTLED: Rule = {
  code: 'cordon_aws_throttled',
  classification: 'retryable',
  advice: 'AWS asked to slow down; the call is tried again later',
};
const DENIED: Rule = {
  code: 'cordon_aws_access_denied',
  classification: 'terminal',
  advice: 'compare the role with the generated least-privilege policy, and look for a service control policy',
};
const EXPIRED: Rule = {
  code: 'cordon_aws_access_denied',
  classification: 'retryable',
  advice:
    'the session expired or the clocks differ; tried again, and worth a look at the clock of this machine',
};
const NOT_FOUND: Rule = {
  code: 'cordon_aws_not_found',
  classification: 'terminal',
  advice: 'the object does not exist (any more)',
};
const CONFLICT: Rule = {
  code: 'cordon_aws_conflict',
  classification: 'retryable',
  advice: 'another change of the object is in progress; the call is tried again later',
};
const LIMIT: Rule = {
  code: 'cordon_aws_limit_exceeded',
  classification: 'terminal',
  advice: 'a quota of the object or the account is used up; a person must make room or choose another way',
};
const INVALID: Rule = {
  code: 'cordon_aws_invalid_request',
  classification: 'terminal',
  advice: 'AWS refuses the request as it stands; nothing was changed',
};

const BY_NAME: ReadonlyMap<string, Rule> = new Map(
  (
    [
      [
        THROTTLED,
        'TooManyRequestsException Throttling ThrottlingException ThrottledException RequestLimitExceeded ' +
          'RequestThrottled RequestThrottledException SlowDown PriorRequestNotComplete',
      ],
      [
        DENIED,
        'AccessDenied AccessDeniedException UnauthorizedOperation UnauthorizedException NotAuthorized ' +
          'UnrecognizedClientException InvalidClientTokenId InvalidAccessKeyId SignatureDoesNotMatch ' +
          'InvalidSignatureException IncompleteSignature IncompleteSignatureException MissingAuthenticationToken ' +
          'MissingAuthenticationTokenException OptInRequired RegionDisabledException',
      ],
      [EXPIRED, 'ExpiredToken ExpiredTokenException RequestExpired'],
      [
        NOT_FOUND,
        'ResourceNotFoundException NoSuchEntity NoSuchEntityException ObjectNotFoundException ' +
          'ProvisionedConcurrencyConfigNotFoundException CodeSigningConfigNotFoundException',
      ],
      [
        CONFLICT,
        'ResourceConflictException ConcurrentModification ConcurrentModificationException ' +
          'EntityTemporarilyUnmodifiable EntityTemporarilyUnmodifiableException ResourceNotReadyException ' +
          'ResourceInUseException OperationAbortedException',
      ],
      [
        LIMIT,
        'LimitExceeded LimitExceededException PolicyLengthExceededException CodeStorageExceededException ' +
          'ServiceQuotaExceededException',
      ],
      [
        INVALID,
        'InvalidParameterValueException InvalidParameterException InvalidParameterValue InvalidParameterCombination ' +
          'ValidationError ValidationException InvalidInput InvalidInputException InvalidRequestContentException ' +
          'MalformedPolicyDocument MalformedPolicyDocumentException UnmodifiableEntity UnmodifiableEntityException ' +
          'PreconditionFailedException PolicyEvaluation PolicyEvaluationException InvalidAction RequestTooLarge',
      ],
    ] as const
  ).flatMap(([rule, names]) => names.split(' ').map((name): [string, Rule] => [name, rule])),
);

/** What is known of a request that went to the socket; absent when the call never got that far. */
export interface SentRequest {
  /** What the socket raised, before the SDK wrapped it; absent when an answer came. */
  readonly failure?: unknown;
}

// What the SDK and Node put on an error. Read defensively: an error may be anything.
const errorShape = z.object({
  name: z.string().catch(''),
  message: z.string().catch(''),
  code: z.string().optional().catch(undefined),
  syscall: z.string().optional().catch(undefined),
  retryAfterSeconds: z.coerce.number().optional().catch(undefined),
  $metadata: z.object({ httpStatusCode: z.number().optional() }).optional().catch(undefined),
  $response: z
    .object({ headers: z.record(z.string(), z.string()).catch({}) })
    .optional()
    .catch(undefined),
});

type ErrorFacts = z.infer<typeof errorShape>;

// Name resolution and the TCP handshake come before the first byte of a request.
const BEFORE_FIRST_BYTE: ReadonlySet<string> = new Set(['connect', 'getaddrinfo']);

/**
 * Turns what a call threw into an `AwsError`. The message carries AWS's own words only for refusals that a
 * person must act upon (never for STS, whose requests hold the external id), cut at 300 characters.
 */
export function classify(error: unknown, operation: Operation, sent: SentRequest | undefined): AwsError {
  const cause = sent?.failure ?? error;
  if (cause instanceof AwsError) return cause;
  if (error instanceof AwsError) return error;
  const write = factsOf(operation).effect === 'write';
  const facts = errorShape.parse(readFacts(cause));
  const status = facts.$metadata?.httpStatusCode;
  const answered = status !== undefined || facts.$response !== undefined;

  if (!answered && facts.name === 'AbortError') {
    // The lease was lost while the request was out; a write may have arrived all the same.
    return new AwsError('cordon_lease_lost', operation, 'stopped because the lease on the attempt was lost', {
      classification: write && sent !== undefined ? 'unknown' : 'retryable',
      cause,
    });
  }
  if (!answered && sent === undefined) return unsent(facts, operation, cause);
  if (!answered && facts.syscall !== undefined && BEFORE_FIRST_BYTE.has(facts.syscall)) {
    return unavailable(operation, `no connection (${facts.code ?? facts.name})`, cause);
  }
  const rule = BY_NAME.get(facts.name);
  if (rule !== undefined) return ruled(rule, facts, operation, cause);
  if (status === 429) return ruled(THROTTLED, facts, operation, cause);
  if (status === 401 || status === 403) return ruled(DENIED, facts, operation, cause);
  if (status !== undefined && status >= 400 && status < 500 && status !== 408) {
    // An unnamed 404 is a wrong endpoint or a proxy, not "there is no such object".
    if (status !== 404) return ruled(INVALID, facts, operation, cause);
    return badResponse(operation, 'expected an AWS error with a name, found a bare 404', cause);
  }
  const found = status === undefined ? facts.code || facts.name || 'no answer' : `status ${status}`;
  if (write) {
    return new AwsError(
      'cordon_aws_outcome_unknown',
      operation,
      `the answer was lost (${found}); the write may have taken effect, so it is read back before anything else`,
      { classification: 'unknown', cause },
    );
  }
  if (status !== undefined && status < 400) {
    return badResponse(
      operation,
      `expected a readable answer, found status ${status} with a body that is not`,
      cause,
    );
  }
  return unavailable(operation, found, cause);
}

/** A response that lacks a field which Cordon relies on. A write that was answered so is `unknown`. */
export function badResponse(operation: Operation, message: string, cause?: unknown): AwsError {
  const write = factsOf(operation).effect === 'write';
  return new AwsError(
    'cordon_aws_bad_response',
    operation,
    `${message}; check the endpoint and the SDK's version`,
    {
      classification: write ? 'unknown' : 'terminal',
      cause,
    },
  );
}

function readFacts(error: unknown): Record<string, unknown> {
  if (typeof error !== 'object' || error === null) return {};
  const source = error as Record<string, unknown>; // read-only view; every field goes through the schema above
  const picked: Record<string, unknown> = {};
  // By name, since `message` and `$response` are not enumerable.
  for (const key of ['name', 'message', 'code', 'syscall', 'retryAfterSeconds', '$metadata', '$response']) {
    picked[key] = source[key];
  }
  return picked;
}

function unsent(facts: ErrorFacts, operation: Operation, cause: unknown): AwsError {
  if (facts.name === 'CredentialsProviderError') {
    return unavailable(operation, 'no credentials could be had from the credential chain', cause);
  }
  return new AwsError(
    'cordon_aws_invalid_request',
    operation,
    `the request could not be built and was not sent (${facts.name || 'unknown error'})`,
    { classification: 'terminal', cause },
  );
}

function unavailable(operation: Operation, found: string, cause: unknown): AwsError {
  return new AwsError(
    'cordon_aws_unavailable',
    operation,
    `AWS could not be reached: ${found}; tried again later`,
    {
      classification: 'retryable',
      cause,
    },
  );
}

function ruled(rule: Rule, facts: ErrorFacts, operation: Operation, cause: unknown): AwsError {
  const quoted = operation.startsWith('sts:') || facts.message === '' ? '' : `: ${clean(facts.message)}`;
  const seconds = facts.retryAfterSeconds ?? Number(facts.$response?.headers['retry-after'] ?? Number.NaN);
  return new AwsError(rule.code, operation, `${facts.name || rule.code}${quoted} (${rule.advice})`, {
    classification: rule.classification,
    cause,
    ...(Number.isFinite(seconds) && seconds >= 0 ? { retryAfterMs: seconds * 1000 } : {}),
  });
}

/** AWS repeats names that an attacker may have chosen, and what was sent: no secrets, one line, printable, short. */
function clean(message: string): string {
  return secretFree(message.slice(0, MAX_READ))
    .replace(/[^\x20-\x7e]+/g, ' ')
    .slice(0, 300);
}

// Of a longer message what follows is not looked at, so that the work is bounded.
const MAX_READ = 4_096;
