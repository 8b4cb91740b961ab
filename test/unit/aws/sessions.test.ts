import { afterEach, describe, expect, test } from '@jest/globals';
import { createCaller } from '../../../src/aws/call.ts';
import { createSessions } from '../../../src/aws/sessions.ts';
import { openWire } from '../../../src/aws/transport.ts';
import { failureOf, hastyClock, openGuard, SCOPE } from '../../support/aws-access.ts';
import { type AwsStub, startAwsStub, xml } from '../../support/aws-stub.ts';

let stub: AwsStub | undefined;
afterEach(() => stub?.close());

async function confirm(account: string) {
  const server = await startAwsStub(() => xml('GetCallerIdentity', `<Account>${account}</Account>`));
  stub = server;
  const timeouts = { requestTimeoutMs: 1000, slowRequestTimeoutMs: 1000, connectionTimeoutMs: 1000 };
  const wire = openWire({ kind: 'world', endpoint: server.url }, timeouts);
  const clock = hastyClock();
  const caller = createCaller({
    guard: openGuard(),
    sent: new WeakMap(),
    account: SCOPE.account,
    region: SCOPE.region,
    clock,
    random: () => 0,
    readAttempts: 1,
    ...timeouts,
  });
  const sessions = createSessions(wire, clock);
  const first = await failureOf(sessions.confirmAccount(SCOPE, caller, wire.handler));
  await failureOf(sessions.confirmAccount(SCOPE, caller, wire.handler));
  return { first, asked: server.requests.length };
}

describe('base credentials', () => {
  test('of another account are refused, since IAM would change a namesake there', async () => {
    const { first } = await confirm('999999999999');
    expect(first).toEqual(
      expect.objectContaining({ code: 'cordon_aws_access_denied', classification: 'terminal' }),
    );
  });

  test('of the account meant are taken, and AWS is asked once (control)', async () => {
    expect(await confirm(SCOPE.account)).toEqual({ first: { succeededWith: undefined }, asked: 1 });
  });

  test('whose account cannot be read are refused', async () => {
    expect((await confirm('')).first).toEqual(expect.objectContaining({ code: 'cordon_aws_bad_response' }));
  });
});
