import { GetFunctionConcurrencyCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, describe, expect, test } from '@jest/globals';
import { AwsError } from '../../../src/action/failure.ts';
import {
  ACCOUNT,
  accessTo,
  FUNCTION_ARN,
  failureOf,
  openGuard,
  ROLE_ARN,
  SCOPE,
} from '../../support/aws-access.ts';
import {
  type AwsStub,
  json,
  type StubReply,
  type StubRequest,
  startAwsStub,
  xml,
  xmlError,
} from '../../support/aws-stub.ts';

let stub: AwsStub | undefined;
afterEach(async () => {
  await stub?.close();
  stub = undefined;
});

async function stubbed(answer: (request: StubRequest, nth: number) => StubReply): Promise<AwsStub> {
  stub = await startAwsStub(answer);
  return stub;
}

const session = (nth: number, expires = '2999-01-01T00:00:00Z') =>
  xml(
    'AssumeRole',
    `<Credentials><AccessKeyId>ASIA${nth}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t${nth}</SessionToken><Expiration>${expires}</Expiration></Credentials>`,
  );

describe('the world transport', () => {
  test.each([
    'https://lambda.eu-west-1.amazonaws.com',
    'http://10.0.0.7:4566',
    'http://127.0.0.1.evil.example:80',
    'http://127.evil:80',
    'ftp://127.0.0.1',
    'not a url',
  ])('refuses %s, which is not a loopback endpoint', (endpoint) => {
    expect(() => accessTo(endpoint)).toThrow(expect.objectContaining({ code: 'cordon_world_not_loopback' }));
  });

  test.each(['http://127.0.0.1:4566', 'http://localhost:4566', 'http://[::1]:4566'])(
    'takes %s (control)',
    (endpoint) => {
      expect(() => accessTo(endpoint)).not.toThrow();
    },
  );

  test('takes no setting of the SDK from this machine', async () => {
    const { url } = await stubbed(() => json({}));
    const name = 'AWS_SDK_UA_APP_ID';
    const before = process.env[name];
    process.env[name] = 'of-the-machine';
    try {
      await accessTo(url)(SCOPE, openGuard()).lambda.getReservedConcurrency(FUNCTION_ARN);
      const client = new LambdaClient({
        endpoint: url,
        region: 'eu-west-1',
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      });
      await client.send(new GetFunctionConcurrencyCommand({ FunctionName: FUNCTION_ARN }));
    } finally {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    }
    const [ours, control] = (stub?.requests ?? []).map(({ headers }) => String(headers['user-agent']));
    expect(ours).not.toContain('of-the-machine');
    expect(control).toContain('of-the-machine');
  });

  test('does not follow a code link to anywhere else', async () => {
    const { url } = await stubbed(() => ({ kind: 'answer', status: 200, body: 'zip' }));
    const aws = accessTo(url)(SCOPE, openGuard());
    const read = async (location: string) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of aws.lambda.downloadCode(location)) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    };
    expect(await failureOf(read('https://bucket.s3.eu-west-1.amazonaws.com/code.zip'))).toEqual(
      expect.objectContaining({ code: 'cordon_aws_bad_response', classification: 'terminal' }),
    );
    expect(stub?.requests).toHaveLength(0);
    expect(await read(`${url}/code.zip?signature=secret`)).toBe('zip');
  });

  test('names no part of a refused link but its host', async () => {
    const { url } = await stubbed(() => ({ kind: 'answer', status: 403, body: '' }));
    const aws = accessTo(url)(SCOPE, openGuard());
    const read = async (location: string) => {
      for await (const _ of aws.lambda.downloadCode(location));
    };
    expect(String(await failureOf(read('http://other.example/code?X-Amz-Signature=hush')))).not.toContain(
      'hush',
    );
    expect(await failureOf(read(`${url}/code?X-Amz-Signature=hush`))).toEqual(
      expect.objectContaining({ code: 'cordon_aws_access_denied' }),
    );
  });
});

describe('the guard', () => {
  const lost = new AwsError('cordon_lease_lost', 'lambda:PutFunctionConcurrency', 'lost', {
    classification: 'retryable',
  });

  test('stops a write whose lease is lost before anything reaches the socket', async () => {
    const { url, requests } = await stubbed(() => json({ ReservedConcurrentExecutions: 0 }));
    const guard = openGuard({
      beforeSend: () => {
        throw lost;
      },
    });
    expect(await failureOf(accessTo(url)(SCOPE, guard).lambda.putReservedConcurrency(FUNCTION_ARN, 0))).toBe(
      lost,
    );
    expect(requests).toHaveLength(0);
    await accessTo(url)(SCOPE, openGuard()).lambda.putReservedConcurrency(FUNCTION_ARN, 0);
    expect(requests).toHaveLength(1);
  });

  test('stops a write whose lease is lost while its connection is made, as in a process that is frozen', async () => {
    const { url, requests } = await stubbed(() => json({ ReservedConcurrentExecutions: 0 }));
    const asked: string[] = [];
    const guard = openGuard({
      beforeSend: () => {
        asked.push('lease');
        if (asked.length === 2) throw lost;
      },
    });
    const aws = accessTo(url);
    expect(await failureOf(aws(SCOPE, guard).lambda.putReservedConcurrency(FUNCTION_ARN, 0))).toBe(lost);
    // Whatever was on its way has arrived before what is sent after it.
    await aws(SCOPE, openGuard()).lambda.getReservedConcurrency(FUNCTION_ARN);
    expect(requests.map(({ operation }) => operation)).toEqual([
      expect.stringMatching(/^GET .*concurrency$/),
    ]);
    // On the connection that stands now there is nothing to wait for, and nothing to ask again.
    await aws(SCOPE, guard).lambda.putReservedConcurrency(FUNCTION_ARN, 0);
    expect(asked).toHaveLength(3);
    expect(requests).toHaveLength(2);
  });

  test('gives every request a connection of its own, so that none waits unguarded for a free one', async () => {
    const many = 60; // Node's clients of AWS queue from the 51st on
    let arrived = 0;
    let all: () => void = () => {};
    const everyOne = new Promise<void>((resolve) => {
      all = resolve;
    });
    const { url } = await stubbed(() => {
      arrived += 1;
      if (arrived === many) all();
      return { kind: 'hang' };
    });
    const stopped = new AbortController();
    const aws = accessTo(url)(SCOPE, openGuard({ signal: stopped.signal }));
    const calls = Array.from({ length: many }, () =>
      failureOf(aws.lambda.putReservedConcurrency(FUNCTION_ARN, 0)),
    );
    await Promise.race([everyOne, Promise.all(calls)]);
    stopped.abort();
    await Promise.all(calls);
    expect(arrived).toBe(many);
  });

  test('is asked after the budget, so that a wait in the budget cannot hide a lost lease', async () => {
    const { url } = await stubbed(() => json({}));
    const asked: string[] = [];
    const guard = openGuard({
      beforeSend: () => void asked.push('lease'),
      take: async () => void asked.push('budget'),
    });
    await accessTo(url)(SCOPE, guard).lambda.getReservedConcurrency(FUNCTION_ARN);
    expect(asked).toEqual(['budget', 'lease', 'lease']);
  });

  test('is asked again for every try of a read', async () => {
    const { url } = await stubbed((_, nth) => (nth < 3 ? { kind: 'reset' } : json({})));
    const guard = openGuard();
    await accessTo(url)(SCOPE, guard).lambda.getReservedConcurrency(FUNCTION_ARN);
    expect(guard.taken).toHaveLength(3);
  });

  test('names the family, account and Region of each call; IAM is global', async () => {
    const { url } = await stubbed((request) =>
      request.operation === 'DeleteRolePolicy' ? xml('DeleteRolePolicy', '') : json({}),
    );
    const guard = openGuard();
    const aws = accessTo(url)(SCOPE, guard);
    await aws.lambda.getReservedConcurrency(FUNCTION_ARN);
    await aws.iam.deleteInlinePolicy('r', 'p');
    expect(guard.taken).toEqual([
      {
        family: 'lambda-control',
        account: ACCOUNT,
        region: 'eu-west-1',
        operation: 'lambda:GetFunctionConcurrency',
      },
      { family: 'iam', account: ACCOUNT, region: 'global', operation: 'iam:DeleteRolePolicy' },
    ]);
  });

  test('that aborts a write in flight leaves its outcome unknown', async () => {
    const lease = new AbortController();
    const { url } = await stubbed(() => {
      lease.abort();
      return { kind: 'hang' };
    });
    const aws = accessTo(url)(SCOPE, openGuard({ signal: lease.signal }));
    expect(await failureOf(aws.lambda.putReservedConcurrency(FUNCTION_ARN, 0))).toEqual(
      expect.objectContaining({ code: 'cordon_lease_lost', classification: 'unknown' }),
    );
  });

  test('that was aborted before lets nothing out', async () => {
    const { url, requests } = await stubbed(() => json({ ReservedConcurrentExecutions: 0 }));
    const aws = accessTo(url)(SCOPE, openGuard({ signal: AbortSignal.abort() }));
    expect(await failureOf(aws.lambda.putReservedConcurrency(FUNCTION_ARN, 0))).toEqual(
      expect.objectContaining({ code: 'cordon_lease_lost' }),
    );
    expect(requests).toHaveLength(0);
  });
});

describe('an assumed role', () => {
  const roleArn = `arn:aws:iam::${ACCOUNT}:role/CordonContain`;
  const roleFor = () => ({ roleArn, externalId: 'ext-1' });

  test('is assumed once, with external id and source identity, and its session is used', async () => {
    const { url, requests } = await stubbed((request, nth) =>
      request.operation === 'AssumeRole' ? session(nth) : json({}),
    );
    const open = accessTo(url, { roleFor });
    const guard = openGuard();
    await Promise.all([
      open(SCOPE, guard).lambda.getReservedConcurrency(FUNCTION_ARN),
      open(SCOPE, guard).lambda.getReservedConcurrency(FUNCTION_ARN),
    ]);
    await open(SCOPE, guard).lambda.getReservedConcurrency(FUNCTION_ARN);
    const assumed = requests.filter((request) => request.operation === 'AssumeRole');
    expect(assumed).toHaveLength(1);
    expect(assumed[0]?.fields).toMatchObject({
      RoleArn: roleArn,
      ExternalId: 'ext-1',
      SourceIdentity: SCOPE.sourceIdentity,
      RoleSessionName: 'cordon-contain',
    });
    expect(guard.taken.filter((call) => call.family === 'sts')).toHaveLength(1);
    expect(requests.at(-1)?.headers['x-amz-security-token']).toBe('t1');
  });

  test('is assumed again before its session ends', async () => {
    const soon = new Date(Date.parse(new Date().toISOString()) + 5 * 60_000).toISOString();
    const { url, requests } = await stubbed((request, nth) =>
      request.operation === 'AssumeRole' ? session(nth, soon) : json({}),
    );
    const open = accessTo(url, { roleFor });
    await open(SCOPE, openGuard()).lambda.getReservedConcurrency(FUNCTION_ARN);
    await open(SCOPE, openGuard()).lambda.getReservedConcurrency(FUNCTION_ARN);
    expect(requests.filter((request) => request.operation === 'AssumeRole').length).toBeGreaterThan(1);
  });

  test('has a session of its own for each incident', async () => {
    const { url, requests } = await stubbed((request, nth) =>
      request.operation === 'AssumeRole' ? session(nth) : json({}),
    );
    const open = accessTo(url, { roleFor });
    await open(SCOPE, openGuard()).lambda.getReservedConcurrency(FUNCTION_ARN);
    const other = { ...SCOPE, sourceIdentity: 'inc-other' };
    await open(other, openGuard()).lambda.getReservedConcurrency(FUNCTION_ARN);
    expect(requests.filter((request) => request.operation === 'AssumeRole')).toHaveLength(2);
  });

  test('that may not be assumed fails the call as denied, and says nothing of the external id', async () => {
    const { url, requests } = await stubbed(() =>
      xmlError('AccessDenied', 403, 'ExternalId ext-1 does not match'),
    );
    const failure = await failureOf(
      accessTo(url, { roleFor })(SCOPE, openGuard()).lambda.putReservedConcurrency(FUNCTION_ARN, 0),
    );
    expect(failure).toEqual(
      expect.objectContaining({
        code: 'cordon_aws_access_denied',
        classification: 'terminal',
        call: 'sts:AssumeRole',
      }),
    );
    expect(String(failure)).not.toContain('ext-1');
    expect(requests.map((request) => request.operation)).toEqual(['AssumeRole']);
  });

  test('whose session cannot be had because the answer is lost leaves a write unsent, so retryable', async () => {
    const { url, requests } = await stubbed(() => ({ kind: 'reset' }));
    expect(
      await failureOf(
        accessTo(url, { roleFor })(SCOPE, openGuard()).lambda.putReservedConcurrency(FUNCTION_ARN, 0),
      ),
    ).toEqual(expect.objectContaining({ code: 'cordon_aws_unavailable', classification: 'retryable' }));
    expect(new Set(requests.map((request) => request.operation))).toEqual(new Set(['AssumeRole']));
  });

  test('of another account is refused before anything is sent', async () => {
    const { url, requests } = await stubbed(() => json({}));
    const open = accessTo(url, {
      roleFor: () => ({ roleArn: 'arn:aws:iam::999999999999:role/CordonContain' }),
    });
    expect(await failureOf(open(SCOPE, openGuard()).lambda.getReservedConcurrency(FUNCTION_ARN))).toEqual(
      expect.objectContaining({ code: 'cordon_aws_access_denied', classification: 'terminal' }),
    );
    expect(requests).toHaveLength(0);
  });
});

describe('the ports', () => {
  test('read every page of a list, and stop at a marker that comes back', async () => {
    const { url } = await stubbed((request) => {
      const marker = request.query.get('Marker');
      if (request.operation.includes('aliases'))
        return json({ Aliases: [{ Name: 'a' }], NextMarker: 'same' });
      return json({
        Functions: [{ FunctionArn: `${FUNCTION_ARN}${marker ?? ''}`, Role: ROLE_ARN }],
        ...(marker === null ? { NextMarker: '2' } : {}),
      });
    });
    const aws = accessTo(url)(SCOPE, openGuard());
    expect(await aws.lambda.listFunctions()).toEqual([
      { functionArn: FUNCTION_ARN, roleArn: ROLE_ARN },
      { functionArn: `${FUNCTION_ARN}2`, roleArn: ROLE_ARN },
    ]);
    expect(await failureOf(aws.lambda.listAliases(FUNCTION_ARN))).toEqual(
      expect.objectContaining({ code: 'cordon_aws_bad_response' }),
    );
  });

  test('tell unset reserved concurrency from 0', async () => {
    const { url } = await stubbed((_, nth) => json(nth === 1 ? {} : { ReservedConcurrentExecutions: 0 }));
    const aws = accessTo(url)(SCOPE, openGuard());
    expect(await aws.lambda.getReservedConcurrency(FUNCTION_ARN)).toBeNull();
    expect(await aws.lambda.getReservedConcurrency(FUNCTION_ARN)).toBe(0);
  });

  test('keep environment values out of the configuration', async () => {
    const { url } = await stubbed(() =>
      json({
        Configuration: {
          FunctionArn: FUNCTION_ARN,
          FunctionName: 'checkout',
          Version: '$LATEST',
          Role: ROLE_ARN,
          RevisionId: 'r',
          CodeSha256: 'c',
          LastModified: 'now',
          Timeout: 3,
          Environment: { Variables: { TOKEN: 'hush' } },
        },
      }),
    );
    const { configuration } = await accessTo(url)(SCOPE, openGuard()).lambda.getFunction(FUNCTION_ARN);
    expect(JSON.stringify(configuration.raw)).not.toContain('hush');
    expect(configuration.raw).toMatchObject({ EnvironmentVariableNames: ['TOKEN'] });
    expect(configuration.environment).toEqual({ TOKEN: 'hush' });
    expect(configuration.logGroup).toBe('/aws/lambda/checkout');
  });

  test('decode policy documents, and tell an absent one from a denied one', async () => {
    const document = { Version: '2012-10-17', Statement: [{ Sid: 'a+b %' }] };
    const encoded = encodeURIComponent(JSON.stringify(document));
    const { url } = await stubbed((request, nth) =>
      request.operation !== 'GetRolePolicy' || nth > 2
        ? xmlError('AccessDenied', 403)
        : nth === 1
          ? xml('GetRolePolicy', `<PolicyDocument>${encoded}</PolicyDocument>`)
          : xmlError('NoSuchEntity', 404),
    );
    const { iam } = accessTo(url)(SCOPE, openGuard());
    expect(await iam.getInlinePolicy('r', 'p')).toEqual(document);
    expect(await iam.getInlinePolicy('r', 'p')).toBeNull();
    expect(await failureOf(iam.getInlinePolicy('r', 'p'))).toEqual(
      expect.objectContaining({ code: 'cordon_aws_access_denied' }),
    );
  });

  test('send the source function to the simulator, and refuse an answer that leaves an action out', async () => {
    const member = (action: string, decision: string) =>
      `<member><EvalActionName>${action}</EvalActionName><EvalDecision>${decision}</EvalDecision></member>`;
    const { url, requests } = await stubbed(() =>
      xml(
        'SimulatePrincipalPolicy',
        `<IsTruncated>false</IsTruncated><EvaluationResults>${member('s3:GetObject', 'explicitDeny')}${member('sts:AssumeRole', 'allowed')}</EvaluationResults>`,
      ),
    );
    const { iam } = accessTo(url)(SCOPE, openGuard());
    const simulate = (actions: readonly string[]) =>
      iam.simulate({ roleArn: ROLE_ARN, actions, resourceArns: [], sourceFunctionArn: FUNCTION_ARN });
    expect(await simulate(['s3:GetObject', 'sts:AssumeRole'])).toEqual([
      { action: 's3:GetObject', allowed: false },
      { action: 'sts:AssumeRole', allowed: true },
    ]);
    expect(requests[0]?.fields).toMatchObject({
      'ContextEntries.member.1.ContextKeyName': 'lambda:SourceFunctionArn',
      'ContextEntries.member.1.ContextKeyValues.member.1': FUNCTION_ARN,
    });
    expect(await failureOf(simulate(['s3:GetObject', 'iam:PutRolePolicy']))).toEqual(
      expect.objectContaining({ code: 'cordon_aws_bad_response' }),
    );
  });

  test('follow the log token over empty pages', async () => {
    const event = { logStreamName: 's', timestamp: 1, message: 'm' };
    const { url } = await stubbed((request, nth) =>
      nth === 1 ? json({ events: [], nextToken: 'next' }) : json({ events: [event], q: request.fields }),
    );
    const pages = [];
    const { logs } = accessTo(url)(SCOPE, openGuard());
    for await (const page of logs.filterEvents({ logGroup: 'g', fromMs: 0, toMs: 9 })) pages.push(page);
    expect(pages).toEqual([[], [{ stream: 's', timestampMs: 1, message: 'm' }]]);
    expect(stub?.requests[1]?.fields).toMatchObject({ logGroupName: 'g', nextToken: 'next' });
  });
});
