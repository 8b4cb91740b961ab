import { describe, expect, test } from '@jest/globals';
import { inProcessHandler } from '../../../src/aws/in-process.ts';
import { systemClock } from '../../../src/clock.ts';
import { accessTo, FUNCTION_ARN, failureOf, openGuard, SCOPE } from '../../support/aws-access.ts';

const ENDPOINT = 'http://127.0.0.1:1';

function over(fetchLike: (request: Request) => Promise<Response>, clock?: typeof systemClock) {
  return accessTo(ENDPOINT, {
    transport: { kind: 'world', endpoint: ENDPOINT, requestHandler: inProcessHandler(fetchLike, clock) },
    readAttempts: 1,
    requestTimeoutMs: 20,
  });
}

describe('the in-process handler', () => {
  test('carries method, path, query, headers and body, and the answer back', async () => {
    const seen: { method: string; url: string; body: string; signed: boolean }[] = [];
    const open = over(async (request) => {
      const signed = request.headers.get('authorization')?.includes('/eu-west-1/lambda/') === true;
      seen.push({ method: request.method, url: request.url, body: await request.text(), signed });
      return Response.json({ ReservedConcurrentExecutions: 0, Policy: '{"Version":"x"}' });
    });
    const { lambda } = open(SCOPE, openGuard());
    await lambda.putReservedConcurrency(FUNCTION_ARN, 0);
    expect(await lambda.getPolicy(FUNCTION_ARN, 'live')).toEqual({ Version: 'x' });
    const name = encodeURIComponent(FUNCTION_ARN);
    expect(seen).toEqual([
      {
        method: 'PUT',
        url: `${ENDPOINT}/2017-10-31/functions/${name}/concurrency`,
        body: '{"ReservedConcurrentExecutions":0}',
        signed: true,
      },
      {
        method: 'GET',
        url: `${ENDPOINT}/2015-03-31/functions/${name}/policy?Qualifier=live`,
        body: '',
        signed: true,
      },
    ]);
  });

  test('streams a code package', async () => {
    const open = over(async (request) => new Response(`zip of ${new URL(request.url).search}`));
    const chunks: Uint8Array[] = [];
    for await (const chunk of open(SCOPE, openGuard()).lambda.downloadCode(`${ENDPOINT}/code?s=1%2F2`)) {
      chunks.push(chunk);
    }
    expect(Buffer.concat(chunks).toString()).toBe('zip of ?s=1%2F2');
  });

  test('gives a lost answer to a write as unknown', async () => {
    const open = over(async () => {
      throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    });
    expect(await failureOf(open(SCOPE, openGuard()).lambda.putReservedConcurrency(FUNCTION_ARN, 0))).toEqual(
      expect.objectContaining({ code: 'cordon_aws_outcome_unknown', classification: 'unknown' }),
    );
  });

  test('ends a call that is aborted, even when nobody listens, and tells who does', async () => {
    const lease = new AbortController();
    let told: AbortSignal | undefined;
    const open = over((request) => {
      told = request.signal;
      lease.abort();
      return new Promise(() => {});
    });
    const guard = openGuard({ signal: lease.signal });
    expect(await failureOf(open(SCOPE, guard).lambda.putReservedConcurrency(FUNCTION_ARN, 0))).toEqual(
      expect.objectContaining({ code: 'cordon_lease_lost', classification: 'unknown' }),
    );
    expect(told?.aborted).toBe(true);
  });

  test('ends a call that is never answered by the clock it was given', async () => {
    const open = over(() => new Promise(() => {}), systemClock);
    expect(await failureOf(open(SCOPE, openGuard()).lambda.putReservedConcurrency(FUNCTION_ARN, 0))).toEqual(
      expect.objectContaining({ code: 'cordon_aws_outcome_unknown', classification: 'unknown' }),
    );
  });
});
