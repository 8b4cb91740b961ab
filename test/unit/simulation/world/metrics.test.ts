import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { InvokeCommand, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { afterEach, describe, expect, test } from '@jest/globals';
import { REGION, type Stage, smallSpec, stage } from './support.ts';

let open: Stage | undefined;
afterEach(async () => {
  await open?.served.close();
  open = undefined;
});

const FunctionName = 'webhook';

async function read(
  { as, clock }: Stage,
  MetricName: string,
  Stat = 'Sum',
  Dimensions = [{ Name: 'FunctionName', Value: FunctionName }],
) {
  const { MetricDataResults } = await as().metrics.send(
    new GetMetricDataCommand({
      StartTime: new Date('2026-11-24T03:00:00Z'),
      EndTime: clock.now(),
      ScanBy: 'TimestampAscending',
      MetricDataQueries: [
        {
          Id: 'm',
          MetricStat: {
            Metric: { Namespace: 'AWS/Lambda', MetricName, Dimensions },
            Period: 60,
            Stat,
          },
        },
      ],
    }),
  );
  const [result] = MetricDataResults ?? [];
  return (result?.Timestamps ?? []).map((at, index) => [
    at.toISOString().slice(11, 16),
    result?.Values?.[index],
  ]);
}

describe('the metrics of a function', () => {
  test('are what happened: invocations by minute, errors, throttles, lost events', async () => {
    const here = await stage(
      smallSpec({
        functions: [{ name: FunctionName, role: 'webhook-role', behaviour: { fails: 'out of cheese' } }],
      }),
    );
    open = here;
    const { lambda } = here.as();
    await lambda.send(new InvokeCommand({ FunctionName }));
    await lambda.send(new InvokeCommand({ FunctionName }));
    here.clock.advance(60_000);
    await lambda.send(new InvokeCommand({ FunctionName }));
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
    await expect(lambda.send(new InvokeCommand({ FunctionName }))).rejects.toMatchObject({
      name: 'TooManyRequestsException',
    });
    await lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event' }));
    // A minute's figures are published a minute later.
    expect(await read(here, 'Invocations')).toEqual([]);
    here.clock.advance(120_000);
    expect(await read(here, 'Invocations')).toEqual([
      ['04:00', 2],
      ['04:01', 1],
    ]);
    expect(await read(here, 'Errors')).toEqual([
      ['04:00', 2],
      ['04:01', 1],
    ]);
    expect(await read(here, 'Throttles')).toEqual([['04:01', 1]]);
    expect(await read(here, 'AsyncEventsDropped')).toEqual([['04:01', 1]]);
    expect(here.world.events().lost).toHaveLength(1);
    expect(await read(here, 'Duration', 'Average')).toEqual([
      ['04:00', 12],
      ['04:01', 12],
    ]);
    // Control: another function of the account has none, and the account as a whole has these.
    expect(await read(here, 'Invocations', 'Sum', [{ Name: 'FunctionName', Value: 'other' }])).toEqual([]);
    expect(await read(here, 'Invocations', 'Sum', [])).toHaveLength(2);
  });

  test('show runs that go on after the door is shut, until they have ended', async () => {
    const here = await stage(
      smallSpec({
        functions: [{ name: FunctionName, role: 'webhook-role', behaviour: { durationMs: 150_000 } }],
      }),
    );
    open = here;
    const { lambda } = here.as();
    await lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event' }));
    here.clock.advance(30_000);
    await lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event' }));
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
    here.clock.advance(600_000);
    expect(await read(here, 'ConcurrentExecutions', 'Maximum')).toEqual([
      ['04:00', 2],
      ['04:01', 2],
      ['04:02', 2],
      ['04:03', 1],
    ]);
    expect(here.world.runningExecutions(FunctionName, REGION)).toBe(0);
  });

  test('of a kind that the world does not evaluate are refused, not invented', async () => {
    const here = await stage();
    open = here;
    const ask = (query: object) =>
      here.as().metrics.send(
        new GetMetricDataCommand({
          StartTime: new Date('2026-11-24T03:00:00Z'),
          EndTime: here.clock.now(),
          MetricDataQueries: [{ Id: 'm', ...query }],
        }),
      );
    await expect(ask({ Expression: 'm1+m2' })).rejects.toMatchObject({ name: 'ValidationException' });
    const Metric = { Namespace: 'AWS/Lambda', MetricName: 'Invocations' };
    await expect(ask({ MetricStat: { Metric, Period: 60, Stat: 'tm99' } })).rejects.toMatchObject({
      message: expect.stringContaining('tm99'),
    });
  });
});
