import { afterEach, describe, expect, test } from '@jest/globals';
import { AwsError } from '../../../src/action/failure.ts';
import { accessTo, FUNCTION_ARN, failureOf, hastyClock, openGuard, SCOPE } from '../../support/aws-access.ts';
import {
  type AwsStub,
  json,
  jsonError,
  type StubReply,
  startAwsStub,
  xml,
  xmlError,
} from '../../support/aws-stub.ts';

let stub: AwsStub | undefined;
afterEach(async () => {
  await stub?.close();
  stub = undefined;
});

async function write(reply: StubReply, options = {}) {
  stub = await startAwsStub(() => reply);
  const aws = accessTo(stub.url, options)(SCOPE, openGuard());
  return failureOf(aws.lambda.putReservedConcurrency(FUNCTION_ARN, 0));
}

async function read(reply: StubReply, options = {}) {
  stub = await startAwsStub(() => reply);
  const aws = accessTo(stub.url, options)(SCOPE, openGuard());
  return failureOf(aws.lambda.getReservedConcurrency(FUNCTION_ARN));
}

async function iamWrite(reply: StubReply) {
  stub = await startAwsStub(() => reply);
  const aws = accessTo(stub.url)(SCOPE, openGuard());
  return failureOf(aws.iam.putInlinePolicy('r', 'p', {}));
}

const as = (code: string, classification: string) => expect.objectContaining({ code, classification });

describe('a write to Lambda', () => {
  test.each([
    ['TooManyRequestsException', 429, 'cordon_aws_throttled', 'retryable'],
    ['ThrottlingException', 400, 'cordon_aws_throttled', 'retryable'],
    ['SomethingNew', 429, 'cordon_aws_throttled', 'retryable'],
    ['AccessDeniedException', 403, 'cordon_aws_access_denied', 'terminal'],
    ['ExpiredTokenException', 403, 'cordon_aws_access_denied', 'retryable'],
    ['ResourceNotFoundException', 404, 'cordon_aws_not_found', 'terminal'],
    ['ResourceConflictException', 409, 'cordon_aws_conflict', 'retryable'],
    ['InvalidParameterValueException', 400, 'cordon_aws_invalid_request', 'terminal'],
    ['SomethingNew', 400, 'cordon_aws_invalid_request', 'terminal'],
    ['ServiceException', 500, 'cordon_aws_outcome_unknown', 'unknown'],
    ['ServiceUnavailableException', 503, 'cordon_aws_outcome_unknown', 'unknown'],
  ])('that is answered %s (%i) is %s, %s', async (name, status, code, classification) => {
    expect(await write(jsonError(name, status))).toEqual(as(code, classification));
  });

  test('whose answer is lost in a reset is unknown, and is sent once', async () => {
    expect(await write({ kind: 'reset' })).toEqual(as('cordon_aws_outcome_unknown', 'unknown'));
    expect(stub?.requests).toHaveLength(1);
  });

  test('whose answer never comes is unknown when the request timeout is over', async () => {
    expect(await write({ kind: 'hang' }, { requestTimeoutMs: 50 })).toEqual(
      as('cordon_aws_outcome_unknown', 'unknown'),
    );
  });

  test('whose answer breaks off is unknown', async () => {
    expect(await write({ kind: 'truncated', body: '{"Reserved' })).toEqual(
      as('cordon_aws_outcome_unknown', 'unknown'),
    );
  });

  test('whose answer is not readable is unknown, since AWS said 200', async () => {
    const reply: StubReply = { kind: 'answer', status: 200, body: '<html>proxy</html>' };
    expect(await write(reply)).toEqual(as('cordon_aws_outcome_unknown', 'unknown'));
  });

  test('that is answered with another value than asked for is unknown', async () => {
    expect(await write(json({ ReservedConcurrentExecutions: 5 }))).toEqual(
      as('cordon_aws_bad_response', 'unknown'),
    );
  });

  test('to a port where nobody listens is retryable, because nothing was sent', async () => {
    stub = await startAwsStub(() => json({}));
    const { url } = stub;
    await stub.close();
    const aws = accessTo(url)(SCOPE, openGuard());
    expect(await failureOf(aws.lambda.putReservedConcurrency(FUNCTION_ARN, 0))).toEqual(
      as('cordon_aws_unavailable', 'retryable'),
    );
    stub = undefined;
  });

  test('that is answered as expected succeeds (control)', async () => {
    expect(await write(json({ ReservedConcurrentExecutions: 0 }))).toEqual({ succeededWith: undefined });
  });

  test('that AWS refuses says why in one printable line', async () => {
    const failure = await write(
      jsonError('AccessDeniedException', 403, `not authorized\u0007\n${'x '.repeat(450)}`),
    );
    expect(failure).toBeInstanceOf(AwsError);
    expect(String(failure)).toMatch(
      /^AwsError: lambda:PutFunctionConcurrency: AccessDeniedException: not authorized x x/,
    );
    expect(String(failure).length).toBeLessThan(600);
  });
});

describe('a read from Lambda', () => {
  test.each<[string, StubReply]>([
    ['a reset', { kind: 'reset' }],
    ['a 500', jsonError('ServiceException', 500)],
    ['a throttle', jsonError('TooManyRequestsException', 429)],
  ])('that meets %s is retryable, after three tries', async (_, reply) => {
    expect(await read(reply)).toEqual(expect.objectContaining({ classification: 'retryable' }));
    expect(stub?.requests).toHaveLength(3);
  });

  test('is tried once when retries are off', async () => {
    await read({ kind: 'reset' }, { readAttempts: 1 });
    expect(stub?.requests).toHaveLength(1);
  });

  test('that AWS refuses is not tried again', async () => {
    expect(await read(jsonError('AccessDeniedException', 403))).toEqual(
      as('cordon_aws_access_denied', 'terminal'),
    );
    expect(stub?.requests).toHaveLength(1);
  });

  test('waits as long as AWS asks', async () => {
    const clock = hastyClock();
    const failure = await read(jsonError('TooManyRequestsException', 429, 'slow', { 'retry-after': '7' }), {
      clock,
    });
    expect(failure).toEqual(expect.objectContaining({ retryAfterMs: 7000 }));
    expect(clock.slept).toEqual([7000, 7000]);
  });

  test('that lacks a field Cordon relies on is a bad response', async () => {
    stub = await startAwsStub(() => json({ Configuration: { FunctionName: 'checkout' } }));
    const aws = accessTo(stub.url)(SCOPE, openGuard());
    expect(await failureOf(aws.lambda.getFunction(FUNCTION_ARN))).toEqual(
      as('cordon_aws_bad_response', 'terminal'),
    );
  });

  test('that meets a bare 404 is a bad response, not an absent policy', async () => {
    stub = await startAwsStub(() => ({ kind: 'answer', status: 404, body: 'Not Found' }));
    const aws = accessTo(stub.url)(SCOPE, openGuard());
    expect(await failureOf(aws.lambda.getPolicy(FUNCTION_ARN))).toEqual(
      as('cordon_aws_bad_response', 'terminal'),
    );
    await stub.close();
    stub = await startAwsStub(() => jsonError('ResourceNotFoundException', 404));
    expect(await accessTo(stub.url)(SCOPE, openGuard()).lambda.getPolicy(FUNCTION_ARN)).toBeNull();
  });
});

describe('a write to IAM', () => {
  test.each([
    ['Throttling', 400, 'cordon_aws_throttled', 'retryable'],
    ['AccessDenied', 403, 'cordon_aws_access_denied', 'terminal'],
    ['NoSuchEntity', 404, 'cordon_aws_not_found', 'terminal'],
    ['ConcurrentModification', 409, 'cordon_aws_conflict', 'retryable'],
    ['LimitExceeded', 409, 'cordon_aws_limit_exceeded', 'terminal'],
    ['MalformedPolicyDocument', 400, 'cordon_aws_invalid_request', 'terminal'],
    ['ServiceFailure', 500, 'cordon_aws_outcome_unknown', 'unknown'],
  ])('that is answered %s (%i) is %s, %s', async (name, status, code, classification) => {
    expect(await iamWrite(xmlError(name, status))).toEqual(as(code, classification));
  });

  test('whose answer is lost is unknown; one that is answered succeeds (control)', async () => {
    expect(await iamWrite({ kind: 'reset' })).toEqual(as('cordon_aws_outcome_unknown', 'unknown'));
    await stub?.close();
    expect(await iamWrite(xml('PutRolePolicy', ''))).toEqual({ succeededWith: undefined });
  });
});
