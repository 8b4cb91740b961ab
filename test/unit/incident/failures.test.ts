import { describe, expect, test } from '@jest/globals';
import type { FaultKind } from '../../../src/simulation/world/faults.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { act, answer, untilClosed, untilLevel } from '../../support/answers.ts';
import { engineForEachTest } from '../../support/each-test.ts';
import { drive, quiet, timelineKinds } from '../../support/engine.ts';
import { FUNCTION_ARN } from '../../support/world.ts';

const HOUR_MS = 3_600_000;

const on = engineForEachTest();

const calls = (operation: string) => on.ground.world.journal.entries({ operation });
const inject = (operation: string, fault: FaultKind, times = 1) =>
  on.ground.world.inject({ operation, fault, times });

describe('a containing call', () => {
  test('that AWS throttles is made again until it is accepted', async () => {
    inject('lambda:PutFunctionConcurrency', { kind: 'throttle' }, 3);
    const id = await on.engine.submit();
    await untilLevel(on.engine, id, 'effective');
    expect(calls('PutFunctionConcurrency').filter((call) => call.outcome === 'ok')).toHaveLength(1);
  });

  test('whose answer is lost after it took effect is looked at, not repeated', async () => {
    inject('lambda:PutFunctionConcurrency', { kind: 'lost-response', how: 'hang' });
    inject('iam:PutRolePolicy', { kind: 'lost-response', how: 'reset' });
    const id = await on.engine.submit();
    await untilLevel(on.engine, id, 'effective');
    expect(calls('PutFunctionConcurrency')).toHaveLength(1);
    // One of the function's own calls, one of every session of its role; neither twice.
    expect(calls('PutRolePolicy')).toHaveLength(2);
    expect(await timelineKinds(on.engine, id)).toContain('attempt.unknown');
  });

  test('that never arrived is looked at, and then made', async () => {
    inject('lambda:PutFunctionConcurrency', { kind: 'dropped-request', how: 'hang' });
    const id = await on.engine.submit();
    await untilLevel(on.engine, id, 'effective');
    expect(calls('PutFunctionConcurrency').filter((call) => call.outcome === 'ok')).toHaveLength(1);
  });

  test('that is denied fails with its code, the other arm still contains, and people are told', async () => {
    inject('iam:PutRolePolicy', { kind: 'error', code: 'AccessDenied', status: 403 }, 99);
    const id = await on.engine.submit();
    await drive(
      on.engine,
      async () => (await on.engine.state(id)).attempts.size > 4 && on.ground.clock.monotonicMs() > 60_000,
    );
    const state = await on.engine.state(id);
    expect([...state.attempts.values()].find((row) => row.action === 'iam.quarantine-role')).toMatchObject({
      state: 'failed',
      error: { code: 'cordon_aws_access_denied' },
    });
    expect((await on.ground.world.attacker.invoke('checkout-webhook')).kind).toBe('throttled');
    const announced = (
      await on.ground.sql.query<{ params: { name: string } }>(
        `select params from cordon.outbox where kind = 'announce'`,
      )
    ).map((row) => row.params.name);
    expect(announced).toContain('containment-failed');
    expect(state.record.levels[FUNCTION_ARN] ?? 'none').not.toBe('observed');
  });

  test('on a function that is gone fails that arm, and the role is denied all the same', async () => {
    inject('lambda:GetFunction', { kind: 'error', code: 'ResourceNotFoundException', status: 404 }, 99);
    const id = await on.engine.submit();
    await drive(on.engine, () => on.ground.clock.monotonicMs() > 30_000);
    const state = await on.engine.state(id);
    const byAction = (action: string) =>
      [...state.attempts.values()].find((row) => row.action === action)?.state;
    expect(byAction('lambda.reserve-zero-concurrency')).toBe('failed');
    expect(byAction('iam.quarantine-role')).toBe('succeeded');
  });

  test('whose prior state may not be read contains anyway, and leaves that field to a person', async () => {
    inject('lambda:GetFunction', { kind: 'error', code: 'AccessDeniedException', status: 403 }, 99);
    const id = await on.engine.submit();
    await drive(on.engine, () => on.ground.clock.monotonicMs() > 30_000);
    expect((await on.ground.world.attacker.invoke('checkout-webhook')).kind).toBe('throttled');
    // Not by the questions: those wait for a verification that takes its five minutes here.
    await act(on.engine, id, 'release', { reason: 'a false alarm' });
    await drive(on.engine, async () =>
      ((await on.engine.cordon.views.incidentView(id))?.questions ?? []).some(
        ({ form, status }) => form === 'conflict' && status === 'open',
      ),
    );
    const failed = [...(await on.engine.state(id)).attempts.values()].find(
      (row) => row.reverses !== null && row.state === 'failed',
    );
    expect(failed?.error?.code).toBe('cordon_prior_unknown');
  });
});

describe('a release', () => {
  test('that finds somebody else’s change stops there and asks, again if nobody answers', async () => {
    const id = await on.engine.submit();
    await untilLevel(on.engine, id, 'effective');
    await answer(on.engine, id, 'triage', { verdict: 'true_positive' });
    await changeConcurrency(7);
    await answer(on.engine, id, 'recovery', { decision: 'release' });
    await drive(on.engine, async () => (await timelineKinds(on.engine, id)).includes('release.conflict'));
    expect(calls('DeleteFunctionConcurrency')).toHaveLength(0);
    // Nobody answers for four hours; after another hour it is asked as a release that failed.
    await on.restart({ awayMs: 4 * HOUR_MS });
    await quiet(on.engine);
    await on.restart({ awayMs: HOUR_MS });
    await answer(on.engine, id, 'recovery', { decision: 'keep' });
    await untilClosed(on.engine, id);
  });
});

test('an incident in a state that its playbook does not know halts visibly and keeps the event', async () => {
  const id = await on.engine.submit();
  await untilLevel(on.engine, id, 'effective');
  await on.ground.sql.query(
    `update cordon.chart set row = jsonb_set(row, '{stored,value}', '"no-such-state"') where incident_id = $1 and row ->> 'path' = ''`,
    [id],
  );
  on.engine.cordon.engine.advance.forget();
  const question = (await on.engine.cordon.views.incidentView(id))?.questions[0];
  await answer(on.engine, id, question?.form ?? '', { verdict: 'true_positive' }).catch(() => undefined);
  await quiet(on.engine);
  const state = await on.engine.state(id);
  expect(state.status).toBe('halted');
  expect(state.record.halted?.code).toBe('cordon_playbook_unknown_state');
  expect(state.record.halted?.event).not.toBeNull();
  const entries = await readTimeline(on.ground.sql, id);
  expect(entries.some((entry) => entry.body?.kind === 'incident.halted')).toBe(true);
});

/** A deploy of somebody else sets the reserved concurrency, through the account's own door. */
async function changeConcurrency(value: number): Promise<void> {
  const { LambdaClient, PutFunctionConcurrencyCommand } = await import('@aws-sdk/client-lambda');
  const { inProcessHandler } = await import('../../../src/aws/in-process.ts');
  const client = new LambdaClient({
    region: 'eu-west-1',
    endpoint: 'http://127.0.0.1:1',
    credentials: { accessKeyId: 'AKIACORDONWORLD00000', secretAccessKey: 'cordon-world-secret-key' },
    requestHandler: inProcessHandler(on.ground.world.fetch),
  });
  await client.send(
    new PutFunctionConcurrencyCommand({ FunctionName: FUNCTION_ARN, ReservedConcurrentExecutions: value }),
  );
}
